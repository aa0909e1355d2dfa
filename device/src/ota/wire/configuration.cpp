#include "ota/wire/configuration.h"

#include "ota/wire/json_fields.h"

namespace otter {

Result<ConfigurationDocument> parse_configuration(Text text) {
  JsonLimits limits;
  limits.size_max = kConfigurationSizeMax;
  OTTER_TRY_SET(const Json body, Json::parse(text, limits));
  JsonFields fields(body);
  ConfigurationDocument document;
  document.version = fields.number("version", 1, UINT32_MAX);
  document.values = fields.value("values");
  fields.expect(document.values.type() == JsonType::object, Error::wrong_type);
  OTTER_TRY(fields.error());
  return document;
}

}  // namespace otter
