#include "sim/scripted_server.h"

#include <charconv>
#include <utility>

#include "ota/patch/patch_header.h"
#include "ota/wire/json.h"
#include "publish/base64.h"
#include "publish/host_crypto.h"
#include "publish/text.h"

namespace otter::sim {
namespace {

constexpr uint32_t kNextCheckin = 60;  // [s]
constexpr int64_t kNow = 1790000000;   // [s since 1970-01-01 UTC]
constexpr std::string_view kBlobPath = "/firmware/blob/";
constexpr std::string_view kRootPath = "/firmware/root/";
constexpr std::string_view kDumpPath = "/firmware/dump?sha256=";

// One for each thread: a server that is a value has none of its own.
Crypto& crypto() {
  thread_local HostCrypto made;
  return made;
}

std::string hex_of(Bytes bytes) { return string_of(to_hex(sha256(crypto(), bytes).value)); }

Text header(const HttpRequest& request, Text name) {
  for (size_t i = 0; i < request.header_count; ++i) {
    if (request.headers[i].name == name) return request.headers[i].value;
  }
  return Text();
}

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

std::vector<uint8_t> envelope_frame(const SignedManifest& manifest) {
  Envelope envelope;
  envelope.signature_count = manifest.signatures.size();
  std::vector<std::array<uint8_t, kKeyIdSize>> ids(manifest.signatures.size());
  for (size_t i = 0; i < manifest.signatures.size(); ++i) {
    if (hex_decode(manifest.signatures[i].key_id, ids[i]) != Error::ok) return {};
    envelope.signatures[i] = {Bytes(ids[i]), Bytes(manifest.signatures[i].signature)};
  }
  envelope.body = as_bytes(Text(manifest.manifest));
  std::vector<uint8_t> buffer(kEnvelopeSizeMax);
  Appender appender{MutableBytes(buffer)};
  if (write_envelope(envelope, appender) != Error::ok) return {};
  buffer.resize(appender.written().size);
  return buffer;
}

// The digits in front of `text`, and what is behind them.
std::optional<uint64_t> take_number(std::string_view& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

}  // namespace

ScriptedServer::ScriptedServer(std::string product, Digest master)
    : product_(std::move(product)), master_(master) {}

ScriptedServer::Offered ScriptedServer::keep(ServedRelease release) {
  OfferedRelease made;
  made.sha256 = hex_of(release.image);
  made.release = std::move(release);
  const auto kept = std::make_shared<const OfferedRelease>(std::move(made));
  images_[kept->sha256] = kept;
  return kept;
}

void ScriptedServer::offer(ServedRelease release) { offered_ = keep(std::move(release)); }

void ScriptedServer::add_patch(ServedPatch patch) {
  OfferedPatch made;
  made.base_sha256 = parse_patch_header(patch.bytes).value.base_sha256;
  made.patch = std::move(patch);
  const std::string sha256 = hex_of(made.patch.bytes);
  patches_[sha256] = std::make_shared<const OfferedPatch>(std::move(made));
}

void ScriptedServer::capture(ServedRelease release) { captured_ = keep(std::move(release)); }

void ScriptedServer::set_trust(uint32_t version, std::vector<uint8_t> frame) {
  trust_version_ = version;
  trust_ = std::move(frame);
}

void ScriptedServer::configure(uint32_t version, const std::string& document) {
  config_version_ = version;
  config_ = document;
}

ScriptedServer::Answer ScriptedServer::answer(const HttpRequest& request) {
  if (faults.status != 0) {
    return {.status = faults.status, .retry_after_s = faults.retry_after_s};
  }
  if (request.method == HttpMethod::get) return get(request);
  return request.target == Text("/firmware/enroll") ? enrol(request) : post(request);
}

ScriptedServer::Answer ScriptedServer::post(const HttpRequest& request) {
  const std::string target = string_of(request.target);
  const bool is_report = target == "/firmware/report";
  const bool is_log = target == "/firmware/log";
  if (!is_report && !is_log && !target.starts_with(kDumpPath)) return {.status = 404};
  const uint16_t fault = is_report ? faults.report_status : faults.upload_status;
  if (fault != 0) return {.status = fault};
  const Text key = header(request, "X-API-Key");
  if (!is_product_key(key) && !key_of("", key)) return {.status = 401};
  if (!is_report && !is_log) return take_dump(request);
  (is_log ? logs : reports).push_back(string_of(as_text(request.body)));
  if (is_log && command == "send_logs") command.clear();
  return {.body = bytes_of("{\"ok\":true}")};
}

// A piece is taken only where the last one ended.
ScriptedServer::Answer ScriptedServer::take_dump(const HttpRequest& request) {
  std::string_view rest = std::string_view(request.target.data, request.target.size);
  rest.remove_prefix(kDumpPath.size());
  const std::string sha256(rest.substr(0, kDigestHexSize));
  rest.remove_prefix(std::min(rest.size(), kDigestHexSize + std::string_view("&size=").size()));
  const uint64_t size = take_number(rest).value_or(0);
  rest.remove_prefix(std::min(rest.size(), std::string_view("&offset=").size()));
  const std::optional<uint64_t> offset = take_number(rest);
  if (arriving_ != sha256) arrived_bytes_.clear();
  arriving_ = sha256;
  if (offset == arrived_bytes_.size()) arrived_bytes_ += string_of(as_text(request.body));
  const bool is_whole = arrived_bytes_.size() == size;
  if (is_whole && hex_of(as_bytes(Text(arrived_bytes_))) != sha256) return {.status = 422};
  if (is_whole && (dumps.empty() || dumps.back() != arrived_bytes_)) {
    dumps.push_back(arrived_bytes_);
  }
  return {.body = bytes_of("{\"kept\":" + std::to_string(arrived_bytes_.size()) + "}")};
}

ScriptedServer::Answer ScriptedServer::get(const HttpRequest& request) {
  const std::string target = string_of(request.target);
  if (target == "/firmware/trust" || target.starts_with(kRootPath)) {
    return public_document(target);
  }
  const Text key = header(request, "X-API-Key");
  const bool is_known = is_product_key(key) || key_of("", key).has_value();
  if (target != "/firmware/manifest") return is_known ? blob(request) : Answer{.status = 401};
  if (!header(request, kDeviceFactsHeader).empty()) return check_in(request);
  return is_known ? plain_manifest() : Answer{.status = 401};
}

ScriptedServer::Answer ScriptedServer::document(const Blob& bytes) {
  if (bytes.empty()) return {.status = 404};
  return {.body = bytes, .etag = '"' + hex_of(bytes) + '"'};
}

ScriptedServer::Answer ScriptedServer::public_document(const std::string& target) {
  if (target == "/firmware/trust") return document(trust_);
  std::string_view rest = std::string_view(target).substr(kRootPath.size());
  const std::optional<uint64_t> version = take_number(rest);
  if (!version || !rest.empty() || *version < 1 || *version > roots_.size()) {
    return {.status = 404};
  }
  const bool is_last = *version == roots_.size();
  return document(is_last && !faults.forged_link.empty() ? std::exchange(faults.forged_link, {})
                                                         : roots_[*version - 1]);
}

// K_dev of the epoch that `api_key` is of; nothing if it is no device's. `device` empty: of any.
std::optional<ScriptedServer::DeviceKey> ScriptedServer::key_of(const std::string& device,
                                                                Text api_key) const {
  const std::string given = string_of(api_key);
  const size_t dot = given.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::string id = given.substr(0, dot);
  if (!device.empty() && id != device) return std::nullopt;
  for (uint32_t epoch = key_epoch_; epoch > 0 && epoch + 1 >= key_epoch_; --epoch) {
    const Digest key = derive_device_key(crypto(), master_.bytes, Text(id), epoch).value;
    const Digest secret = derive_purpose_key(crypto(), key.bytes, KeyPurpose::api_key).value;
    if (given.substr(dot + 1) == string_of(to_hex(secret))) return DeviceKey{epoch, key};
  }
  return std::nullopt;
}

ScriptedServer::Answer ScriptedServer::enrol(const HttpRequest& request) {
  const Result<Json> body = Json::parse(as_text(request.body));
  if (!body.ok()) return {.status = 400};
  const Result<Json> member = body.value.member("device_id");
  if (!member.ok()) return {.status = 400};
  const std::string id = string_of(member.value.plain_string().value);
  const Text given = header(request, "X-API-Key");
  if (!is_product_key(given) && !key_of(id, given)) return {.status = 401};
  Digest key = derive_device_key(crypto(), master_.bytes, Text(id), key_epoch_).value;
  if (faults.strange_key_times > 0) {
    --faults.strange_key_times;
    key.bytes[0] ^= 0x01;
  }
  return {.body =
              bytes_of("{\"device_key\":\"" + base64_text(key.bytes) +
                       "\",\"status\":\"enrolled\",\"epoch\":" + std::to_string(key_epoch_) + "}")};
}

std::string ScriptedServer::configuration_for(const DeviceFacts& facts) const {
  uint32_t version = config_version_;
  const std::string* document = &config_;
  if (offered_ && offered_->release.config_version != 0 &&
      facts.version == Text(offered_->release.version)) {
    version = offered_->release.config_version;
    document = &offered_->release.configuration;
  }
  const std::string text = ",\"config_version\":" + std::to_string(version);
  if (document->empty()) return text;
  return text + ",\"config_sha256\":\"" + hex_of(as_bytes(Text(*document))) + '"';
}

std::string ScriptedServer::patch_for(const DeviceFacts& facts) const {
  if (facts.patch_memory_bytes == 0) return "null";
  for (const auto& [sha256, offered] : patches_) {
    const std::string& from = offered->patch.from_version;
    if (!from.empty() && facts.version != Text(from)) continue;
    std::string text = "{\"size\":" + std::to_string(offered->patch.bytes.size()) +
                       ",\"sha256\":\"" + sha256 + '"';
    if (!offered->base_sha256.is_zero()) {
      text += ",\"base_sha256\":\"" + string_of(to_hex(offered->base_sha256)) + '"';
    }
    return text + "}";
  }
  return "null";
}

std::string ScriptedServer::statement(const DeviceFacts& facts, const Offered& offer) const {
  std::string text = "{\"device\":\"" + string_of(facts.id) + "\",\"nonce\":\"" +
                     base64_text(facts.nonce) + "\",\"time\":" + std::to_string(kNow) +
                     ",\"next_checkin_s\":" + std::to_string(kNextCheckin) + ",\"offered\":";
  text += offer ? '"' + string_of(to_hex(manifest_digest(offer->release.envelope.manifest))) + '"'
                : "null";
  text += ",\"patch\":" + (offer ? patch_for(facts) : "null") + configuration_for(facts);
  if (!roots_.empty()) text += ",\"root_version\":" + std::to_string(roots_.size());
  if (!trust_.empty()) text += ",\"trust_version\":" + std::to_string(trust_version_);
  text += ",\"key_epoch\":" + std::to_string(key_epoch_);
  std::string origins;
  for (const auto& [origin, kind] : mirrors_) {
    origins += (origins.empty() ? "\"" : ",\"") + origin + '"';
  }
  if (!origins.empty()) text += ",\"mirrors\":[" + origins + "]";
  return text + ",\"command\":" + (command.empty() ? "null" : '"' + command + '"') + "}";
}

// Sequences of another epoch can't be compared: who goes by an older root is told of the new one
// first, with whatever is offered.
ScriptedServer::Offered ScriptedServer::offer_for(const DeviceFacts& facts) {
  const bool is_behind = facts.root_version != 0 && facts.root_version < roots_.size();
  if (captured_ && !is_behind && faults.captured_times > 0) {
    --faults.captured_times;
    return captured_;
  }
  const bool is_held = facts.config_version < held_until_ && facts.config_failed < held_until_;
  if (!offered_ || is_held) return nullptr;
  const bool is_news = is_behind || offered_->release.sequence > facts.sequence;
  return faults.offers_always || is_news ? offered_ : nullptr;
}

ScriptedServer::Answer ScriptedServer::check_in(const HttpRequest& request) {
  const Result<DeviceFacts> parsed = parse_device_facts(header(request, kDeviceFactsHeader));
  if (!parsed.ok()) return {.status = 400};
  const DeviceFacts& facts = parsed.value;
  const std::optional<DeviceKey> key = key_of(string_of(facts.id), header(request, "X-API-Key"));
  if (!key) return {.status = 401};
  last_checkin = {facts.sequence,       facts.root_version,      facts.trust_version,
                  facts.config_version, facts.config_failed,     key->epoch,
                  facts.health,         facts.patch_memory_bytes};
  const Offered offer = offer_for(facts);
  std::string text = statement(facts, offer);
  if (faults.statement) faults.statement(text);

  const Digest mac_key =
      derive_purpose_key(crypto(), key->secret.bytes, KeyPurpose::response_mac).value;
  const Digest mac = hmac_sha256(crypto(), mac_key.bytes, as_bytes(Text(text))).value;
  std::vector<uint8_t> envelope;
  if (offer) envelope = envelope_frame(offer->release.envelope);
  std::vector<uint8_t> buffer(kFrameSizeMax);
  Appender appender{MutableBytes(buffer)};
  const CheckinFrame frame = {as_bytes(Text(text)), mac.bytes, envelope};
  if (write_checkin_frame(frame, appender) != Error::ok) return {.status = 500};
  buffer.resize(appender.written().size);
  if (faults.frame) faults.frame(buffer);
  return {.body = buffer};
}

ScriptedServer::Answer ScriptedServer::plain_manifest() const {
  if (!offered_) return {.status = 404};
  const ServedRelease& release = offered_->release;
  const Digest hmac = hmac_sha256(crypto(), as_bytes(Text(hmac_secret_)), release.image).value;
  return {.body = bytes_of("{\"version\":\"" + release.version + "\",\"size\":" +
                           std::to_string(release.image.size()) + ",\"sha256\":\"" +
                           offered_->sha256 + "\",\"hmac\":\"" + string_of(to_hex(hmac)) +
                           "\",\"url\":\"/firmware/" + release.version + ".bin\"}")};
}

// An image or a patch.
std::optional<ScriptedServer::Answer> ScriptedServer::file(const std::string& digest) const {
  const std::string etag = '"' + digest + '"';
  const auto image = images_.find(digest);
  if (image != images_.end()) {
    return Answer{.body = image->second->release.image, .etag = etag, .is_image = true};
  }
  const auto patch = patches_.find(digest);
  if (patch == patches_.end()) return std::nullopt;
  return Answer{.body = patch->second->patch.bytes, .etag = etag, .is_patch = true};
}

// An image by its digest or, in the plain mode, the newest by its version; or the configuration.
ScriptedServer::Answer ScriptedServer::blob(const HttpRequest& request) {
  const std::string target = string_of(request.target);
  const std::string digest = target.starts_with(kBlobPath) ? target.substr(kBlobPath.size()) : "";
  const std::string& config = config_;
  const std::string& of_release = offered_ ? offered_->release.configuration : config;
  for (const std::string* text : {&config, &of_release}) {
    if (!text->empty() && digest == hex_of(as_bytes(Text(*text)))) return document(bytes_of(*text));
  }
  const bool by_version = offered_ && target == "/firmware/" + offered_->release.version + ".bin";
  const std::optional<Answer> found = file(by_version ? offered_->sha256 : digest);
  if (!found) return {.status = 404};
  Answer whole = *found;
  if (whole.is_patch) {
    if (faults.patch) faults.patch(whole.body);
    return faults.ignores_range ? whole : part_of(whole, request);
  }
  if (faults.wrong_image_byte && faults.wrong_image_times > 0 &&
      *faults.wrong_image_byte < whole.body.size()) {
    whole.body[*faults.wrong_image_byte] ^= 0x01;
    --faults.wrong_image_times;
  }
  if (faults.image) faults.image(whole.body);
  return faults.ignores_range ? whole : part_of(whole, request);
}

// RFC 9110 sections 13.1.5 and 14.2, of one range "a-" or "a-b".
ScriptedServer::Answer ScriptedServer::part_of(const Answer& whole, const HttpRequest& request) {
  const std::string range = string_of(header(request, "Range"));
  const Text wanted_etag = header(request, "If-Range");
  std::string_view rest(range);
  if (!rest.starts_with("bytes=")) return whole;
  if (!wanted_etag.empty() && !(wanted_etag == Text(whole.etag))) return whole;
  rest.remove_prefix(6);
  const std::optional<uint64_t> start = take_number(rest);
  if (!start || !rest.starts_with('-')) return whole;
  rest.remove_prefix(1);
  const uint64_t last = take_number(rest).value_or(UINT64_MAX);
  if (*start >= whole.body.size() || last < *start) return {.status = 416};
  Answer part = whole;
  part.status = 206;
  part.range_start = *start;
  if (last < whole.body.size()) part.body.resize(last + 1);
  part.body.erase(part.body.begin(), part.body.begin() + static_cast<ptrdiff_t>(*start));
  return part;
}

ScriptedServer::Answer ScriptedServer::answer_mirror(MirrorKind kind, const HttpRequest& request) {
  const std::string target = string_of(request.target);
  const std::string digest = target.starts_with(kBlobPath) ? target.substr(kBlobPath.size()) : "";
  const std::optional<Answer> found = file(digest);
  if (kind == MirrorKind::missing || !found) return {.status = 404};
  Answer whole = {.body = found->body, .etag = found->etag, .is_slow = kind == MirrorKind::slow};
  if (kind == MirrorKind::garbage) {
    for (size_t i = 0; i < whole.body.size(); ++i) whole.body[i] = static_cast<uint8_t>(i * 31);
  }
  return part_of(whole, request);
}

}  // namespace otter::sim
