#include "ota/wire/root.h"

#include "ota/wire/json_fields.h"
#include "ota/wire/signing.h"
#include "ota/wire/version.h"

namespace otter {
namespace {

constexpr uint8_t kRootDepth = 5;  // document, role, keys, key, products

struct Role {
  uint8_t threshold = 0;
  Json keys;
};

// A listed key, as it is needed to check a signature.
struct ListedKey {
  Json json;
  uint8_t id[kKeyIdSize] = {};
  uint8_t point[kPublicKeySize] = {};
};

// The array `key`; null if there is none.
Result<Json> list_or_none(Json object, Text key) {
  const Result<Json> member = object.member(key);
  if (member.error == Error::missing_field) return Json();
  OTTER_TRY(member.error);
  return member.value.type() == JsonType::array ? member : Result<Json>(Error::wrong_type);
}

// A root key is its point's base64, a release key an object that has it.
Result<Text> point_text(Json key) {
  if (key.type() != JsonType::object) return key.plain_string();
  OTTER_TRY_SET(const Json point, key.member("point"));
  return point.plain_string();
}

Error read_point(Json key, uint8_t (&point)[kPublicKeySize]) {
  OTTER_TRY_SET(const Text text, point_text(key));
  if (text.size != base64_size(kPublicKeySize)) return Error::malformed;
  uint8_t decoded[kPublicKeySize + 1];
  OTTER_TRY_SET(const size_t size, base64_decode(text, decoded));
  if (size != kPublicKeySize || decoded[0] != 4) return Error::malformed;
  memcpy(point, decoded, kPublicKeySize);
  return Error::ok;
}

Error check_identifiers(Json key, Text name) {
  OTTER_TRY_SET(const Json list, list_or_none(key, name));
  for (JsonItems items(list); items.next();) {
    OTTER_TRY_SET(const Text text, items.value().plain_string());
    if (!is_identifier(text)) return Error::malformed;
  }
  return Error::ok;
}

bool lists_point(Json keys, Text point) {
  for (JsonItems items(keys); items.next();) {
    if (point_text(items.value()).value == point) return true;
  }
  return false;
}

// Base64 is strict, so that a point has one spelling.
Error check_unique(const RootMetadata& root) {
  const Json lists[] = {root.root_keys, root.release_keys};
  for (const Json& list : lists) {
    for (JsonItems items(list); items.next();) {
      const Text point = point_text(items.value()).value;
      size_t seen = 0;
      for (JsonItems others(list); others.next();)
        seen += point_text(others.value()).value == point;
      if (seen > 1) return Error::duplicate_key;
    }
  }
  for (JsonItems items(root.release_keys); items.next();) {
    if (lists_point(root.root_keys, point_text(items.value()).value)) return Error::duplicate_key;
  }
  return Error::ok;
}

Result<Role> read_role(Json body, Text name, JsonType key_type) {
  OTTER_TRY_SET(const Json object, body.member(name));
  JsonFields fields(object);
  const uint32_t threshold = fields.number("threshold", 1, kRoleKeysMax);
  const Json keys = fields.value("keys");
  fields.expect(keys.type() == JsonType::array, Error::wrong_type);
  OTTER_TRY(fields.error());
  size_t count = 0;
  for (JsonItems items(keys); items.next();) {
    if (++count > kRoleKeysMax) return Error::too_large;
    if (items.value().type() != key_type) return Error::wrong_type;
    uint8_t ignored[kPublicKeySize];
    OTTER_TRY(read_point(items.value(), ignored));
    if (key_type != JsonType::object) continue;
    OTTER_TRY(check_identifiers(items.value(), "products"));
    OTTER_TRY(check_identifiers(items.value(), "channels"));
  }
  if (threshold > count) return Error::out_of_range;
  return Role{static_cast<uint8_t>(threshold), keys};
}

Result<Json> read_revoked(Json body) {
  OTTER_TRY_SET(const Json list, list_or_none(body, "revoked"));
  size_t count = 0;
  for (JsonItems items(list); items.next();) {
    if (++count > kRevokedMax) return Error::too_large;
    OTTER_TRY_SET(const Text hex, items.value().plain_string());
    uint8_t ignored[kKeyIdSize];
    OTTER_TRY(hex_decode(hex, ignored));
  }
  return list;
}

Result<ListedKey> listed_key(Crypto& crypto, Json json) {
  ListedKey key;
  key.json = json;
  OTTER_TRY(read_point(json, key.point));
  OTTER_TRY_SET(const Digest digest, sha256(crypto, key.point));
  memcpy(key.id, digest.bytes, kKeyIdSize);
  return key;
}

// Errors: unknown_key, low_memory
Result<ListedKey> find_key(Crypto& crypto, Json keys, Bytes id) {
  for (JsonItems items(keys); items.next();) {
    OTTER_TRY_SET(const ListedKey key, listed_key(crypto, items.value()));
    if (Bytes(key.id) == id) return key;
  }
  return Error::unknown_key;
}

bool is_repeated(const Envelope& envelope, size_t index) {
  for (size_t i = 0; i < index; ++i) {
    if (envelope.signatures[i].key_id == envelope.signatures[index].key_id) return true;
  }
  return false;
}

bool contains_id(Json revoked, Bytes id) {
  for (JsonItems items(revoked); items.next();) {
    uint8_t listed[kKeyIdSize];
    const Text hex = items.value().plain_string().value;
    if (hex_decode(hex, listed) == Error::ok && Bytes(listed) == id) return true;
  }
  return false;
}

Error check_keys(Crypto& crypto, const RootMetadata& root, Json revoked) {
  const Json lists[] = {root.root_keys, root.release_keys};
  for (const Json& list : lists) {
    for (JsonItems items(list); items.next();) {
      OTTER_TRY_SET(const ListedKey key, listed_key(crypto, items.value()));
      if (contains_id(revoked, key.id)) return Error::key_not_allowed;
    }
  }
  return Error::ok;
}

// What a release key must be allowed; null members of a root key's JSON allow everything.
struct Purpose {
  Text product;
  Text channel;
};

// No list, or an empty one, allows any.
bool allows(Json key, Text list_name, Text wanted) {
  bool is_empty = true;
  for (JsonItems items(list_or_none(key, list_name).value); items.next();) {
    if (items.value().plain_string().value == wanted) return true;
    is_empty = false;
  }
  return is_empty;
}

bool may_sign(const ListedKey& key, const Purpose* purpose) {
  if (purpose == nullptr) return true;
  return allows(key.json, "products", purpose->product) &&
         allows(key.json, "channels", purpose->channel);
}

// `purpose` null: any listed key will do.
Error check_signatures(Crypto& crypto, Text type, const Envelope& envelope, const Role& role,
                       const Purpose* purpose) {
  OTTER_TRY_SET(const Digest digest, signing_digest(crypto, type, envelope.body));
  uint8_t good = 0;
  bool is_forbidden = false;
  for (size_t i = 0; i < envelope.signature_count; ++i) {
    const SignatureView& signature = envelope.signatures[i];
    const Result<ListedKey> key = find_key(crypto, role.keys, signature.key_id);
    if (key.error == Error::unknown_key || is_repeated(envelope, i)) continue;
    OTTER_TRY(key.error);
    OTTER_TRY(check_signature(crypto, key.value.point, digest, signature.signature));
    const bool allowed = may_sign(key.value, purpose);
    is_forbidden = is_forbidden || !allowed;
    if (allowed) ++good;
  }
  // A threshold of 0 is that of metadata that was never read: no consent.
  if (good > 0 && good >= role.threshold) return Error::ok;
  return is_forbidden ? Error::key_not_allowed : Error::unknown_key;
}

}  // namespace

Result<RootMetadata> parse_root(Text text) {
  JsonLimits limits;
  limits.size_max = kRootSizeMax;
  limits.depth_max = kRootDepth;
  OTTER_TRY_SET(const Json body, Json::parse(text, limits));
  JsonFields fields(body);
  fields.expect(fields.number("schema", 0, UINT32_MAX) == 1, Error::unsupported);
  RootMetadata root;
  root.version = fields.number("version", 1, UINT32_MAX);
  root.epoch = fields.number("epoch", 1, UINT32_MAX);
  fields.integer("created", 0, kJsonIntegerMax);
  OTTER_TRY(fields.error());
  OTTER_TRY_SET(const Role root_role, read_role(body, "root", JsonType::string));
  OTTER_TRY_SET(const Role release_role, read_role(body, "release", JsonType::object));
  OTTER_TRY_SET(root.revoked, read_revoked(body));
  root.root_threshold = root_role.threshold;
  root.root_keys = root_role.keys;
  root.release_threshold = release_role.threshold;
  root.release_keys = release_role.keys;
  OTTER_TRY(check_unique(root));
  return root;
}

Error check_not_revoked(Crypto& crypto, const RootMetadata& root) {
  return check_keys(crypto, root, root.revoked);
}

Error verify_root_signatures(Crypto& crypto, Text type, const Envelope& envelope,
                             const RootMetadata& root) {
  const Role role{root.root_threshold, root.root_keys};
  return check_signatures(crypto, type, envelope, role, nullptr);
}

Error verify_root(Crypto& crypto, const Envelope& envelope, const RootMetadata& trusted,
                  RootMetadata* next) {
  OTTER_TRY(verify_root_signatures(crypto, kRootType, envelope, trusted));
  OTTER_TRY_SET(*next, parse_root(as_text(envelope.body)));
  // In 64 bits: behind the last version there is none.
  if (next->version != uint64_t{trusted.version} + 1) return Error::old_root;
  if (next->epoch < trusted.epoch) return Error::old_root;
  OTTER_TRY(check_not_revoked(crypto, *next));
  OTTER_TRY(check_keys(crypto, *next, trusted.revoked));
  return verify_root_signatures(crypto, kRootType, envelope, *next);
}

Error verify_release_signatures(Crypto& crypto, const Envelope& envelope, const RootMetadata& root,
                                Text product, Text channel) {
  const Role role{root.release_threshold, root.release_keys};
  const Purpose purpose{product, channel};
  return check_signatures(crypto, kManifestType, envelope, role, &purpose);
}

}  // namespace otter
