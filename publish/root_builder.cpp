#include "publish/root_builder.h"

#include <boost/json.hpp>

#include "ota/wire/root.h"
#include "publish/base64.h"
#include "publish/host_crypto.h"
#include "publish/text.h"

namespace otter {
namespace {

namespace json = boost::json;

PublicPoint point_of_base64(Json text) {
  PublicPoint point(kPublicKeySize + 1);
  const Result<size_t> size = base64_decode(text.plain_string().value, point);
  point.resize(size.value);
  return point;
}

std::vector<std::string> strings_of(Json list) {
  std::vector<std::string> texts;
  for (JsonItems items(list); items.next();) {
    texts.push_back(string_of(items.value().plain_string().value));
  }
  return texts;
}

std::vector<std::string> strings_of_member(Json object, const char* key) {
  const Result<Json> member = object.member(key);
  return member.ok() ? strings_of(member.value) : std::vector<std::string>();
}

json::array array_of(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

json::object release_key_json(const RootReleaseKey& key) {
  json::object out{{"point", base64_text(key.point)}};
  if (!key.products.empty()) out["products"] = array_of(key.products);
  if (!key.channels.empty()) out["channels"] = array_of(key.channels);
  return out;
}

// What a device would say of a body, for a person.
void require_accepted(const std::string& body) {
  const Result<RootMetadata> root = parse_root(body);
  Error error = root.error;
  HostCrypto crypto;
  if (error == Error::ok) error = check_not_revoked(crypto, root.value);
  if (error == Error::ok) return;
  std::string hint;
  if (error == Error::out_of_range) hint = "; is each threshold from 1 to the number of its keys?";
  if (error == Error::duplicate_key) hint = "; a key may be listed once, as root or release key";
  if (error == Error::too_large)
    hint = "; at most 8 root keys, 8 release keys, 32 revoked, 3072 bytes";
  if (error == Error::key_not_allowed) hint = "; a key that is revoked can't be listed";
  if (error == Error::malformed)
    hint = "; is each product and channel an id as in docs/spec/version.md?";
  throw RootError("no device would take this root metadata: " + string_of(name(error)) + hint);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

// One line on why `document` is not signed enough by `root`; empty if it is.
std::string shortage(const SignedDocument& document, const RootDocument& root) {
  const SignerCount count = count_signers(document, root);
  if (count.is_enough()) return "";
  return "signed by " + std::to_string(count.signers.size()) + " of the " +
         std::to_string(count.needed) + " root keys that version " + std::to_string(root.version) +
         " needs; " + std::to_string(count.needed - static_cast<int>(count.signers.size())) +
         " more must sign, of " + joined(count.missing);
}

LinkVerdict refused(const std::string& reason) { return {false, reason}; }

}  // namespace

std::string build_root(const RootDocument& root) {
  json::array root_keys;
  for (const PublicPoint& point : root.root_keys) root_keys.emplace_back(base64_text(point));
  json::array release_keys;
  for (const RootReleaseKey& key : root.release_keys) release_keys.push_back(release_key_json(key));
  const json::object body{
      {"schema", 1},
      {"version", root.version},
      {"epoch", root.epoch},
      {"created", root.created_s},
      {"root", json::object{{"threshold", root.root_threshold}, {"keys", root_keys}}},
      {"release", json::object{{"threshold", root.release_threshold}, {"keys", release_keys}}},
      {"revoked", array_of(root.revoked)}};
  const std::string text = json::serialize(body);
  require_accepted(text);
  return text;
}

RootDocument read_root(const std::string& body) {
  const Result<RootMetadata> root = parse_root(body);
  if (!root.ok()) throw RootError("not root metadata: " + string_of(name(root.error)));
  RootDocument out;
  out.version = root.value.version;
  out.epoch = root.value.epoch;
  out.created_s =
      Json::parse(body, {kRootSizeMax, 5}).value.member("created").value.integer().value;
  out.root_threshold = root.value.root_threshold;
  out.release_threshold = root.value.release_threshold;
  for (JsonItems keys(root.value.root_keys); keys.next();) {
    out.root_keys.push_back(point_of_base64(keys.value()));
  }
  for (JsonItems keys(root.value.release_keys); keys.next();) {
    out.release_keys.push_back({point_of_base64(keys.value().member("point").value),
                                strings_of_member(keys.value(), "products"),
                                strings_of_member(keys.value(), "channels")});
  }
  out.revoked = strings_of(root.value.revoked);
  return out;
}

SignerCount count_signers(const SignedDocument& document, const RootDocument& root) {
  SignerCount count;
  count.needed = root.root_threshold;
  for (const PublicPoint& point : root.root_keys) {
    std::vector<std::string>& list = is_signed_by(document, point) ? count.signers : count.missing;
    list.push_back(key_id_of(point));
  }
  return count;
}

LinkVerdict judge_first(const SignedDocument& first) {
  const RootDocument root = read_root(first.body);
  HostCrypto crypto;
  if (check_not_revoked(crypto, parse_root(first.body).value) != Error::ok) {
    return refused("it lists a key that it revokes");
  }
  const std::string short_of = shortage(first, root);
  return {short_of.empty(), short_of};
}

LinkVerdict judge_link(const SignedDocument& before, const SignedDocument& next) {
  if (next.signatures.empty()) return refused("nobody has signed it");
  const RootDocument old_root = read_root(before.body);
  const RootDocument new_root = read_root(next.body);
  if (new_root.version != uint64_t{old_root.version} + 1) {
    return refused("version " + std::to_string(new_root.version) + " does not follow version " +
                   std::to_string(old_root.version) + ": a chain skips none");
  }
  for (const RootDocument& root : {old_root, new_root}) {
    const std::string short_of = shortage(next, root);
    if (!short_of.empty()) return refused(short_of);
  }
  const std::string frame = write_signed_document(next);
  HostCrypto crypto;
  RootMetadata ignored;
  const Error error = verify_root(crypto, parse_envelope(as_bytes(frame)).value,
                                  parse_root(before.body).value, &ignored);
  if (error == Error::ok) return {true, ""};
  return refused("a device refuses it: " + string_of(name(error)) + ", " +
                 string_of(meaning(error)));
}

}  // namespace otter
