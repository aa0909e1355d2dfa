#include "server/id_token.h"

#include <algorithm>

#include "ota/wire/digest.h"
#include "ota/wire/version.h"

namespace otter::server {
namespace {

namespace json = boost::json;

constexpr int64_t kTimeMax = 253'402'300'800;  // [s] the year 10000
constexpr size_t kNameSizeMax = 48;            // leaves room for what tells two of them apart

// RFC 7519 section 2: a NumericDate may have a fraction.
int64_t time_claim(const json::object& claims, const char* name) {
  const json::value* value = claims.if_contains(name);
  const bool is_number = value != nullptr && value->is_number();
  const double time_s = is_number ? value->to_number<double>() : -1;
  if (time_s < 0 || time_s > static_cast<double>(kTimeMax)) {
    throw TokenError(std::string("the token has no good \"") + name + "\"");
  }
  return static_cast<int64_t>(time_s);
}

void check_times(const json::object& claims, int64_t now_s) {
  if (now_s >= time_claim(claims, "exp") + kTokenClockTolerance) {
    throw TokenError("the token has expired: \"exp\"");
  }
  if (time_claim(claims, "iat") > now_s + kTokenClockTolerance) {
    throw TokenError("the token is of the future: \"iat\"");
  }
  if (claims.contains("nbf") && time_claim(claims, "nbf") > now_s + kTokenClockTolerance) {
    throw TokenError("the token is not good yet: \"nbf\"");
  }
}

// For several audiences, "azp" must say that this one has asked for it.
void check_audience(const json::object& claims, const std::string& client_id) {
  const json::value* audience = claims.if_contains("aud");
  const json::array* several = audience == nullptr ? nullptr : audience->if_array();
  const bool is_ours =
      text_member(claims, "aud") == client_id || lists_text(claims, "aud", client_id);
  if (!is_ours) throw TokenError("the token is for another client: \"aud\"");
  const bool needs_party = several != nullptr && several->size() > 1;
  if ((needs_party || claims.contains("azp")) && text_member(claims, "azp") != client_id) {
    throw TokenError("the token is for another client: \"azp\"");
  }
}

void check_claims(const json::object& claims, const ExpectedToken& expected) {
  if (text_member(claims, "iss") != expected.issuer) {
    throw TokenError("the token is another issuer's: \"iss\"");
  }
  check_audience(claims, expected.client_id);
  check_times(claims, expected.now_s);
  const std::string nonce = text_member(claims, "nonce");
  if (!equal_constant_time(as_bytes(nonce), as_bytes(expected.nonce))) {
    throw TokenError("the token is of another sign-in: \"nonce\"");
  }
  const std::string subject = text_member(claims, "sub");
  const bool is_plain = std::ranges::all_of(subject, [](char c) { return c >= ' ' && c <= '~'; });
  if (subject.empty() || subject.size() > kSubjectSizeMax || !is_plain) {
    throw TokenError("the token names nobody: \"sub\"");
  }
}

// A claim by its name, or by the names of members on the way to it with dots between; names may
// have dots themselves.
const json::value* find_claim(const json::object& claims, const std::string& path) {
  if (const json::value* whole = claims.if_contains(path)) return whole;
  const size_t dot = path.find('.');
  if (dot == std::string::npos) return nullptr;
  const json::value* inner = claims.if_contains(path.substr(0, dot));
  const json::object* object = inner == nullptr ? nullptr : inner->if_object();
  return object == nullptr ? nullptr : find_claim(*object, path.substr(dot + 1));
}

bool has_value(const json::value& claim, const std::vector<std::string>& values) {
  const auto is_one = [&](const json::value& value) {
    const json::string* text = value.if_string();
    return text != nullptr && std::ranges::any_of(values, [&](const std::string& wanted) {
             return std::string_view(text->data(), text->size()) == wanted;
           });
  };
  const json::array* list = claim.if_array();
  return list == nullptr ? is_one(claim) : std::any_of(list->begin(), list->end(), is_one);
}

bool is_unverified_address(const json::object& claims, const std::string& name) {
  if (name != "email") return false;
  const json::value* verified = claims.if_contains("email_verified");
  return verified == nullptr || *verified != json::value(true);
}

std::string as_name(const std::string& text) {
  std::string name;
  for (const char c : text.substr(0, kNameSizeMax)) {
    name += is_identifier({&c, 1}) || c == '.' ? c : '-';
  }
  return is_identifier({name.data(), name.size()}) ? name : "";
}

}  // namespace

json::object checked_claims(const SignedToken& token, const std::vector<ProviderKey>& keys,
                            const ExpectedToken& expected) {
  const ProviderKey* key = key_of_token(keys, token);
  if (key == nullptr) throw TokenError("the token is signed by no key of the provider's");
  if (!is_signed_by(token, *key)) throw TokenError("the token's signature is wrong");
  check_claims(token.claims, expected);
  return token.claims;
}

std::optional<Role> role_of_claims(const json::object& claims, const OpenIdSettings& settings) {
  const json::value* claim = find_claim(claims, settings.role_claim);
  if (claim == nullptr || is_unverified_address(claims, settings.role_claim)) return std::nullopt;
  if (has_value(*claim, settings.admin)) return Role::admin;
  if (has_value(*claim, settings.publisher)) return Role::publisher;
  if (has_value(*claim, settings.operator_)) return Role::operator_;
  if (has_value(*claim, settings.viewer)) return Role::viewer;
  return std::nullopt;
}

std::string account_name_of_claims(const json::object& claims, const OpenIdSettings& settings) {
  for (const std::string& claim : {settings.account_claim, std::string("email")}) {
    std::string name = as_name(text_member(claims, claim));
    if (!name.empty()) return name;
  }
  const std::string name = as_name(text_member(claims, "sub"));
  return name.empty() ? "person" : name;
}

}  // namespace otter::server
