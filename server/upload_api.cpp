#include "server/upload_api.h"

#include "server/json_body.h"
#include "server/problem.h"
#include "server/query.h"

namespace otter::server {
namespace {

// A product's key speaks for no device in particular.
const Device& sending_device(const Call& call) {
  if (call.caller.device.has_value()) return *call.caller.device;
  throw HttpError(Problem::not_enrolled, "it takes the device's own key: enrol first");
}

// Lines of printable ASCII; what else a device sends is shown as '?'.
std::string printable_lines(std::string text) {
  for (char& c : text) {
    const bool is_shown = c == '\n' || (c >= 0x20 && c < 0x7F);
    if (!is_shown) c = '?';
  }
  return text;
}

// What the query says of a dump, and where the piece belongs.
struct Piece {
  DeviceDump dump;
  uint32_t offset = 0;
};

uint32_t size_parameter(const Call& call, const char* name) {
  const std::optional<int64_t> value = integer_parameter(call, name, 0, UINT32_MAX);
  if (value.has_value()) return static_cast<uint32_t>(*value);
  throw HttpError(Problem::bad_query, std::string(name) + " is missing");
}

Piece read_piece(const Call& call, const Device& device) {
  allow_parameters(call, {"sha256", "size", "offset"});
  const Result<Digest> sha256 = digest_from_hex(parameter(call, "sha256"));
  if (!sha256.ok()) throw HttpError(Problem::bad_query, "sha256 is no SHA-256 in hexadecimal");
  Piece piece;
  piece.dump = {device.id, sha256.value, size_parameter(call, "size"), call.now_s, device.version};
  piece.offset = size_parameter(call, "offset");
  const uint32_t size = piece.dump.size_bytes;
  if (size == 0) throw HttpError(Problem::bad_query, "size is 0");
  if (size > kDumpSizeMax) {
    throw HttpError(Problem::too_large,
                    "a core dump may have " + std::to_string(kDumpSizeMax) + " bytes");
  }
  if (piece.offset > size || call.request.body.size() > size - piece.offset) {
    throw HttpError(Problem::bad_query, "the piece goes beyond the dump's size");
  }
  return piece;
}

void tell_listeners(const Call& call, const char* kind, const Device& device) {
  call.events.push_back(
      {kind,
       device.product,
       {{"device", device.id}, {"product", device.product}, {"received", call.now_s}}});
}

bool has_dump(Store& store, const DeviceDump& dump) {
  return !store.dumps({.device = dump.device, .sha256 = dump.sha256}).empty();
}

// How much of the dump is here; another one that is on its way gives way to it.
uint32_t kept_of(Store& store, const DeviceDump& dump) {
  const auto arriving = store.arriving_dump(dump.device);
  const bool is_known = arriving.has_value() && arriving->dump.sha256 == dump.sha256 &&
                        arriving->dump.size_bytes == dump.size_bytes;
  if (is_known) return arriving->kept_bytes;
  store.begin_dump(dump);
  return 0;
}

// A piece that does not follow is passed over: the device is told where to go on.
uint32_t keep_piece(Store& store, const Piece& piece, Bytes bytes) {
  const uint32_t kept = kept_of(store, piece.dump);
  if (kept != piece.offset || bytes.size == 0) return kept;
  if (!store.add_dump_piece(piece.dump.device, kept, bytes)) return kept;
  return kept + static_cast<uint32_t>(bytes.size);
}

void finish_dump(const Call& call, const DeviceDump& dump) {
  Store& store = call.backend.store;
  const Result<Digest> found = sha256(call.crypto, store.dump_pieces(dump.device));
  const bool is_right = found.ok() && found.value == dump.sha256;
  store.end_dump(dump.device, is_right);
  if (!is_right) throw HttpError(Problem::hash_differs, "the dump is not the one that was named");
  tell_listeners(call, "dump", *call.caller.device);
  call.backend.log.info("Core dump received", {{"device", dump.device},
                                               {"sha256", to_hex(dump.sha256).characters},
                                               {"bytes", std::to_string(dump.size_bytes)},
                                               {"remote", call.request.remote}});
}

}  // namespace

Response take_log(const Call& call) {
  const Device& sender = sending_device(call);
  const std::string& id = sender.id;
  Store& store = call.backend.store;
  store.atomically([&] {
    const std::optional<Device> device = store.device(id);
    if (!device.has_value() || device->command.command != Command::send_logs) {
      throw HttpError(Problem::not_found, "nobody has asked for the device's log");
    }
    store.add_log({id, call.now_s, device->version, printable_lines(call.request.body)});
    store.set_command(id, successor(device->command, Command::none, 0));
  });
  tell_listeners(call, "log", sender);
  call.backend.log.info("Log received", {{"device", id},
                                         {"bytes", std::to_string(call.request.body.size())},
                                         {"remote", call.request.remote}});
  return json_response(200, {{"ok", true}});
}

Response take_dump(const Call& call) {
  const Device& device = sending_device(call);
  const Piece piece = read_piece(call, device);
  const uint32_t size = piece.dump.size_bytes;
  if (has_dump(call.backend.store, piece.dump)) return json_response(200, {{"kept", size}});
  const uint32_t kept =
      keep_piece(call.backend.store, piece, as_bytes(std::string_view(call.request.body)));
  if (kept == size) finish_dump(call, piece.dump);
  return json_response(200, {{"kept", kept}});
}

}  // namespace otter::server
