#include "server/access.h"

#include <algorithm>
#include <string_view>

#include "ota/wire/version.h"
#include "server/problem.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr size_t kKeySizeMax = 256;

[[noreturn]] void refuse_key() {
  throw HttpError(Problem::unauthorized, "send a valid key as X-API-Key",
                  {{"WWW-Authenticate", "ApiKey realm=\"otter\""}});
}

[[noreturn]] void refuse_token() {
  throw HttpError(Problem::unauthorized, "send a valid token as Authorization: Bearer",
                  {{"WWW-Authenticate", "Bearer realm=\"otter\""}});
}

// A scheme's name has no case: RFC 9110 section 11.1.
bool starts_with_any_case(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char want, char got) {
    return want == (got >= 'A' && got <= 'Z' ? static_cast<char>(got - 'A' + 'a') : got);
  });
}

Caller device_caller(const Call& call, const std::string& id, const std::string& secret) {
  Digest sent;
  if (!is_identifier(id) || hex_decode(secret, sent.bytes) != Error::ok) refuse_key();
  const std::optional<DeviceKeySet> keys =
      call.backend.device_keys.find(call.crypto, call.backend.masters.epochs(), id, sent);
  if (!keys.has_value()) refuse_key();
  Caller caller;
  caller.keys = *keys;
  caller.device = call.backend.lookups.device(id);
  if (!caller.device.has_value() || !caller.device->enrolled) refuse_key();
  std::optional<Product> product = call.backend.lookups.product(caller.device->product);
  if (!product.has_value()) refuse_key();
  caller.product = std::move(*product);
  return caller;
}

// The search is over hashes: how long it takes tells nothing of a key.
Caller product_caller(const Call& call, const std::string& key) {
  std::optional<Product> product =
      call.backend.lookups.product_of_key(hash_secret(call.crypto, key));
  if (!product.has_value()) refuse_key();
  Caller caller;
  caller.product = std::move(*product);
  return caller;
}

}  // namespace

Caller authenticate(const Call& call) {
  const std::string* key = call.request.header("X-API-Key");
  if (key == nullptr || key->empty() || key->size() > kKeySizeMax) refuse_key();
  const size_t dot = key->rfind('.');
  Caller caller = dot == std::string::npos
                      ? product_caller(call, *key)
                      : device_caller(call, key->substr(0, dot), key->substr(dot + 1));
  if (caller.device.has_value()) check_certificate(call.request, caller.device->id);
  call.backend.log.info("API key validated", {{"product", caller.product.name},
                                              {"device", caller.device_id()},
                                              {"remote", call.request.remote}});
  return caller;
}

void check_certificate(const Request& request, const std::string& device_id) {
  const std::vector<std::string>& names = request.certified;
  if (names.empty() || std::find(names.begin(), names.end(), device_id) != names.end()) return;
  throw HttpError(Problem::forbidden, "the certificate is another device's");
}

std::optional<std::string> bearer_token(const Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string* header = request.header("Authorization");
  if (header == nullptr || !starts_with_any_case(*header, kScheme)) return std::nullopt;
  const std::string token = header->substr(kScheme.size());
  if (token.empty() || token.size() > kKeySizeMax) return std::nullopt;
  return token;
}

bool has_right(const Request& request, Right, Store& store, Crypto& crypto) {
  const std::optional<std::string> token = bearer_token(request);
  return token.has_value() && store.has_admin_token(hash_secret(crypto, *token));
}

void require_right(const Call& call, Right right) {
  if (!has_right(call.request, right, call.backend.store, call.crypto)) refuse_token();
}

Digest device_key_of(const Call& call, const std::string& device_id, const MasterKey& master) {
  return require(derive_device_key(call.crypto, master.secret, device_id, master.epoch),
                 "can't derive a device's key");
}

}  // namespace otter::server
