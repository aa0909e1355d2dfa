// The cryptography that this firmware has: PSA from mbedTLS 4 on, before it mbedTLS's own
// interface.
#pragma once

#include <mbedtls/version.h>

#if MBEDTLS_VERSION_MAJOR >= 4
#include "ota_esp/psa_crypto.h"
#else
#include "ota_esp/mbedtls_crypto.h"
#endif

namespace otter {

#if MBEDTLS_VERSION_MAJOR >= 4
using ChipCrypto = PsaCrypto;
#else
using ChipCrypto = MbedtlsCrypto;
#endif

}  // namespace otter
