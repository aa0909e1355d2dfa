#include "server/provider_keys.h"

#include <gmock/gmock.h>

#include "server/openid_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Made by OpenSSL 3.0: `openssl genpkey`, then `openssl dgst -sha256 -sign` and `openssl pkeyutl
// -sign -rawin`.
constexpr char kRsaModulus[] =
    "5dREWgpkf2kdYC9O54KHOHCwn1cTb46lcS_RfoIYp6SCXJuctYvCvtS0TMIhwKK3U88Gyvq19WitaxJ-G226wdQVPbPC9k"
    "YADPjXXC5_uZAQK3nQKIy509KRMD0Ca0sLizwMAu-5hc4HzRsyDs7Qcw1AYb3DDo_w9bgX83JMPjTHoM1KHntdHv_njR8h"
    "GPeS1LvPGhwiUTfVACidKbtB3fVpD1Ap_0f8-F2jxB_zS3M5gmI3KubZ9lmgaOcPlgNF78d9KyYNXlOczmBbLQN9qlXZVo"
    "e_U6EiJU-EsWogths52EAeoDDzc5QBQTw59bby8wt7AGMGarqLxU276Fap_w";
constexpr char kRsaToken[] =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InIifQ.eyJzdWIiOiJhZGEifQ."
    "QpM7n4f-Arg4WPALGz2FH4nnWQZkuWdB2JNIibz6v2Rq9anUu1C88fS_vh_rlXgIrkM-NYJ7OWRSOY8BBJojyhHuGzfVhx"
    "WXldqp44EzLHumQJwoyvaLpamJBj7_EdZgwF6BYZ8dH7qz3bnDasrnoVybguLCphiiUjohvOLjH-49LdGTp5VFJL9A81AS"
    "9sQWm0OeU6IBBKd-IN-IlTZvXxJlv5p8ppaz6luHRw9pkWzgfskaqJAu9v70DGFYwHFdP6ZDCacIjHQdYGZvh7JzUrMwX8"
    "lSkmw62YZxYGaTH3ydmo92q923Y0IHW3wSb67E7onE4BY4c50MLuKTmsUA_Q";
constexpr char kEdKey[] = "WfeFc1Um7c88Wsia0iaIqI2jyPsvpCmvZX-uiXtEBuE";
constexpr char kEdToken[] =
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImUifQ.eyJzdWIiOiJhZGEifQ."
    "qIBnWtHIlyOfCRiGqD0XLmJj08JZzuVdhfwenXgSimDz6AI_QtORE8yNf9V-kBD8XvT_K-roGHivrFk6bQvvBA";

boost::json::object rsa_key(const std::string& id = "r") {
  return {{"kty", "RSA"}, {"kid", id}, {"n", kRsaModulus}, {"e", "AQAB"}};
}
boost::json::object ed_key(const std::string& id = "e") {
  return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"kid", id}, {"x", kEdKey}};
}

// A number of so many bytes, all the same.
boost::json::string number_of(size_t size, char byte) {
  return boost::json::string(base64url(as_bytes(std::string(size, byte))));
}

std::vector<ProviderKey> keys_of(const boost::json::array& keys) {
  return parse_key_set(boost::json::serialize(boost::json::object{{"keys", keys}}));
}

// The key set with one member of its only key changed.
std::vector<ProviderKey> with(boost::json::object key, const char* name,
                              const boost::json::value& value) {
  key[name] = value;
  return keys_of({key});
}

bool is_good(const std::string& token, const boost::json::object& key) {
  const std::vector<ProviderKey> keys = keys_of({key});
  const SignedToken parsed = parse_signed_token(token);
  const ProviderKey* found = key_of_token(keys, parsed);
  return found != nullptr && is_signed_by(parsed, *found);
}

// The token with one bit of its signature, or of what it says, the other way round.
std::string damaged(std::string token, size_t from_end) {
  char& c = token[token.size() - 1 - from_end];
  c = c == 'B' ? 'C' : 'B';
  return token;
}

TEST(ProviderKeys, CheckSignaturesOfEachKind) {
  FixtureProvider provider;
  const std::string token = provider.token_of({{"sub", "ada"}});
  EXPECT_TRUE(is_good(token, provider.keys.at(0).as_object()));
  EXPECT_TRUE(is_good(kRsaToken, rsa_key()));
  EXPECT_TRUE(is_good(kEdToken, ed_key()));
}

TEST(ProviderKeys, RefuseWhatIsChanged) {
  FixtureProvider provider;
  const std::string token = provider.token_of({{"sub", "ada"}});
  for (const size_t at : {size_t{20}, size_t{60}}) {
    EXPECT_FALSE(is_good(damaged(token, at), provider.keys.at(0).as_object())) << at;
    EXPECT_FALSE(is_good(damaged(kEdToken, 20), ed_key()));
    EXPECT_FALSE(is_good(damaged(kRsaToken, at), rsa_key())) << at;
  }
  const std::string rsa = kRsaToken;
  std::string other = rsa;
  other.replace(other.find('.') + 1, 18, part_of({{"sub", "eve"}}));
  EXPECT_FALSE(is_good(other, rsa_key()));
  EXPECT_FALSE(is_good(rsa.substr(0, rsa.rfind('.') + 1), rsa_key()));
}

TEST(ProviderKeys, RefuseAnotherKeysSignature) {
  FixtureProvider provider;
  const std::string token = provider.token_of({{"sub", "ada"}});
  provider.add_key("key-2");
  boost::json::object other = provider.keys.at(1).as_object();
  other["kid"] = "key-1";
  EXPECT_FALSE(is_good(token, other));
}

TEST(ProviderKeys, AreFoundByTheirId) {
  const SignedToken token = parse_signed_token(kEdToken);
  EXPECT_EQ(key_of_token(keys_of({ed_key("x")}), token), nullptr);
  EXPECT_EQ(key_of_token(keys_of({rsa_key("e")}), token), nullptr);
  const std::vector<ProviderKey> keys = keys_of({ed_key("x"), ed_key("e"), rsa_key("e")});
  EXPECT_EQ(key_of_token(keys, token), &keys[1]);
  EXPECT_EQ(key_of_token(keys_of({ed_key("e"), ed_key("e")}), token), nullptr);
}

TEST(ProviderKeys, AreFoundWithoutAnIdIfThereIsOneAlone) {
  SignedToken token = parse_signed_token(kEdToken);
  token.key_id = "";
  const std::vector<ProviderKey> keys = keys_of({rsa_key(), ed_key()});
  EXPECT_EQ(key_of_token(keys, token), &keys[1]);
  EXPECT_EQ(key_of_token(keys_of({ed_key("a"), ed_key("b")}), token), nullptr);
}

TEST(ProviderKeys, LeaveOutWhatIsNotForSignatures) {
  EXPECT_THAT(with(rsa_key(), "use", "sig"), SizeIs(1));
  EXPECT_THAT(with(rsa_key(), "use", "enc"), IsEmpty());
  EXPECT_THAT(with(rsa_key(), "alg", "RS256"), SizeIs(1));
  EXPECT_THAT(with(rsa_key(), "alg", "RS512"), IsEmpty());
  EXPECT_THAT(with(rsa_key(), "alg", "ES256"), IsEmpty());
  EXPECT_THAT(with(rsa_key(), "key_ops", boost::json::array{"verify"}), SizeIs(1));
  EXPECT_THAT(with(rsa_key(), "key_ops", boost::json::array{"encrypt"}), IsEmpty());
  EXPECT_THAT(with(rsa_key(), "kty", "oct"), IsEmpty());
  EXPECT_THAT(with(ed_key(), "crv", "X25519"), IsEmpty());
}

TEST(ProviderKeys, LeaveOutWhatIsWeakOrBroken) {
  EXPECT_THAT(with(rsa_key(), "n", number_of(255, 'n')), IsEmpty());
  EXPECT_THAT(with(rsa_key(), "n", number_of(1025, 'n')), IsEmpty());
  EXPECT_THAT(with(rsa_key(), "n", number_of(256, '\0')), IsEmpty());
  EXPECT_THAT(with(rsa_key(), "e", number_of(9, 'e')), IsEmpty());
  EXPECT_THAT(with(rsa_key(), "e", 3), IsEmpty());
  EXPECT_THAT(with(ed_key(), "x", number_of(31, 'x')), IsEmpty());
  EXPECT_THAT(with(ed_key(), "x", "not base64!"), IsEmpty());
  EXPECT_THAT(keys_of({1, "x", nullptr, ed_key()}), SizeIs(1));
}

TEST(ProviderKeys, AreAtMostSixtyFour) {
  boost::json::array keys(kProviderKeysMax, ed_key());
  EXPECT_THAT(keys_of(keys), SizeIs(kProviderKeysMax));
  keys.push_back(ed_key());
  EXPECT_THROW(keys_of(keys), TokenError);
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})"}) {
    EXPECT_THROW(parse_key_set(text), TokenError) << text;
  }
}

}  // namespace
}  // namespace otter::server
