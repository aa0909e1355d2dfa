#include "ota/wire/configuration.h"

namespace otter {

Result<ConfigurationDocument> parse_configuration(Text text) {
  JsonLimits limits;
  limits.size_max = kConfigurationSizeMax;
  OTTER_TRY_SET(const Json body, Json::parse(text, limits));
  OTTER_TRY_SET(const Json version_member, body.member("version"));
  OTTER_TRY_SET(const int64_t version, version_member.integer());
  if (version < 1 || version > UINT32_MAX) return Error::out_of_range;
  ConfigurationDocument document;
  document.version = static_cast<uint32_t>(version);
  OTTER_TRY_SET(document.values, body.member("values"));
  return document.values.type() == JsonType::object ? Result<ConfigurationDocument>(document)
                                                    : Error::wrong_type;
}

}  // namespace otter
