#include "server/admin_api.h"

#include "ota/wire/chip.h"
#include "ota/wire/manifest.h"
#include "publish/keys.h"
#include "publish/root_builder.h"
#include "server/access.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/problem.h"
#include "server/query.h"
#include "server/root_api.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr size_t kPemSizeMax = 4096;
constexpr size_t kChipNameSizeMax = 16;
constexpr size_t kEnrolmentSizeMax = 16;

std::string hex_text(Bytes bytes) {
  std::string hex(2 * bytes.size, '0');
  hex_encode(bytes, hex.data());
  return hex;
}

boost::json::object summary_of(const Product& product) {
  return {{"name", product.name},
          {"chip", text_or_null(product.chip)},
          {"slot_bytes", product.slot_bytes},
          {"needs_approval", product.needs_approval},
          {"enrolment", name(product.enrolment)},
          {"plain", product.allows_plain},
          {"staged", product.is_staged}};
}

boost::json::object counted_document(const ProductSummary& summary) {
  boost::json::object document = summary_of(summary.product);
  document["releases"] = summary.releases;
  document["devices"] = summary.devices;
  return document;
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
  allow_parameters(call, {"product", "limit", "cursor"});
  const Page page = read_page(call, "products", 1);
  ProductQuery query;
  query.name = product_parameter(call);
  if (!page.after.empty()) query.after = page.after[0];
  query.count_max = page.count_to_read();
  return page_response(
      "products", show_page(page, "products", call.backend.store.products(query), counted_document,
                            [](const ProductSummary& last) { return Place{last.product.name}; }));
}

Response show_product(const Call& call) {
  const Product product = known_product(call, call.target.segments.at(3));
  allow_parameters(call, {"channel"});
  std::string channel = parameter(call, "channel");
  if (channel.empty()) channel = "stable";
  call.backend.sightings.flush(call.backend.store);
  boost::json::object document = summary_of(product);
  document["next_sequence"] = next_sequence(call.backend.store, product.name, channel);
  for (const ProductSummary& summary : call.backend.store.products({.name = product.name})) {
    document["smallest_slot_bytes"] = summary.smallest_slot_bytes;
  }
  return json_response(200, document);
}

Response change_product(const Call& call) {
  const Product before = known_product(call, call.target.segments.at(3));
  const boost::json::object body = parse_json_body(call.request);
  ProductChange change;
  if (states(body, "enrolment")) {
    change.enrolment = enrolment_named(string_field(body, "enrolment", kEnrolmentSizeMax));
    if (!change.enrolment.has_value()) {
      throw HttpError(Problem::invalid_field, "\"enrolment\" must be open, approve or listed");
    }
  }
  if (states(body, "plain")) change.allows_plain = flag_field(body, "plain");
  if (states(body, "staged")) change.is_staged = flag_field(body, "staged");
  if (!change.enrolment.has_value() && !change.allows_plain.has_value() &&
      !change.is_staged.has_value()) {
    throw HttpError(Problem::invalid_field, "state \"enrolment\", \"plain\" or \"staged\"");
  }
  call.backend.store.change_product(before.name, change);
  const boost::json::object document = summary_of(known_product(call, before.name));
  call.change = {"Product changed", before.name, summary_of(before), document};
  call.backend.log.info("Product changed",
                        {{"product", before.name},
                         {"enrolment", document.at("enrolment").as_string().c_str()},
                         {"plain", document.at("plain").as_bool() ? "on" : "off"},
                         {"staged", document.at("staged").as_bool() ? "on" : "off"},
                         {"remote", call.request.remote}});
  return json_response(200, document);
}

Response add_product_key(const Call& call) {
  const Product product = known_product(call, call.target.segments.at(3));
  const std::string key = make_secret(call.crypto, kApiKeyPrefix);
  const Digest hash = hash_secret(call.crypto, key);
  call.backend.store.add_product_key(product.name, hash, call.now_s);
  call.change = {"API key added", product.name, nullptr, {{"key", token_id_of(hash)}}};
  call.backend.log.info("API key added",
                        {{"product", product.name}, {"remote", call.request.remote}});
  return json_response(201, {{"id", token_id_of(hash)}, {"api_key", key}});
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

}  // namespace otter::server
