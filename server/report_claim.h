// What a device reports, and what it is worth. docs/spec/report.md. Pure, any thread.
//
// Success counts only if the running image is the release's and the device calls it confirmed;
// nothing else is `confirmed` anywhere.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "server/store.h"

namespace otter::server {

struct ReportClaim {
  std::string device_id;
  std::string report_id;          // 32 hexadecimal digits; empty: a plain report
  std::string version;            // that it is about; empty: not stated
  std::string error;              // empty: none
  std::optional<bool> succeeded;  // "status"
  std::optional<Outcome> phase;
  std::optional<Digest> manifest;        // of the release that it is about
  std::optional<Digest> app_elf_sha256;  // of the running image
  std::optional<Digest> image_sha256;    // of the running image
  std::string boot_state;                // empty: not stated
  boost::json::object fields;            // all that is kept of it
};

// Reads a report's JSON. Unknown fields are dropped; a digest of zeros counts as none.
//
// Errors: HttpError invalid_field (missing, wrong type, too long, an unknown status, phase or boot
//         state, a status that contradicts its phase)
ReportClaim read_report_claim(const boost::json::object& body);

struct Verdict {
  Outcome outcome;
  std::string error;  // the device's word; if it has none, ours for what its claim lacks
};

// `release` is the one that the claim is about, or nullptr if the server has none such.
Verdict judge(const ReportClaim& claim, const Release* release);

}  // namespace otter::server
