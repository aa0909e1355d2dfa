#include "server/report_claim.h"

#include <cmath>
#include <string_view>

#include "ota/wire/device_facts.h"
#include "ota/wire/version.h"
#include "server/json_body.h"
#include "server/problem.h"

namespace otter::server {
namespace {

constexpr size_t kErrorSizeMax = 256;
constexpr size_t kWordSizeMax = 64;
constexpr size_t kReportIdHexSize = 32;

// Fields that are kept for a person to read; nothing is decided by them.
constexpr const char* kNotes[] = {"slot",
                                  "reset_reason",
                                  "attempt",
                                  "bytes",
                                  "kind",
                                  "patch_error",
                                  "duration_ms",
                                  "duration_s",
                                  "uptime_s",
                                  "heap_min",
                                  "rssi",
                                  "boot_count",
                                  "flash_errors",
                                  "secure_boot",
                                  "jtag",
                                  "network_errors",
                                  "stale",
                                  "safe_mode",
                                  "fast_resets",
                                  "root_version",
                                  "flash_encryption",
                                  "trust_version",
                                  "config_version",
                                  "config_failed",
                                  "bootloader_rollback"};

constexpr size_t kMetricsMax = 16;
constexpr double kMetricMax = 1e15;  // a double holds each whole number up to here

[[noreturn]] void refuse(const std::string& reason) {
  throw HttpError(Problem::invalid_field, reason);
}

std::optional<Digest> stated_digest(const boost::json::object& body, const char* name) {
  const std::optional<Digest> digest = digest_field(body, name);
  return digest.has_value() && digest->is_zero() ? std::nullopt : digest;
}

std::string version_field(const boost::json::object& body, const char* name) {
  const std::string version = string_field_or_empty(body, name, kVersionSizeMax);
  if (!version.empty() && !is_version(version)) {
    refuse(std::string("\"") + name + "\" must be 1 to 32 characters of A-Z a-z 0-9 . - _ +");
  }
  return version;
}

std::optional<bool> read_status(const boost::json::object& body) {
  const std::string status = string_field_or_empty(body, "status", kWordSizeMax);
  if (status.empty()) return std::nullopt;
  if (status != "SUCCESS" && status != "FAILED") refuse("\"status\" must be SUCCESS or FAILED");
  return status == "SUCCESS";
}

std::optional<Outcome> read_phase(const boost::json::object& body) {
  const std::string phase = string_field_or_empty(body, "phase", kWordSizeMax);
  if (phase.empty()) return std::nullopt;
  const std::optional<Outcome> outcome = outcome_named(phase);
  if (!outcome.has_value() || outcome == Outcome::claimed) refuse("\"phase\" is not a known one");
  return outcome;
}

std::string read_report_id(const boost::json::object& body) {
  const std::string id = string_field_or_empty(body, "report_id", kReportIdHexSize);
  uint8_t bytes[kReportIdHexSize / 2];
  if (!id.empty() && hex_decode(id, bytes) != Error::ok) {
    refuse("\"report_id\" must be 32 hexadecimal digits");
  }
  return id;
}

std::string read_boot_state(const boost::json::object& body) {
  const std::string state = string_field_or_empty(body, "boot_state", kWordSizeMax);
  if (state.empty()) return state;
  for (const BootState known :
       {BootState::confirmed, BootState::trial, BootState::rolled_back, BootState::unsupported}) {
    if (name(known) == Text(state)) return state;
  }
  refuse("\"boot_state\" is not a known one");
}

void check_status(const ReportClaim& claim) {
  if (!claim.succeeded.has_value() && !claim.phase.has_value()) refuse("\"status\" is missing");
  if (!claim.succeeded.has_value() || !claim.phase.has_value()) return;
  const Outcome phase = *claim.phase;
  const bool failing =
      phase == Outcome::rolled_back || phase == Outcome::refused || phase == Outcome::failed;
  if ((*claim.succeeded && failing) || (!*claim.succeeded && phase == Outcome::confirmed)) {
    refuse("\"status\" contradicts \"phase\"");
  }
}

void keep(const boost::json::object& body, const char* name, boost::json::object& fields) {
  const boost::json::value* value = body.if_contains(name);
  if (value == nullptr || value->is_null()) return;
  if (value->is_structured()) refuse(std::string("\"") + name + "\" must be a text or a number");
  if (value->is_string() && value->as_string().size() > kErrorSizeMax) {
    refuse(std::string("\"") + name + "\" is too long");
  }
  fields[name] = *value;
}

void check_metric(std::string_view name, const boost::json::value& value) {
  if (!is_identifier(Text(name.data(), name.size()))) {
    refuse("a name in \"metrics\" must be 1 to 64 characters of A-Z a-z 0-9 . - _ :");
  }
  if (!value.is_number() || !(std::abs(value.to_number<double>()) <= kMetricMax)) {
    refuse("a value in \"metrics\" must be a number from -10^15 to 10^15");
  }
}

// What the application measures: names of its choice.
void keep_metrics(const boost::json::object& body, boost::json::object& fields) {
  const boost::json::value* value = body.if_contains("metrics");
  if (value == nullptr || value->is_null()) return;
  if (!value->is_object()) refuse("\"metrics\" must be an object");
  const boost::json::object& metrics = value->as_object();
  if (metrics.size() > kMetricsMax) refuse("\"metrics\" must have at most 16 members");
  for (const auto& [name, metric] : metrics) check_metric(name, metric);
  fields["metrics"] = metrics;
}

boost::json::object kept_fields(const boost::json::object& body) {
  constexpr const char* kFields[] = {
      "status",   "phase",          "version",      "error",           "report_id",
      "manifest", "app_elf_sha256", "image_sha256", "running_version", "boot_state"};
  boost::json::object fields;
  for (const char* name : kFields) keep(body, name, fields);
  for (const char* name : kNotes) keep(body, name, fields);
  keep_metrics(body, fields);
  return fields;
}

bool runs_release(const ReportClaim& claim, const Release& release) {
  if (!release.app_elf_sha256.is_zero()) return claim.app_elf_sha256 == release.app_elf_sha256;
  return claim.image_sha256 == release.image_sha256;
}

std::string or_else(const std::string& error, const char* ours) {
  return error.empty() ? ours : error;
}

}  // namespace

ReportClaim read_report_claim(const boost::json::object& body) {
  ReportClaim claim;
  claim.device_id = identifier_field(body, "device_id");
  claim.report_id = read_report_id(body);
  claim.version = version_field(body, "version");
  claim.error = string_field_or_empty(body, "error", kErrorSizeMax);
  claim.succeeded = read_status(body);
  claim.phase = read_phase(body);
  claim.manifest = stated_digest(body, "manifest");
  claim.app_elf_sha256 = stated_digest(body, "app_elf_sha256");
  claim.image_sha256 = stated_digest(body, "image_sha256");
  claim.boot_state = read_boot_state(body);
  check_status(claim);
  if (claim.version.empty() && !claim.manifest.has_value()) refuse("\"version\" is missing");
  version_field(body, "running_version");
  claim.fields = kept_fields(body);
  return claim;
}

Verdict judge(const ReportClaim& claim, const Release* release) {
  const bool success =
      claim.phase.has_value() ? claim.phase == Outcome::confirmed : claim.succeeded.value_or(false);
  if (!success) return {claim.phase.value_or(Outcome::failed), claim.error};
  const bool has_proof = !claim.boot_state.empty() &&
                         (claim.app_elf_sha256.has_value() || claim.image_sha256.has_value());
  if (!has_proof || release == nullptr) return {Outcome::claimed, claim.error};
  if (!runs_release(claim, *release)) {
    return {Outcome::rolled_back, or_else(claim.error, "another image is running")};
  }
  if (claim.boot_state != "confirmed") {
    return {Outcome::failed, or_else(claim.error, "the new image is not confirmed")};
  }
  return {Outcome::confirmed, claim.error};
}

}  // namespace otter::server
