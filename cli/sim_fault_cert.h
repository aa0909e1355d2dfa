// The named fault `cert`: a board that trusts one authority, and a real TLS server on loopback with
// a certificate of another. Main thread; the server has threads of its own.
#pragma once

#include "sim/fault_play.h"

namespace otter::cli {

// Errors: std::runtime_error, otter::CertificateError (no loopback, no temporary folder)
sim::FaultResult play_cert();

}  // namespace otter::cli
