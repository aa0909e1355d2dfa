// POST /firmware/report.
#include "server/access.h"
#include "server/device_api.h"
#include "server/fleet_metrics.h"
#include "server/guard.h"
#include "server/json_body.h"
#include "server/problem.h"
#include "server/report_claim.h"
#include "server/rollouts.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr size_t kReportIdSize = 16;  // [bytes]

// A product's key speaks only for devices without a key of their own: else whoever reads one device
// could report for all.
void check_speaker(const Call& call, const Caller& caller, const std::string& device_id) {
  check_certificate(call.request, device_id);
  if (caller.device.has_value()) {
    if (caller.device->id == device_id) return;
    throw HttpError(Problem::forbidden, "the key is another device's");
  }
  const std::optional<Device> device = call.backend.lookups.device(device_id);
  if (!device.has_value()) return;
  if (device->standing == Standing::enrolled) {
    throw HttpError(Problem::forbidden, "the device has a key of its own");
  }
  if (device->standing == Standing::revoked) {
    throw HttpError(Problem::forbidden, "the device is revoked");
  }
  if (device->product != caller.product.name) {
    throw HttpError(Problem::forbidden, "the device belongs to another product");
  }
}

ReleasePtr release_of(const Call& call, const Caller& caller, const ReportClaim& claim) {
  Lookups& lookups = call.backend.lookups;
  const std::string& product = caller.product.name;
  ReleasePtr release;
  if (claim.manifest.has_value()) release = release_of_manifest(lookups, product, *claim.manifest);
  if (release == nullptr && !claim.version.empty()) {
    release = release_of_version(lookups, product, claim.version);
  }
  return release;
}

std::string random_report_id(Crypto& crypto) {
  const std::string bytes = random_bytes(crypto, kReportIdSize);
  std::string hex(2 * kReportIdSize, '0');
  hex_encode(as_bytes(bytes), hex.data());
  return hex;
}

std::string running_version(const ReportClaim& claim, Outcome outcome) {
  const boost::json::value* stated = claim.fields.if_contains("running_version");
  if (stated != nullptr && stated->is_string()) return std::string(stated->as_string());
  const bool is_new = outcome == Outcome::confirmed || outcome == Outcome::claimed;
  return is_new ? claim.version : "";
}

Report make_report(const Call& call, const Caller& caller, const ReportClaim& claim) {
  const ReleasePtr release = release_of(call, caller, claim);
  const Verdict verdict = judge(claim, release.get());
  Report report;
  report.id = claim.report_id.empty() ? random_report_id(call.crypto) : claim.report_id;
  report.device = claim.device_id;
  report.product = caller.product.name;
  report.received_s = call.now_s;
  report.version = running_version(claim, verdict.outcome);
  report.boot_state = claim.boot_state;
  report.outcome = verdict.outcome;
  report.error = verdict.error;
  report.release_version = claim.version;
  if (release != nullptr) {
    report.release_version = release->version;
    report.manifest = release->manifest_sha256;
  }
  report.body = boost::json::serialize(claim.fields);
  return report;
}

std::string event_of(const Report& report) {
  switch (*report.outcome) {
    case Outcome::confirmed:
    case Outcome::claimed:
      return "Device reported: UPDATE_SUCCESS";
    case Outcome::rolled_back:
    case Outcome::refused:
    case Outcome::failed:
      return "Device reported: UPDATE_FAILED (" +
             (report.error.empty() ? std::string(name(*report.outcome)) : report.error) + ")";
    default:
      return std::string("Device reported: ") + name(*report.outcome);
  }
}

void tell_listeners(Events& events, const Report& report) {
  events.publish({"report",
                  report.product,
                  {{"device", report.device},
                   {"product", report.product},
                   {"version", text_or_null(report.release_version)},
                   {"outcome", name(*report.outcome)},
                   {"error", text_or_null(report.error)},
                   {"received", report.received_s}}},
                 report.received_s);
}

// Logs, tells and answers what has become of a report.
Response answer_to(Backend& backend, const Report& report, const std::string& remote, bool is_new) {
  if (is_new) {
    count_report(backend.metrics, report);
    backend.rollouts.note(report);
    tell_listeners(backend.events, report);
  }
  backend.log.info(event_of(report), {{"device", report.device},
                                      {"product", report.product},
                                      {"version", report.release_version},
                                      {"outcome", name(*report.outcome)},
                                      {"repeated", is_new ? "" : "yes"},
                                      {"remote", remote}});
  return json_response(200, {{"ok", true}});
}

}  // namespace

Response take_report(const Call& call) {
  const ReportClaim claim = read_report_claim(parse_json_body(call.request));
  check_speaker(call, call.caller, claim.device_id);
  Response response;
  response.later = [&backend = call.backend, &request = call.request,
                    report = make_report(call, call.caller, claim)](const Reply& reply) {
    backend.reports.add(report,
                        [&backend, &request, report, reply](bool is_new, std::exception_ptr error) {
                          reply(guarded(backend.log, request, [&] {
                            if (error) std::rethrow_exception(error);
                            return answer_to(backend, report, request.remote, is_new);
                          }));
                        });
  };
  return response;
}

}  // namespace otter::server
