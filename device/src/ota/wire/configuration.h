// A configuration, as a server hands it out: docs/spec/configuration.md. Pure, any thread.
#pragma once

#include "ota/wire/json.h"

namespace otter {

constexpr size_t kConfigurationSizeMax = 3072;  // [bytes]

// Views into the document's bytes, which must outlive it.
struct ConfigurationDocument {
  uint32_t version = 0;
  Json values;  // an object; its members are the application's own
};

// Errors: those of Json::parse; missing_field, wrong_type, out_of_range
Result<ConfigurationDocument> parse_configuration(Text text);

}  // namespace otter
