#include "sim/scripted_server.h"

#include <algorithm>

#include "ota/wire/device_facts.h"

namespace otter::sim {
namespace {

constexpr uint32_t kNextCheckin = 60;  // [s]
constexpr int64_t kNow = 1790000000;   // [s since 1970-01-01 UTC]

std::string text_of(Text view) { return std::string(view.data, view.size); }

Text header(const HttpRequest& request, Text name) {
  for (size_t i = 0; i < request.header_count; ++i) {
    if (request.headers[i].name == name) return request.headers[i].value;
  }
  return Text();
}

std::string base64(Bytes bytes) {
  std::vector<uint8_t> buffer(base64_size(bytes.size));
  Appender appender{MutableBytes(buffer)};
  base64_encode(bytes, appender);
  return text_of(as_text(appender.written()));
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

}  // namespace

// One board's connection: hands the answer out in the pieces that its reader asks for.
class ScriptedServer::Connection : public Http {
 public:
  explicit Connection(ScriptedServer& server) : server_(server) {}

  Error open(const HttpRequest& request, HttpResponse* response) override {
    OTTER_TRY(server_.faults.connection);
    answer_ = server_.answer(request);
    at_ = 0;
    *response = HttpResponse();
    response->status = answer_.status;
    response->content_length = answer_.body.size();
    response->range_start = answer_.range_start;
    return Error::ok;
  }

  Result<size_t> read(MutableBytes out) override {
    const size_t left = answer_.body.size() - at_;
    size_t size = std::min(left, out.size);
    if (answer_.is_image && server_.faults.drop_image_after) {
      const uint64_t allowed = *server_.faults.drop_image_after;
      if (at_ >= allowed) return Error::network_closed;
      size = static_cast<size_t>(std::min<uint64_t>(size, allowed - at_));
    }
    std::copy_n(answer_.body.begin() + static_cast<ptrdiff_t>(at_), size, out.data);
    at_ += size;
    if (answer_.is_image) server_.image_bytes_sent += size;
    return size;
  }

  void close() override { answer_ = Answer(); }
  void use_trust(const TlsTrust&) override {}

 private:
  ScriptedServer& server_;
  Answer answer_;
  size_t at_ = 0;
};

ScriptedServer::ScriptedServer(std::string product, Digest master)
    : product_(std::move(product)), master_(master) {}

std::unique_ptr<Http> ScriptedServer::connect() { return std::make_unique<Connection>(*this); }

ScriptedServer::Answer ScriptedServer::answer(const HttpRequest& request) {
  if (faults.status != 0) return {faults.status, {}, 0, false};
  const Text target = request.target;
  if (target == Text("/firmware/enroll")) return enrol(request);
  if (target == Text("/firmware/report")) {
    reports.push_back(text_of(as_text(request.body)));
    return {200, bytes_of("{\"ok\":true}"), 0, false};
  }
  if (target == Text("/firmware/manifest")) {
    const Text facts = header(request, kDeviceFactsHeader);
    return facts.empty() ? plain_manifest() : check_in(facts);
  }
  return release_ ? image(header(request, "Range")) : Answer{404, {}, 0, false};
}

ScriptedServer::Answer ScriptedServer::enrol(const HttpRequest& request) {
  const Result<Json> body = Json::parse(as_text(request.body));
  if (!body.ok()) return {400, {}, 0, false};
  const Result<Json> id = body.value.member("device_id");
  if (!id.ok()) return {400, {}, 0, false};
  const Digest key =
      derive_device_key(crypto_, master_.bytes, id.value.plain_string().value, 1).value;
  return {200, bytes_of("{\"device_key\":\"" + base64(key.bytes) + "\",\"status\":\"enrolled\"}"),
          0, false};
}

ScriptedServer::Answer ScriptedServer::check_in(Text facts_header) {
  const Result<DeviceFacts> facts = parse_device_facts(facts_header);
  if (!facts.ok()) return {400, {}, 0, false};
  const bool offers = release_ && release_->sequence > facts.value.sequence;
  std::string offered = "null";
  if (offers) {
    const Digest digest = manifest_digest(release_->envelope.manifest);
    offered = '"' + text_of(to_hex(digest)) + '"';
  }
  std::string statement = "{\"device\":\"" + text_of(facts.value.id) + "\",\"nonce\":\"" +
                          base64(facts.value.nonce) + "\",\"time\":" + std::to_string(kNow) +
                          ",\"next_checkin_s\":" + std::to_string(kNextCheckin) +
                          ",\"offered\":" + offered +
                          ",\"patch\":null,\"config_version\":0,\"command\":null}";
  if (faults.statement) faults.statement(statement);

  const Digest key = derive_device_key(crypto_, master_.bytes, facts.value.id, 1).value;
  const Digest mac_key = derive_purpose_key(crypto_, key.bytes, KeyPurpose::response_mac).value;
  const Digest mac = hmac_sha256(crypto_, mac_key.bytes, as_bytes(Text(statement))).value;
  std::vector<uint8_t> envelope;
  if (offers) envelope = envelope_frame(release_->envelope);
  std::vector<uint8_t> buffer(kFrameSizeMax);
  Appender appender{MutableBytes(buffer)};
  const CheckinFrame frame = {as_bytes(Text(statement)), mac.bytes, envelope};
  if (write_checkin_frame(frame, appender) != Error::ok) return {500, {}, 0, false};
  buffer.resize(appender.written().size);
  if (faults.frame) faults.frame(buffer);
  return {200, buffer, 0, false};
}

ScriptedServer::Answer ScriptedServer::plain_manifest() {
  if (!release_) return {404, {}, 0, false};
  const Digest digest = sha256(crypto_, release_->image).value;
  const Digest hmac = hmac_sha256(crypto_, as_bytes(Text(hmac_secret_)), release_->image).value;
  return {200,
          bytes_of("{\"version\":\"" + release_->version +
                   "\",\"size\":" + std::to_string(release_->image.size()) + ",\"sha256\":\"" +
                   text_of(to_hex(digest)) + "\",\"hmac\":\"" + text_of(to_hex(hmac)) +
                   "\",\"url\":\"/firmware/" + release_->version + ".bin\"}"),
          0, false};
}

ScriptedServer::Answer ScriptedServer::image(Text range) {
  std::vector<uint8_t> body = release_->image;
  if (faults.wrong_image_byte && faults.wrong_image_times > 0) {
    body[*faults.wrong_image_byte] ^= 0x01;
    --faults.wrong_image_times;
  }
  constexpr size_t kPrefixSize = 6;  // "bytes="
  if (range.size <= kPrefixSize || faults.ignores_range) return {200, body, 0, true};
  const uint64_t start = std::stoull(text_of(range.part(kPrefixSize)));
  if (start >= body.size()) return {416, {}, 0, false};
  body.erase(body.begin(), body.begin() + static_cast<ptrdiff_t>(start));
  return {206, body, start, true};
}

}  // namespace otter::sim
