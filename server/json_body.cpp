#include "server/json_body.h"

#include <algorithm>
#include <cctype>

#include "ota/wire/version.h"
#include "server/problem.h"

namespace otter::server {
namespace {

constexpr size_t kDepthMax = 16;
constexpr size_t kIdentifierSizeMax = 64;

[[noreturn]] void refuse(const char* field, const std::string& reason) {
  throw HttpError(Problem::invalid_field, "\"" + std::string(field) + "\" " + reason);
}

const boost::json::value* find(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool is_json(const std::string& content_type) {
  std::string type = content_type.substr(0, content_type.find(';'));
  type.erase(type.find_last_not_of(" \t") + 1);
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<uint8_t>(c))); });
  return type == "application/json";
}

}  // namespace

boost::json::object parse_json_body(const Request& request) {
  const std::string* type = request.header("Content-Type");
  if (type == nullptr || !is_json(*type)) {
    throw HttpError(Problem::unsupported_media_type, "send Content-Type: application/json");
  }
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(request.body, error, {}, options);
  if (error) throw HttpError(Problem::bad_json, "the body is not JSON: " + error.message());
  if (!value.is_object()) {
    throw HttpError(Problem::invalid_field, "the body must be a JSON object");
  }
  return std::move(value.as_object());
}

bool states(const boost::json::object& object, const char* name) {
  return find(object, name) != nullptr;
}

std::string string_field_or_empty(const boost::json::object& object, const char* name,
                                  size_t size_max) {
  const boost::json::value* value = find(object, name);
  if (value == nullptr) return "";
  if (!value->is_string()) refuse(name, "must be a string");
  if (value->as_string().size() > size_max) {
    refuse(name, "must have at most " + std::to_string(size_max) + " characters");
  }
  return std::string(value->as_string());
}

std::string string_field(const boost::json::object& object, const char* name, size_t size_max) {
  if (find(object, name) == nullptr) refuse(name, "is missing");
  return string_field_or_empty(object, name, size_max);
}

std::optional<int64_t> integer_field(const boost::json::object& object, const char* name,
                                     int64_t maximum) {
  const boost::json::value* value = find(object, name);
  if (value == nullptr) return std::nullopt;
  const bool fits = value->is_int64() && value->as_int64() >= 0 && value->as_int64() <= maximum;
  if (!fits) refuse(name, "must be a whole number from 0 to " + std::to_string(maximum));
  return value->as_int64();
}

bool flag_field(const boost::json::object& object, const char* name) {
  const boost::json::value* value = find(object, name);
  if (value == nullptr) return false;
  if (!value->is_bool()) refuse(name, "must be true or false");
  return value->as_bool();
}

std::optional<Digest> digest_field(const boost::json::object& object, const char* name) {
  const std::string text = string_field_or_empty(object, name, kDigestHexSize);
  if (text.empty()) return std::nullopt;
  const Result<Digest> digest = digest_from_hex(text);
  if (!digest.ok()) refuse(name, "must be a SHA-256 in 64 hexadecimal digits");
  return digest.value;
}

const boost::json::object& object_field(const boost::json::object& object, const char* name) {
  const boost::json::value* value = find(object, name);
  if (value == nullptr) refuse(name, "is missing");
  if (!value->is_object()) refuse(name, "must be an object");
  return value->as_object();
}

std::string identifier_field(const boost::json::object& object, const char* name) {
  std::string text = string_field(object, name, kIdentifierSizeMax);
  if (!is_identifier(text)) {
    refuse(name, "must be 1 to 64 characters of A-Z a-z 0-9 . - _ :, and neither . nor ..");
  }
  return text;
}

boost::json::value text_or_null(const std::string& text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

Response json_response(unsigned status, const boost::json::object& document) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  response.body = boost::json::serialize(document) + "\n";
  return response;
}

}  // namespace otter::server
