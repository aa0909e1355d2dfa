#include "server/root_api.h"

#include <charconv>

#include "ota/wire/trust.h"
#include "publish/trust_builder.h"
#include "server/access.h"
#include "server/json_body.h"
#include "server/problem.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr char kFrameType[] = "application/octet-stream";

[[noreturn]] void refuse(Error error, const std::string& what) {
  throw HttpError(error, what + ": " + meaning(error).data);
}

// The bytes of the body's member "frame".
std::vector<uint8_t> read_frame(const Request& request) {
  const boost::json::object body = parse_json_body(request);
  const std::string text = string_field(body, "frame", base64_size(kEnvelopeSizeMax));
  std::vector<uint8_t> frame(kEnvelopeSizeMax + 2);  // room for the padding's rounding
  const Result<size_t> size = base64_decode(text, frame);
  if (!size.ok()) throw HttpError(Problem::invalid_field, "\"frame\" must be padded base64");
  frame.resize(size.value);
  return frame;
}

Envelope read_envelope(const std::vector<uint8_t>& frame) {
  const Result<Envelope> envelope = parse_envelope(frame);
  if (!envelope.ok()) refuse(envelope.error, "the frame can't be read");
  return envelope.value;
}

// As the publisher's tools see it: they name who has yet to sign.
SignedDocument document_of(const char* type, const std::vector<uint8_t>& frame) {
  return read_signed_document(type, {frame.begin(), frame.end()});
}

// The chain's first link: nothing but itself to hold it to.
Error verify_anchor(Crypto& crypto, const Envelope& envelope, RootMetadata* root) {
  OTTER_TRY_SET(*root, parse_root(as_text(envelope.body)));
  OTTER_TRY(check_not_revoked(crypto, *root));
  return verify_root_signatures(crypto, kRootType, envelope, *root);
}

uint32_t verified_root_version(const Call& call, const std::vector<uint8_t>& frame) {
  const Envelope envelope = read_envelope(frame);
  const std::optional<StoredDocument> newest = newest_root(call.backend.store);
  RootMetadata next;
  const Error error = newest.has_value()
                          ? verify_root(call.crypto, envelope, stored_root(*newest), &next)
                          : verify_anchor(call.crypto, envelope, &next);
  if (error == Error::ok) return next.version;
  if (error != Error::unknown_key || !parse_root(as_text(envelope.body)).ok()) {
    refuse(error, "the root metadata");
  }
  const SignedDocument document = document_of(kRootType, frame);
  const LinkVerdict verdict = newest.has_value()
                                  ? judge_link(document_of(kRootType, newest->frame), document)
                                  : judge_first(document);
  throw HttpError(error, "the root metadata: " + verdict.reason);
}

uint32_t verified_trust_version(const Call& call, const std::vector<uint8_t>& frame) {
  const Envelope envelope = read_envelope(frame);
  const std::optional<StoredDocument> root = newest_root(call.backend.store);
  if (!root.has_value()) {
    throw HttpError(Problem::not_found, "publish root metadata first: its keys sign trust");
  }
  TrustPayload trust;
  const Error error = verify_trust(call.crypto, envelope, stored_root(*root), &trust);
  if (error == Error::ok) return trust.version;
  if (error != Error::unknown_key || !parse_trust(as_text(envelope.body)).ok()) {
    refuse(error, "the trust payload");
  }
  const LinkVerdict verdict =
      judge_trust(document_of(kRootType, root->frame), document_of(kTrustType, frame));
  throw HttpError(error, "the trust payload: " + verdict.reason);
}

// `before` is the version that was the newest.
Response created(const Call& call, const char* event, uint32_t before, uint32_t version) {
  call.change = {event, "devices", {{"version", before}}, {{"version", version}}};
  call.backend.log.info(event,
                        {{"version", std::to_string(version)}, {"remote", call.request.remote}});
  return json_response(201, {{"version", version}});
}

Response frame_response(const std::optional<StoredDocument>& document, const char* caching) {
  if (!document.has_value()) throw HttpError(Problem::not_found, "there is no such document");
  Response response;
  response.headers = {{"Content-Type", kFrameType}, {"Cache-Control", caching}};
  response.body.assign(document->frame.begin(), document->frame.end());
  return response;
}

}  // namespace

std::optional<StoredDocument> newest_root(Lookups& lookups) {
  return lookups.document(DocumentKind::root, lookups.document_versions().root);
}

RootMetadata stored_root(const StoredDocument& document) {
  const Envelope envelope = require(parse_envelope(document.frame), "stored root metadata");
  return require(parse_root(as_text(envelope.body)), "stored root metadata");
}

bool is_authorised(const Call& call, const Release& release) {
  const std::optional<StoredDocument> root = newest_root(call.backend.lookups);
  if (!root.has_value()) return true;
  if (release.envelope.empty()) return false;
  const Envelope envelope = require(parse_envelope(release.envelope), "a stored release");
  const Manifest manifest = require(parse_manifest(as_text(envelope.body)), "a stored release");
  return verify_release_signatures(call.crypto, envelope, stored_root(*root), manifest.product,
                                   manifest.channel) == Error::ok;
}

Response publish_root(const Call& call) {
  StoredDocument document;
  document.frame = read_frame(call.request);
  document.version = verified_root_version(call, document.frame);
  document.created_s = call.now_s;
  const uint32_t before = call.backend.store.document_versions().root;
  // Another link may have come in between.
  if (!call.backend.store.add_document(DocumentKind::root, document))
    refuse(Error::old_root, "the root metadata");
  return created(call, "Root metadata published", before, document.version);
}

Response publish_trust(const Call& call) {
  StoredDocument document;
  document.frame = read_frame(call.request);
  document.version = verified_trust_version(call, document.frame);
  document.created_s = call.now_s;
  const uint32_t before = call.backend.store.document_versions().trust;
  if (!call.backend.store.add_document(DocumentKind::trust, document))
    refuse(Error::old_trust, "the trust payload");
  return created(call, "Trust payload published", before, document.version);
}

Response serve_root(const Call& call) {
  const std::string& text = call.target.segments.at(2);
  uint32_t version = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, version);
  const bool is_number = error == std::errc() && stop == end;
  return frame_response(
      is_number ? call.backend.lookups.document(DocumentKind::root, version) : std::nullopt,
      "public, immutable, max-age=31536000");
}

Response serve_trust(const Call& call) {
  const uint32_t newest = call.backend.lookups.document_versions().trust;
  return frame_response(call.backend.lookups.document(DocumentKind::trust, newest), "no-cache");
}

}  // namespace otter::server
