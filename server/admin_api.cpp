#include "server/admin_api.h"

#include "ota/wire/chip.h"
#include "ota/wire/manifest.h"
#include "publish/keys.h"
#include "publish/root_builder.h"
#include "server/access.h"
#include "server/json_body.h"
#include "server/problem.h"
#include "server/root_api.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr size_t kPemSizeMax = 4096;
constexpr size_t kChipNameSizeMax = 16;
constexpr size_t kReportsMax = 100;

// The parameter of a query, or `otherwise`.
std::string parameter(const Call& call, const std::string& name, const std::string& otherwise) {
  const auto found = call.target.query.find(name);
  return found == call.target.query.end() ? otherwise : found->second;
}

boost::json::value text_or_null(const std::string& text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

std::string hex_text(Bytes bytes) {
  std::string hex(2 * bytes.size, '0');
  hex_encode(bytes, hex.data());
  return hex;
}

Product named_product(const Call& call, const std::string& name) {
  std::optional<Product> product = call.backend.store.product(name);
  if (!product.has_value()) throw HttpError(Problem::not_found, "there is no such product");
  return std::move(*product);
}

boost::json::object summary_of(const Product& product) {
  return {{"name", product.name},
          {"chip", text_or_null(product.chip)},
          {"slot_bytes", product.slot_bytes},
          {"needs_approval", product.needs_approval}};
}

Product read_product(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  Product product;
  product.name = identifier_field(body, "name");
  product.chip = string_field_or_empty(body, "chip", kChipNameSizeMax);
  if (!product.chip.empty() && find_chip(Text(product.chip)) == nullptr) {
    throw HttpError(Error::wrong_chip, "\"chip\" is no chip that otter knows");
  }
  product.slot_bytes =
      static_cast<uint32_t>(integer_field(body, "slot_bytes", kImageSizeMax).value_or(0));
  product.hmac_secret = make_secret(call.crypto, kHmacSecretPrefix);
  product.created_s = call.now_s;
  return product;
}

boost::json::object key_document(const TrustedKey& key) {
  return {{"keyid", hex_text(key.id)}, {"public_key_pem", key.pem}, {"created", key.created_s}};
}

boost::json::object key_document(const RootReleaseKey& key) {
  return {{"keyid", key_id_of(key.point)},
          {"public_key_pem", public_pem_of(key.point)},
          {"products", boost::json::array(key.products.begin(), key.products.end())},
          {"channels", boost::json::array(key.channels.begin(), key.channels.end())}};
}

boost::json::object device_document(const DeviceSummary& summary) {
  const Device& device = summary.device;
  const std::string outcome = summary.outcome.has_value() ? name(*summary.outcome) : "";
  return {{"id", device.id},
          {"product", device.product},
          {"version", text_or_null(device.version)},
          {"outcome", text_or_null(outcome)},
          {"outcome_version", text_or_null(summary.outcome_version)},
          {"error", text_or_null(summary.error)},
          {"boot_state", text_or_null(device.boot_state)},
          {"root", device.applied.root},
          {"trust", device.applied.trust},
          {"config", device.applied.config},
          {"config_failed", device.applied.config_failed},
          {"last_seen", device.last_seen_s},
          {"enrolled", device.enrolled}};
}

boost::json::object report_document(const Report& report) {
  boost::json::error_code ignored;  // what was stored is JSON
  boost::json::value fields = boost::json::parse(report.body, ignored);
  boost::json::object document = fields.is_object() ? fields.as_object() : boost::json::object();
  document["report_id"] = report.id;
  document["received"] = report.received_s;
  document["outcome"] = report.outcome.has_value() ? name(*report.outcome) : "";
  document["error"] = text_or_null(report.error);
  document["version"] = text_or_null(report.release_version);
  return document;
}

}  // namespace

Response add_product(const Call& call) {
  const Product product = read_product(call);
  const std::string key = make_secret(call.crypto, kApiKeyPrefix);
  if (!call.backend.store.add_product(product, hash_secret(call.crypto, key))) {
    throw HttpError(Problem::exists, "there is a product " + product.name + " already");
  }
  call.backend.log.info("Product added",
                        {{"product", product.name}, {"remote", call.request.remote}});
  boost::json::object document = summary_of(product);
  call.change = {"Product added", product.name, nullptr, document};
  document["api_key"] = key;
  document["hmac_secret"] = product.hmac_secret;
  return json_response(201, document);
}

Response list_products(const Call& call) {
  const std::string only = parameter(call, "product", "");
  boost::json::array list;
  for (const ProductSummary& summary : call.backend.store.products()) {
    if (!only.empty() && only != summary.product.name) continue;
    boost::json::object document = summary_of(summary.product);
    document["releases"] = summary.releases;
    document["devices"] = summary.devices;
    list.push_back(std::move(document));
  }
  return json_response(200, {{"products", std::move(list)}});
}

Response show_product(const Call& call) {
  const Product product = named_product(call, call.target.segments.at(3));
  const std::string channel = parameter(call, "channel", "stable");
  call.backend.sightings.flush(call.backend.store);
  boost::json::object document = summary_of(product);
  document["next_sequence"] = next_sequence(call.backend.store, product.name, channel);
  document["smallest_slot_bytes"] = call.backend.store.smallest_slot_bytes(product.name);
  return json_response(200, document);
}

Response add_product_key(const Call& call) {
  const Product product = named_product(call, call.target.segments.at(3));
  const std::string key = make_secret(call.crypto, kApiKeyPrefix);
  const Digest hash = hash_secret(call.crypto, key);
  call.backend.store.add_product_key(product.name, hash, call.now_s);
  call.change = {"API key added", product.name, nullptr, {{"key", token_id_of(hash)}}};
  call.backend.log.info("API key added",
                        {{"product", product.name}, {"remote", call.request.remote}});
  return json_response(201, {{"api_key", key}});
}

Response put_blob(const Call& call) {
  const Result<Digest> digest = digest_from_hex(call.target.segments.at(3));
  if (!digest.ok()) {
    throw HttpError(Problem::not_found, "a blob's name is a SHA-256 in 64 hexadecimal digits");
  }
  switch (call.backend.blobs.put(digest.value, as_bytes(call.request.body), call.crypto)) {
    case PutBlob::hash_differs:
      throw HttpError(Problem::hash_differs, "the body's SHA-256 is not the one in the path");
    case PutBlob::already_there:
      return json_response(200, {{"sha256", to_hex(digest.value).characters}});
    case PutBlob::stored:
      break;
  }
  call.backend.log.info("Blob stored", {{"sha256", to_hex(digest.value).characters},
                                        {"bytes", std::to_string(call.request.body.size())},
                                        {"remote", call.request.remote}});
  return json_response(201, {{"sha256", to_hex(digest.value).characters}});
}

Response list_releases(const Call& call) {
  boost::json::array list;
  const ReleaseQuery query{.product = parameter(call, "product", ""), .with_pending = true};
  for (const ReleasePtr& found : call.backend.store.releases(query)) {
    const Release& release = *found;
    list.push_back(boost::json::object{{"product", release.product},
                                       {"channel", release.channel},
                                       {"version", release.version},
                                       {"sequence", release.sequence},
                                       {"chip", release.chip},
                                       {"size", release.size_bytes},
                                       {"sha256", to_hex(release.image_sha256).characters},
                                       {"manifest", to_hex(release.manifest_sha256).characters},
                                       {"created", release.created_s},
                                       {"pending", release.is_pending},
                                       {"published_by", text_or_null(release.published_by)},
                                       {"approved_by", text_or_null(release.approved_by)}});
  }
  return json_response(200, {{"releases", std::move(list)}});
}

Response add_release_key(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  TrustedKey key;
  key.pem = string_field(body, "public_key_pem", kPemSizeMax);
  if (key.pem.find("PRIVATE KEY") != std::string::npos) {
    throw HttpError(Problem::invalid_field,
                    "\"public_key_pem\" is a private key: keep it to yourself");
  }
  try {
    key.point = public_point_of_pem(key.pem, "\"public_key_pem\"");
  } catch (const KeyError& error) {
    throw HttpError(Problem::invalid_field, error.what());
  }
  const Digest hash = require(sha256(call.crypto, key.point), "can't hash a key");
  key.id.assign(hash.bytes, hash.bytes + kKeyIdSize);
  key.created_s = call.now_s;
  if (!call.backend.store.add_release_key(key)) {
    throw HttpError(Problem::exists, "the server knows the key " + hex_text(key.id) + " already");
  }
  call.change = {"Release key added", hex_text(key.id), nullptr, {{"public_key_pem", key.pem}}};
  call.backend.log.info("Release key added",
                        {{"keyid", hex_text(key.id)}, {"remote", call.request.remote}});
  return json_response(201, {{"keyid", hex_text(key.id)}});
}

Response list_release_keys(const Call& call) {
  boost::json::array list;
  const std::optional<StoredDocument> stored = newest_root(call.backend.store);
  if (!stored.has_value()) {
    for (const TrustedKey& key : call.backend.store.release_keys()) {
      list.push_back(key_document(key));
    }
    return json_response(200, {{"root_version", nullptr}, {"keys", std::move(list)}});
  }
  const Envelope envelope = require(parse_envelope(stored->frame), "stored root metadata");
  const Text body = as_text(envelope.body);
  const RootDocument root = read_root({body.data, body.size});
  for (const RootReleaseKey& key : root.release_keys) list.push_back(key_document(key));
  return json_response(200, {{"root_version", root.version}, {"keys", std::move(list)}});
}

Response list_devices(const Call& call) {
  call.backend.sightings.flush(call.backend.store);
  boost::json::array list;
  for (const DeviceSummary& summary : call.backend.store.devices(parameter(call, "product", ""))) {
    list.push_back(device_document(summary));
  }
  return json_response(200, {{"devices", std::move(list)}});
}

Response list_reports(const Call& call) {
  const std::string& device = call.target.segments.at(3);
  if (!call.backend.store.device(device).has_value()) {
    throw HttpError(Problem::not_found, "there is no such device");
  }
  boost::json::array list;
  for (const Report& report : call.backend.store.reports(device, kReportsMax)) {
    list.push_back(report_document(report));
  }
  return json_response(200, {{"reports", std::move(list)}});
}

}  // namespace otter::server
