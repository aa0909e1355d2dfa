// The X-Otter-Device header on any text. What is read and written again reads the same, and stays
// the same when written once more.
#include <string>

#include "fuzz/require.h"
#include "ota/wire/device_facts.h"

namespace otter {
namespace {

std::string written(const DeviceFacts& facts) {
  std::vector<uint8_t> buffer(kDeviceFactsSizeMax);
  Appender out(buffer);
  write_device_facts(facts, out);
  require(!out.failed(), "any facts fit the header's limit");
  const Text text = as_text(out.written());
  return std::string(text.data, text.size);
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const Text header = as_text(Bytes(data, size));
  const Result<DeviceFacts> facts = parse_device_facts(header);
  if (!facts.ok()) return 0;
  require(is_within(facts.value.id, header), "what is read lies within the header");
  const std::string once = written(facts.value);
  const Result<DeviceFacts> again = parse_device_facts(once);
  require(again.ok(), "what is written is accepted");
  require(written(again.value) == once, "writing it again changes nothing");
  return 0;
}
