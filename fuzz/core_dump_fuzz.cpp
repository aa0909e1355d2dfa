// A core dump on any bytes: whatever it says, what is read of it is printable and bounded.
#include "fuzz/require.h"
#include "publish/core_dump.h"

namespace {

bool is_printable(const std::string& text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7E) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const std::optional<CrashFacts> facts = read_core_dump(Bytes(data, size));
  if (!facts.has_value()) return 0;
  require(is_printable(facts->task) && facts->task.size() <= 16,
          "the task's name is short and printable");
  require(is_printable(facts->reason) && facts->reason.size() <= 256,
          "the reason is short and printable");
  require(is_printable(facts->app_elf_sha256) && facts->app_elf_sha256.size() <= 64,
          "the digest is short and printable");
  require(facts->tasks <= 4096, "the tasks are bounded");
  return 0;
}
