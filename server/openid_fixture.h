// The vocabulary of tests about signing in by an identity provider: one with a P-256 key, that is a
// function. For tests only; one thread.
#pragma once

#include <map>

#include "publish/base64.h"
#include "server/openid_provider.h"
#include "server/server_fixture.h"

namespace otter::server {

constexpr char kIssuer[] = "https://login.example/staff";
constexpr char kClientId[] = "otter";

inline std::string part_of(const boost::json::object& object) {
  return base64url(as_bytes(boost::json::serialize(object)));
}

// What a good token says of ada.
inline boost::json::object good_claims(const std::string& nonce = "n-1") {
  return {{"iss", kIssuer},
          {"aud", kClientId},
          {"sub", "248289761001"},
          {"preferred_username", "ada"},
          {"roles", boost::json::array{"otter-operator", "other"}},
          {"iat", kNow},
          {"exp", kNow + 300},
          {"nonce", nonce}};
}

class FixtureProvider {
 public:
  FixtureProvider() { add_key("key-1"); }

  // Signs from now on with a new key of that id; those before stay in its set.
  void add_key(const std::string& id) {
    key_id = id;
    make_signing_key(key_file());
    const std::vector<uint8_t> point = read_public_point(key_file());
    const Bytes whole = point;
    keys.push_back({{"kty", "EC"},
                    {"crv", "P-256"},
                    {"use", "sig"},
                    {"kid", id},
                    {"x", base64url({whole.data + 1, 32})},
                    {"y", base64url({whole.data + 33, 32})}});
  }

  std::string token_of(const boost::json::object& claims) const {
    return sign(part_of({{"alg", "ES256"}, {"kid", key_id}}) + "." + part_of(claims));
  }
  std::string sign(const std::string& text) const {
    const RawSignature signature = sign_digest(key_file(), digest_of(as_bytes(text)));
    return text + "." + base64url({signature.data(), signature.size()});
  }
  std::string key_set() const {
    return boost::json::serialize(boost::json::object{{"keys", keys}});
  }

  Fetched answer(const Fetch& fetch) {
    ++asked[fetch.url];
    if (fetch.method == "POST") posted = fetch;
    if (is_down) return {Error::network_unreachable, "no such host"};
    if (fetch.url == std::string(kIssuer) + "/.well-known/openid-configuration") {
      return {Error::ok, "", 200, boost::json::serialize(configuration)};
    }
    if (fetch.url == "https://login.example/keys") return {Error::ok, "", 200, key_set()};
    if (fetch.url == "https://login.example/token") {
      return {Error::ok, "", token_status, boost::json::serialize(token_answer)};
    }
    return {Error::ok, "", 404, ""};
  }
  Fetcher fetcher() {
    return [this](const Fetch& fetch) { return answer(fetch); };
  }
  void grant(const boost::json::object& claims) {
    token_answer = {{"access_token", "x"}, {"id_token", token_of(claims)}};
  }

  TemporaryFolder folder;
  std::string key_id;
  boost::json::array keys;
  boost::json::object configuration = {
      {"issuer", kIssuer},
      {"authorization_endpoint", "https://login.example/authorize"},
      {"token_endpoint", "https://login.example/token"},
      {"jwks_uri", "https://login.example/keys"}};
  boost::json::object token_answer;
  unsigned token_status = 200;
  bool is_down = false;
  std::map<std::string, int> asked;
  Fetch posted;

 private:
  std::string key_file() const { return folder.file(key_id + ".pem"); }
};

inline OpenIdSettings openid_settings() {
  OpenIdSettings settings;
  settings.issuer = kIssuer;
  settings.name = "Example staff";
  settings.client_id = kClientId;
  settings.admin = {"otter-admin"};
  settings.operator_ = {"otter-operator", "On call"};
  settings.viewer = {"staff"};
  return settings;
}

}  // namespace otter::server
