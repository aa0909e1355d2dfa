#include "server/access.h"

#include <algorithm>
#include <string_view>

#include "ota/wire/version.h"
#include "server/problem.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr size_t kKeySizeMax = 256;
constexpr int64_t kUseGrainS = 60;  // [s]

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
  if (!caller.device.has_value()) refuse_key();
  if (caller.device->standing != Standing::enrolled) {
    if (caller.device->standing == Standing::revoked) {
      call.backend.log.warning("Revoked device refused",
                               {{"device", id}, {"remote", call.request.remote}});
    }
    refuse_key();
  }
  std::optional<Product> product = call.backend.lookups.product(caller.device->product);
  if (!product.has_value()) refuse_key();
  caller.product = std::move(*product);
  return caller;
}

// The search is over hashes: how long it takes tells nothing of a key.
Caller product_caller(const Call& call, const std::string& key) {
  const Digest hash = hash_secret(call.crypto, key);
  std::optional<Product> product = call.backend.lookups.product_of_key(hash);
  if (!product.has_value()) refuse_key();
  call.backend.key_uses.note(hash, call.now_s);
  Caller caller;
  caller.product = std::move(*product);
  return caller;
}

bool is_named(const std::string& header, std::string_view lower_case) {
  return header.size() == lower_case.size() && starts_with_any_case(header, lower_case);
}

// Browsers send cookies also with what another site's page asks for.
void require_csrf_token(const Call& call) {
  if (call.request.method == "GET" || call.request.method == "HEAD") return;
  const std::string* sent = call.request.header(kCsrfHeader);
  const std::string expected = csrf_token_of(call.crypto, cookie_of(call.request, kSessionCookie));
  if (sent != nullptr && equal_constant_time(as_bytes(*sent), as_bytes(expected))) return;
  throw HttpError(Problem::forbidden,
                  std::string("send the session's CSRF token as ") + kCsrfHeader);
}

// The product that a path is about; none's: no name has no characters.
std::string product_in(const Call& call, Scope scope) {
  if (scope == Scope::server) return "";
  const std::string& name = call.target.segments.at(3);
  if (scope == Scope::product) return name;
  const std::optional<Device> device = call.backend.store.device(name);
  return device.has_value() ? device->product : "";
}

// Nobody, if the token has expired.
std::optional<Operator> acting_for(const Backend& backend, Token token) {
  const int64_t now_s = backend.now_s();
  if (token.expires_s != 0 && now_s >= token.expires_s) return std::nullopt;
  const int64_t idle_s = backend.settings.session_idle_s;
  if (token.kind == TokenKind::session && now_s - token.used_s >= idle_s) return std::nullopt;
  const std::optional<Account> owner = account(backend.store, token.account);
  if (!owner.has_value()) return std::nullopt;
  Operator who;
  who.account = owner->name;
  who.role = std::min(owner->role, token.role);
  who.product = token.product;
  who.token = std::move(token);
  return who;
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

std::optional<Operator> operator_of(const Request& request, const Backend& backend,
                                    Crypto& crypto) {
  const std::optional<std::string> bearer = bearer_token(request);
  const TokenKind kind = bearer.has_value() ? TokenKind::token : TokenKind::session;
  const std::string secret = bearer.has_value() ? *bearer : cookie_of(request, kSessionCookie);
  if (secret.empty()) return std::nullopt;
  std::optional<Token> found = token(backend.store, hash_secret(crypto, secret));
  if (!found.has_value() || found->kind != kind) return std::nullopt;
  return acting_for(backend, std::move(*found));
}

Operator require_right(const Call& call, Right right) {
  std::optional<Operator> who = operator_of(call.request, call.backend, call.crypto);
  if (!who.has_value()) refuse_token();
  if (who->token.kind == TokenKind::session) require_csrf_token(call);
  if (!allows(who->role, right)) {
    throw HttpError(Problem::forbidden, "this takes a higher role than " +
                                            std::string(name(who->role)) + ", which " +
                                            who->account + " has here");
  }
  return std::move(*who);
}

void note_use(const Call& call) {
  Token used = call.who.token;
  if (call.now_s >= used.used_s && call.now_s - used.used_s < kUseGrainS) return;
  used.used_s = call.now_s;
  Store& store = call.backend.store;
  try {
    store.atomically([&] {
      // It may have been revoked meanwhile, by this request or by another.
      if (token(store, used.hash).has_value()) store.put_token(used);
    });
  } catch (const StoreError& error) {
    call.backend.log.error("Can't save when a token was used", {{"detail", error.what()}});
  }
}

void keep_to_product(const Call& call, Scope scope, Target& target) {
  const std::string& only = call.who.product;
  if (only.empty() || scope == Scope::body || scope == Scope::content) return;
  if (scope == Scope::list) {
    require_product(call, target.query.emplace("product", only).first->second);
  } else {
    require_product(call, product_in(call, scope));
  }
}

void require_product(const Call& call, const std::string& product) {
  const std::string& only = call.who.product;
  if (only.empty() || only == product) return;
  throw HttpError(Problem::forbidden, "the token is good for the product " + only + " alone");
}

std::string csrf_token_of(Crypto& crypto, const std::string& secret) {
  return to_hex(hash_secret(crypto, "otter csrf token of " + secret)).characters;
}

// RFC 6265 section 4.2.1: "a=1; b=2".
std::string cookie_of(const Request& request, const char* name) {
  const std::string wanted = std::string(name) + "=";
  for (const auto& [header, value] : request.headers) {
    if (!is_named(header, "cookie")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::string_view pair = rest.substr(0, rest.find("; "));
      rest.remove_prefix(std::min(rest.size(), pair.size() + 2));
      if (!pair.starts_with(wanted)) continue;
      const std::string_view secret = pair.substr(wanted.size());
      return secret.size() > kKeySizeMax ? "" : std::string(secret);
    }
  }
  return "";
}

Digest device_key_of(const Call& call, const std::string& device_id, const MasterKey& master) {
  return require(derive_device_key(call.crypto, master.secret, device_id, master.epoch),
                 "can't derive a device's key");
}

}  // namespace otter::server
