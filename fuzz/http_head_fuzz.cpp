// Headers of an HTTP answer, a line each. Whatever they say, the texts end within their buffers,
// and numbers are what the digits say or not given.
#include "fuzz/require.h"
#include "ota/http_head.h"

namespace {

using namespace otter;

// The front of `rest` up to `end`, which is taken off as well.
Text take_until(char end, Text* rest) {
  size_t size = 0;
  while (size < rest->size && rest->data[size] != end) ++size;
  const Text part = rest->part(0, size);
  *rest = rest->part(size + 1);
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  HttpResponse response;
  for (Text rest = as_text(Bytes(data, size)); !rest.empty();) {
    Text line = take_until('\n', &rest);
    const Text name = take_until(':', &line);
    take_header(name, line, &response);
  }
  require(strlen(response.etag) <= kEtagSizeMax, "an ETag that ends");
  require(strlen(response.location) <= kLocationSizeMax, "a place that ends");
  return 0;
}
