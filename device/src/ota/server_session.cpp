#include "ota/server_session.h"

#include "ota/wire/json_writer.h"
#include "ota/wire/url.h"

namespace otter {
namespace {

constexpr char kManifestPath[] = "/firmware/manifest";
constexpr char kReportPath[] = "/firmware/report";
constexpr char kEnrolPath[] = "/firmware/enroll";
constexpr char kBlobPath[] = "/firmware/blob/";
constexpr char kJsonType[] = "application/json";

// A body of a few KiB that comes in more pieces than these is being dripped.
constexpr int kReadsMax = 256;

bool is_redirect(uint16_t status) {
  return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

Error error_of_status(uint16_t status) {
  switch (status) {
    case 200:
    case 206:
      return Error::ok;
    case 401:
    case 403:
      return Error::unauthorized;
    case 404:
      return Error::not_found;
    case 202:  // it waits for a person
    case 429:
    case 503:
      return Error::server_busy;
    default:
      return status >= 400 && status < 500 ? Error::request_refused : Error::http_status;
  }
}

constexpr size_t kBlobTargetSize = sizeof(kBlobPath) - 1 + kDigestHexSize;
Text blob_target(const Digest& sha256, MutableBytes out) {
  Appender appender(out);
  appender.text(kBlobPath);
  appender.text(to_hex(sha256));
  return as_text(appender.written());
}

// A server without epochs is in its first.
Result<uint32_t> epoch_of(Json enrolled) {
  const Result<Json> member = enrolled.member("epoch");
  if (member.error == Error::missing_field) return uint32_t{1};
  OTTER_TRY(member.error);
  OTTER_TRY_SET(const int64_t epoch, member.value.integer());
  if (epoch < 1 || epoch > UINT32_MAX) return Error::out_of_range;
  return static_cast<uint32_t>(epoch);
}

// Is this the part of the file that was asked for, or the whole of it?
Error judge_answer(uint32_t size_bytes, const HttpResponse& response, ImagePart* part) {
  const bool is_part = response.status == 206;
  if (is_part && response.range_start != part->begin) return Error::malformed;
  if (!is_part) *part = {0, size_bytes};
  return response.content_length == part->end - part->begin ? Error::ok : Error::malformed;
}

}  // namespace

bool ServerSession::needs_enrolment() const {
  return config_.mode == UpdateMode::signed_release && (!keys_.has_key() || key_refused_);
}

Text ServerSession::api_key() const { return keys_.has_key() ? keys_.api_key() : config_.api_key; }

Error ServerSession::load_key() {
  return config_.mode == UpdateMode::plain ? Error::ok : keys_.load();
}

Error ServerSession::open(HttpRequest& request, Text key, HttpResponse* response) {
  retry_after_s_ = 0;
  OTTER_TRY(open_following(request, key, response));
  const Error error = error_of_status(response->status);
  if (error != Error::ok) {
    retry_after_s_ = response->retry_after_s;
    ports_.http.close();
  }
  return error;
}

// Follows redirects itself: an HTTP library would send the key along, to whatever host it is told.
Error ServerSession::open_following(HttpRequest& request, Text key, HttpResponse* response) {
  uint8_t place[kLocationSizeMax];
  uint8_t origin[kOriginSizeMax];
  const size_t header_count = request.header_count;
  for (size_t redirects = 0; redirects <= kRedirectsMax; ++redirects) {
    request.header_count = header_count;
    if (request.origin.empty() && !key.empty()) request.add("X-API-Key", key);
    OTTER_TRY(ports_.http.open(request, response));
    if (!is_redirect(response->status)) return Error::ok;
    ports_.http.close();
    if (request.method != HttpMethod::get) return Error::http_status;
    const Text location = response->location;
    memcpy(place, location.data, location.size);
    const Text target = as_text(Bytes(place, location.size));
    if (is_target(target)) {
      request.target = target;  // on the same host
      continue;
    }
    const Result<UrlParts> url = split_url(target);
    if (!url.ok()) return Error::redirected_too_often;
    memcpy(origin, url.value.origin.data, url.value.origin.size);
    request.origin = as_text(Bytes(origin, url.value.origin.size));
    request.target = url.value.target;
  }
  return Error::redirected_too_often;
}

// Reads the whole body, which must fit into `buffer`.
Error ServerSession::exchange(HttpRequest& request, Text key, MutableBytes buffer, Text* body) {
  HttpResponse response;
  OTTER_TRY(open(request, key, &response));
  size_t size = 0;
  for (int reads = 0; reads < kReadsMax; ++reads) {
    uint8_t beyond[1];
    const bool full = size == buffer.size;
    const Result<size_t> read = ports_.http.read(full ? MutableBytes(beyond) : buffer.part(size));
    if (!read.ok() || read.value == 0 || full) {
      ports_.http.close();
      OTTER_TRY(read.error);
      if (read.value != 0) return Error::too_large;
      *body = as_text(Bytes(buffer.part(0, size)));
      return Error::ok;
    }
    size += read.value;
  }
  ports_.http.close();
  return Error::network_slow;
}

Error ServerSession::enrol(MutableBytes buffer) {
  uint8_t text[256];
  JsonWriter json(text);
  json.string("device_id", config_.device_id);
  json.string("product", config_.product);
  json.string("chip", chip_name(ports_.board.chip()));
  OTTER_TRY_SET(const Text request_body, json.finish());
  HttpRequest request;
  request.method = HttpMethod::post;
  request.target = kEnrolPath;
  request.body = as_bytes(request_body);
  request.add("Content-Type", kJsonType);
  Text body;
  const Error error = exchange(request, config_.api_key, buffer, &body);
  // Maybe it was the refusal of the old key that was the mistake: that one is tried again.
  if (error == Error::unauthorized) key_refused_ = false;
  OTTER_TRY(error);

  OTTER_TRY_SET(const Json object, Json::parse(body));
  OTTER_TRY_SET(const uint32_t epoch, epoch_of(object));
  OTTER_TRY_SET(const Json member, object.member("device_key"));
  OTTER_TRY_SET(const Text encoded, member.plain_string());
  uint8_t key[kDeviceKeySize];
  OTTER_TRY_SET(const size_t size, base64_decode(encoded, key));
  if (size != sizeof(key)) return Error::malformed;
  OTTER_TRY(keys_.take(epoch, key));
  key_refused_ = false;
  return Error::ok;
}

void ServerSession::add_metrics(HttpRequest& request, MutableBytes buffer) {
  Metric metrics[kMetricsMax];
  const size_t count = ports_.application.metrics(metrics, kMetricsMax);
  const Text header = write_device_metrics(metrics, count, buffer);
  if (!header.empty()) request.add(kDeviceMetricsHeader, header);
}

// The headers lie where the answer will: it is read once they are sent.
Error ServerSession::check_in(DeviceFacts facts, const RootMetadata* root, MutableBytes buffer,
                              CheckinAnswer* answer) {
  HttpRequest request;
  request.target = kManifestPath;
  Text body;
  if (config_.mode == UpdateMode::plain) {
    const Error error = exchange(request, config_.api_key, buffer, &body);
    answer->is_authentic = error == Error::ok || error == Error::not_found;
    if (error == Error::not_found) return Error::ok;  // the product has no release yet
    OTTER_TRY(error);
    OTTER_TRY_SET(answer->release, parse_plain_release(body));
    answer->has_release = true;
    return Error::ok;
  }
  OTTER_TRY(ports_.crypto.random(facts.nonce));
  Appender appender(buffer.part(0, kDeviceFactsSizeMax));
  write_device_facts(facts, appender);
  if (appender.failed()) return Error::too_large;
  request.add("Accept", kCheckinType);
  request.add(kDeviceFactsHeader, as_text(appender.written()));
  add_metrics(request, buffer.part(kDeviceFactsSizeMax, kDeviceMetricsSizeMax));
  const Error error = exchange(request, keys_.api_key(), buffer, &body);
  if (error == Error::unauthorized) {
    key_refused_ = !keys_.on_trial();
    OTTER_TRY(keys_.refused());
  }
  OTTER_TRY(error);

  CheckinContext context;
  context.device_id = config_.device_id;
  context.nonce = facts.nonce;
  context.mac_key = keys_.mac_key();
  context.signers = signers(root);
  const Error verified = verify_checkin(ports_.crypto, as_bytes(body), context, answer);
  if (answer->is_authentic) OTTER_TRY(keys_.accepted());
  return verified;
}

Error ServerSession::verify_again(const RootMetadata* root, const Digest& offered,
                                  Release* release) {
  return verify_release(ports_.crypto, signers(root), offered, release);
}

ReleaseSigners ServerSession::signers(const RootMetadata* root) const {
  return {{config_.release_keys, config_.release_key_count, config_.signatures_needed}, root};
}

Result<Text> ServerSession::post(Text target, Text type, Bytes body, MutableBytes buffer) {
  HttpRequest request;
  request.method = HttpMethod::post;
  request.target = target;
  request.body = body;
  request.add("Content-Type", type);
  Text answer;
  OTTER_TRY(exchange(request, api_key(), buffer, &answer));
  return answer;
}

Error ServerSession::report(Text json, MutableBytes buffer) {
  return post(kReportPath, kJsonType, as_bytes(json), buffer).error;
}

Result<Bytes> ServerSession::fetch_public(Text target, bool verify_peer, MutableBytes buffer) {
  HttpRequest request;
  request.target = target;
  request.verify_peer = verify_peer;
  Text body;
  OTTER_TRY(exchange(request, Text(), buffer, &body));
  return as_bytes(body);
}

Result<Bytes> ServerSession::fetch_blob(const Digest& wanted, MutableBytes buffer) {
  uint8_t target[kBlobTargetSize];
  HttpRequest request;
  request.target = blob_target(wanted, target);
  Text body;
  OTTER_TRY(exchange(request, api_key(), buffer, &body));
  OTTER_TRY_SET(const Digest found, sha256(ports_.crypto, as_bytes(body)));
  return found == wanted ? Result<Bytes>(as_bytes(body)) : Error::bad_hash;
}

Result<ImagePart> ServerSession::open_image(const Release& release, uint32_t offset, Text mirror) {
  const Text target = release.is_signed ? Text() : release.target;
  return open_file({release.manifest.image_sha256, release.manifest.image_size_bytes, target},
                   offset, mirror);
}

Result<ImagePart> ServerSession::open_file(const RemoteFile& file, uint32_t offset, Text mirror) {
  uint8_t target[kBlobTargetSize];
  ImagePart part = {offset, file.size_bytes};
  const uint32_t left = part.end - offset;
  const bool is_last = config_.request_size_bytes == 0 || config_.request_size_bytes >= left;
  if (!is_last) part.end = offset + config_.request_size_bytes;
  uint8_t range[32];
  Appender range_out(range);
  range_out.text("bytes=");
  range_out.decimal(offset);
  range_out.u8('-');
  if (!is_last) range_out.decimal(int64_t{part.end} - 1);

  HttpRequest request;
  request.origin = mirror;
  request.target = file.target.empty() ? blob_target(file.sha256, target) : file.target;
  const bool knows_etag = etag_file_ == file.sha256 && etag_[0] != 0;
  if (offset > 0 || !is_last) {
    request.add("Range", as_text(range_out.written()));
    if (knows_etag && offset > 0) request.add("If-Range", etag_);
  }
  HttpResponse response;
  OTTER_TRY(open(request, api_key(), &response));
  const Error error = judge_answer(file.size_bytes, response, &part);
  const bool is_changed =
      response.status == 206 && offset > 0 && knows_etag && Text(response.etag) != Text(etag_);
  if (error == Error::ok && !is_changed) {
    etag_file_ = file.sha256;
    memcpy(etag_, response.etag, sizeof(etag_));
    return part;
  }
  etag_[0] = 0;
  ports_.http.close();
  return error != Error::ok ? error : Error::content_changed;
}

}  // namespace otter
