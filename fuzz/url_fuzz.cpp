// URLs of mirrors and redirects. What is accepted is two views into the text, each good by itself.
#include <string>

#include "fuzz/require.h"
#include "ota/wire/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const Text text = as_text(Bytes(data, size));
  const Result<UrlParts> url = split_url(text);
  if (is_origin(text)) require(url.ok(), "an origin is a URL");
  if (!url.ok()) return 0;
  const UrlParts& parts = url.value;
  require(is_origin(parts.origin), "its origin is one");
  require(is_target(parts.target), "its target is one");
  require(is_within(parts.origin, text), "the origin lies within the text");
  const bool has_target = parts.origin.size < text.size;
  require(!has_target || is_within(parts.target, text), "so does the target");
  require(parts.origin.size + (has_target ? parts.target.size : 0) == text.size, "nothing is lost");
  const std::string joined = std::string(parts.origin.data, parts.origin.size) +
                             std::string(parts.target.data, parts.target.size);
  require(split_url(joined).ok(), "joined again they are a URL");
  return 0;
}
