// A configuration document. What is accepted has values that lie within it and can be walked
// through.
#include "fuzz/require.h"
#include "ota/wire/configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const Text text = as_text(Bytes(data, size));
  const Result<ConfigurationDocument> document = parse_configuration(text);
  if (!document.ok()) return 0;
  require(size <= kConfigurationSizeMax, "it fits where it is stored");
  require(document.value.version > 0, "it has a version");
  require(document.value.values.type() == JsonType::object, "its values are an object");
  for (JsonItems items(document.value.values); items.next();) {
    require(is_within(items.value().text(), text), "a value lies within the document");
  }
  return 0;
}
