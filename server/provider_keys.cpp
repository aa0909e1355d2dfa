#include "server/provider_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

#include "publish/host_crypto.h"

namespace otter::server {
namespace {

namespace json = boost::json;

constexpr size_t kRsaSizeMin = 256;        // [bytes] of a modulus
constexpr size_t kRsaSizeMax = 1024;       // [bytes]
constexpr size_t kRsaExponentSizeMax = 8;  // [bytes] a longer one costs time
constexpr size_t kPointSize = 32;          // [bytes] of a coordinate, and of an Ed25519 key

template <auto free_it>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free_it(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using ParametersPtr = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;

const uint8_t* data_of(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// Its bytes; empty if it is none.
std::string number_member(const json::object& object, const char* name) {
  return base64url_decoded(text_member(object, name)).value_or("");
}

// RFC 7517 sections 4.2 and 4.3.
bool is_for_signatures(const json::object& key) {
  if (key.contains("use") && text_member(key, "use") != "sig") return false;
  return !key.contains("key_ops") || lists_text(key, "key_ops", "verify");
}

bool is_whole(const ProviderKey& key) {
  switch (key.algorithm) {
    case TokenAlgorithm::rs256:
      return key.first.size() >= kRsaSizeMin && key.first.size() <= kRsaSizeMax &&
             key.first.front() != '\0' && !key.second.empty() &&
             key.second.size() <= kRsaExponentSizeMax;
    case TokenAlgorithm::es256:
      return key.first.size() == kPointSize && key.second.size() == kPointSize;
    case TokenAlgorithm::eddsa:
      return key.first.size() == kPointSize;
  }
  return false;
}

// RFC 7518 section 6, RFC 8037 section 2.
std::optional<ProviderKey> key_of(const json::object& object) {
  ProviderKey key;
  const std::string kind = text_member(object, "kty");
  const std::string curve = text_member(object, "crv");
  if (kind == "RSA") {
    key = {TokenAlgorithm::rs256, "", number_member(object, "n"), number_member(object, "e")};
  } else if (kind == "EC" && curve == "P-256") {
    key = {TokenAlgorithm::es256, "", number_member(object, "x"), number_member(object, "y")};
  } else if (kind == "OKP" && curve == "Ed25519") {
    key = {TokenAlgorithm::eddsa, "", number_member(object, "x"), ""};
  } else {
    return std::nullopt;
  }
  key.id = text_member(object, "kid");
  const bool is_others = object.contains("alg") &&
                         token_algorithm_of_name(text_member(object, "alg")) != key.algorithm;
  if (is_others || !is_for_signatures(object) || !is_whole(key)) return std::nullopt;
  return key;
}

KeyPtr rsa_key(const ProviderKey& key) {
  const NumberPtr modulus(
      BN_bin2bn(data_of(key.first), static_cast<int>(key.first.size()), nullptr));
  const NumberPtr exponent(
      BN_bin2bn(data_of(key.second), static_cast<int>(key.second.size()), nullptr));
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  if (!modulus || !exponent || !builder || !context ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  const ParametersPtr parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  EVP_PKEY* made = nullptr;
  if (!parameters || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return KeyPtr(made);
}

KeyPtr ed25519_key(const ProviderKey& key) {
  return KeyPtr(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data_of(key.first), key.first.size()));
}

// `hash` is null for Ed25519, which has its own.
bool verifies(const SignedToken& token, EVP_PKEY* key, const EVP_MD* hash) {
  const DigestContextPtr context(EVP_MD_CTX_new());
  return key != nullptr && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), data_of(token.signature), token.signature.size(),
                          data_of(token.signed_text), token.signed_text.size()) == 1;
}

bool verifies_p256(const SignedToken& token, const ProviderKey& key) {
  HostCrypto crypto;
  const std::string point = "\x04" + key.first + key.second;  // SEC 1, uncompressed
  const Result<Digest> digest = sha256(crypto, as_bytes(token.signed_text));
  return digest.ok() &&
         crypto.verify_p256(as_bytes(point), digest.value, as_bytes(token.signature));
}

}  // namespace

std::vector<ProviderKey> parse_key_set(std::string_view text) {
  boost::system::error_code error;
  const json::value document = json::parse(text, error);
  const json::object* object = error ? nullptr : document.if_object();
  const json::value* member = object == nullptr ? nullptr : object->if_contains("keys");
  const json::array* list = member == nullptr ? nullptr : member->if_array();
  if (list == nullptr) throw TokenError("the provider's keys are no JSON Web Key Set");
  if (list->size() > kProviderKeysMax) throw TokenError("the provider has too many keys");
  std::vector<ProviderKey> keys;
  for (const json::value& item : *list) {
    const json::object* one = item.if_object();
    const std::optional<ProviderKey> key = one == nullptr ? std::nullopt : key_of(*one);
    if (key.has_value()) keys.push_back(*key);
  }
  return keys;
}

const ProviderKey* key_of_token(const std::vector<ProviderKey>& keys, const SignedToken& token) {
  const ProviderKey* found = nullptr;
  for (const ProviderKey& key : keys) {
    if (key.algorithm != token.algorithm) continue;
    if (!token.key_id.empty() && key.id != token.key_id) continue;
    if (found != nullptr) return nullptr;  // it could be either's
    found = &key;
  }
  return found;
}

bool is_signed_by(const SignedToken& token, const ProviderKey& key) {
  switch (key.algorithm) {
    case TokenAlgorithm::rs256:
      return verifies(token, rsa_key(key).get(), EVP_sha256());
    case TokenAlgorithm::es256:
      return verifies_p256(token, key);
    case TokenAlgorithm::eddsa:
      return verifies(token, ed25519_key(key).get(), nullptr);
  }
  return false;
}

}  // namespace otter::server
