#include "server/signed_token.h"

#include <algorithm>
#include <array>

#include "ota/wire/digest.h"

namespace otter::server {
namespace {

namespace json = boost::json;

constexpr size_t kHeaderSizeMax = 4096;  // [characters]
constexpr size_t kKeyIdSizeMax = 256;    // [characters]

std::array<std::string_view, 3> parts_of(std::string_view text) {
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
    throw TokenError("the token has not three parts");
  }
  return {text.substr(0, first), text.substr(first + 1, second - first - 1),
          text.substr(second + 1)};
}

std::string decoded(std::string_view part, const char* what) {
  std::optional<std::string> bytes = base64url_decoded(part);
  if (!bytes.has_value())
    throw TokenError(std::string("the token's ") + what + " is not base64url");
  return std::move(*bytes);
}

json::object object_of(std::string_view part, const char* what) {
  boost::system::error_code error;
  json::value value = json::parse(decoded(part, what), error);
  if (error || !value.is_object()) {
    throw TokenError(std::string("the token's ") + what + " is not a JSON object");
  }
  return std::move(value.as_object());
}

// A member of the header that is text; empty if it is missing.
std::string header_text(const json::object& header, const char* name) {
  const json::value* value = header.if_contains(name);
  if (value == nullptr) return "";
  const json::string* text = value->if_string();
  if (text == nullptr || text->size() > kKeyIdSizeMax) {
    throw TokenError(std::string("the token's header has a wrong \"") + name + "\"");
  }
  return {text->data(), text->size()};
}

}  // namespace

std::optional<TokenAlgorithm> token_algorithm_of_name(std::string_view name) {
  if (name == "RS256") return TokenAlgorithm::rs256;
  if (name == "ES256") return TokenAlgorithm::es256;
  if (name == "EdDSA") return TokenAlgorithm::eddsa;
  return std::nullopt;
}

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? "" : std::string(text->data(), text->size());
}

bool lists_text(const json::object& object, std::string_view name, std::string_view text) {
  const json::value* value = object.if_contains(name);
  const json::array* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr) return false;
  return std::any_of(list->begin(), list->end(), [&](const json::value& item) {
    const json::string* one = item.if_string();
    return one != nullptr && std::string_view(one->data(), one->size()) == text;
  });
}

std::optional<std::string> base64url_decoded(std::string_view text) {
  std::string padded(text);
  for (char& c : padded) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  padded.append((4 - padded.size() % 4) % 4, '=');
  std::string bytes(padded.size() / 4 * 3, '\0');
  const Result<size_t> size =
      base64_decode({padded.data(), padded.size()},
                    MutableBytes(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()));
  if (!size.ok()) return std::nullopt;
  bytes.resize(size.value);
  return bytes;
}

SignedToken parse_signed_token(std::string_view text) {
  if (text.size() > kTokenSizeMax) throw TokenError("the token is too large");
  const auto [head, claims, signature] = parts_of(text);
  if (head.size() > kHeaderSizeMax) throw TokenError("the token's header is too large");
  const json::object header = object_of(head, "header");
  const std::optional<TokenAlgorithm> algorithm =
      token_algorithm_of_name(header_text(header, "alg"));
  if (!algorithm.has_value()) {
    throw TokenError("the token is not signed by RS256, ES256 or EdDSA");
  }
  // RFC 7515 section 4.1.11: what it names must be understood, and nothing is.
  if (header.contains("crit")) throw TokenError("the token's header has \"crit\"");
  SignedToken token;
  token.algorithm = *algorithm;
  token.key_id = header_text(header, "kid");
  token.signed_text = text.substr(0, head.size() + 1 + claims.size());
  token.signature = decoded(signature, "signature");
  token.claims = object_of(claims, "claims");
  return token;
}

}  // namespace otter::server
