#include "server/diagnostics_api.h"

#include "publish/core_dump.h"
#include "server/json_body.h"
#include "server/problem.h"
#include "server/query.h"

namespace otter::server {
namespace {

Device named_device(const Call& call) {
  allow_parameters(call, {});
  std::optional<Device> device = call.backend.store.device(call.target.segments.at(3));
  if (!device.has_value()) throw HttpError(Problem::not_found, "there is no such device");
  return std::move(*device);
}

boost::json::object log_document(const DeviceLog& log) {
  return {{"received", log.received_s}, {"version", text_or_null(log.version)}, {"text", log.text}};
}

boost::json::value crash_document(const std::optional<CrashFacts>& crash) {
  if (!crash.has_value()) return nullptr;
  return {{"chip", text_or_null(crash->chip)},
          {"app_elf_sha256", text_or_null(crash->app_elf_sha256)},
          {"tasks", crash->tasks},
          {"task", text_or_null(crash->task)},
          {"pc", crash->pc},
          {"caller", crash->caller == 0 ? boost::json::value() : crash->caller},
          {"reason", text_or_null(crash->reason)}};
}

// The release that crashed. A dump names it by the front of its ELF file's SHA-256, as long as the
// build has chosen.
std::string version_of(const Call& call, const Device& device, const CrashFacts& crash) {
  constexpr size_t kFrontMin = 8;  // [characters] fewer name many
  if (crash.app_elf_sha256.size() < kFrontMin) return "";
  for (const ReleasePtr& release : call.backend.lookups.releases({.product = device.product})) {
    const std::string elf = to_hex(release->app_elf_sha256).characters;
    if (elf.starts_with(crash.app_elf_sha256)) return release->version;
  }
  return "";
}

boost::json::object dump_document(const Call& call, const Device& device, const DeviceDump& dump) {
  const auto bytes = call.backend.store.dump_bytes(dump.sha256);
  const std::optional<CrashFacts> crash =
      bytes.has_value() ? read_core_dump(*bytes) : std::optional<CrashFacts>();
  const std::string version = crash.has_value() ? version_of(call, device, *crash) : "";
  return {{"sha256", to_hex(dump.sha256).characters},
          {"size", dump.size_bytes},
          {"received", dump.received_s},
          {"version", text_or_null(version)},
          {"crash", crash_document(crash)}};
}

}  // namespace

Response list_logs(const Call& call) {
  const Device device = named_device(call);
  boost::json::array logs;
  for (const DeviceLog& log : call.backend.store.logs(device.id)) {
    logs.push_back(log_document(log));
  }
  return json_response(200, {{"id", device.id}, {"logs", std::move(logs)}});
}

Response list_dumps(const Call& call) {
  const Device device = named_device(call);
  boost::json::array dumps;
  for (const DeviceDump& dump : call.backend.store.dumps({.device = device.id})) {
    dumps.push_back(dump_document(call, device, dump));
  }
  return json_response(200, {{"id", device.id}, {"coredumps", std::move(dumps)}});
}

Response serve_dump(const Call& call) {
  const Device device = named_device(call);
  const Result<Digest> sha256 = digest_from_hex(call.target.segments.at(5));
  const bool is_there =
      sha256.ok() &&
      !call.backend.store.dumps({.device = device.id, .sha256 = sha256.value}).empty();
  const auto bytes = is_there ? call.backend.store.dump_bytes(sha256.value)
                              : std::optional<std::vector<uint8_t>>();
  if (!bytes.has_value()) throw HttpError(Problem::not_found, "the device left no such core dump");
  Response response;
  response.headers = {{"Content-Type", "application/octet-stream"}, {"Cache-Control", "no-store"}};
  response.body.assign(bytes->begin(), bytes->end());
  return response;
}

}  // namespace otter::server
