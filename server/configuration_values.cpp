#include "server/configuration_values.h"

#include <boost/json.hpp>

namespace otter::server {
namespace {

// RFC 7396 section 2. As deep as the patch, which is at most what docs/spec/json.md lets pass.
void apply(const boost::json::value& patch, boost::json::value& target) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target.emplace_object();
  for (const auto& [key, value] : patch.get_object()) {
    if (value.is_null()) {
      target.get_object().erase(key);
    } else {
      apply(value, target.get_object()[key]);
    }
  }
}

}  // namespace

std::string merged_values(const std::string& values, std::span<const std::string> patches) {
  boost::json::value merged = boost::json::parse(values);
  for (const std::string& patch : patches) apply(boost::json::parse(patch), merged);
  return boost::json::serialize(merged);
}

Result<std::string> configuration_document(uint32_t version, const std::string& values,
                                           const std::string& salt) {
  std::string document = "{\"version\":" + std::to_string(version);
  if (!salt.empty()) document += ",\"salt\":\"" + salt + "\"";
  document += ",\"values\":" + values + "}";
  const Error error = parse_configuration(document).error;
  if (error != Error::ok) return error;
  return document;
}

std::string values_of(const std::string& document) {
  const Text text = parse_configuration(document).value.values.text();
  return {text.data, text.size};
}

}  // namespace otter::server
