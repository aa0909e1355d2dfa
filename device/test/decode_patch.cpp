// Decodes one patch, for device/test/patch_builds_test.py, which builds it by several compilers:
//
//   decode_patch BASE PATCH     the result goes to standard output; exit code 1: refused
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "ota/patch/patch_decoder.h"
#include "publish/host_crypto.h"
#include "publish/memory_patch_source.h"

namespace otter {
namespace {

std::vector<uint8_t> read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Error decode(const std::vector<uint8_t>& base, const std::vector<uint8_t>& patch,
             std::vector<uint8_t>& result) {
  const Result<PatchHeader> header = parse_patch_header(patch);
  if (!header.ok()) return header.error;
  std::vector<uint64_t> memory(header.value.memory_size / sizeof(uint64_t));
  MemoryPatchSource source(base);
  HostCrypto crypto;
  PatchDecoder decoder;
  OTTER_TRY(decoder.begin(
      header.value, source, crypto,
      MutableBytes(reinterpret_cast<uint8_t*>(memory.data()), header.value.memory_size)));
  Bytes payload = Bytes(patch).part(kPatchHeaderSize);
  uint8_t piece[777];
  while (!decoder.is_complete()) {
    payload = payload.part(decoder.feed(payload));
    if (decoder.needs_payload() && payload.size == 0) return Error::truncated;
    size_t size = 0;
    OTTER_TRY_SET(size, decoder.decode(piece));
    result.insert(result.end(), piece, piece + size);
    source.result = Bytes(result);
  }
  return Error::ok;
}

}  // namespace
}  // namespace otter

int main(int count, char** arguments) {
  using namespace otter;
  if (count != 3) return 2;
  std::vector<uint8_t> result;
  if (decode(read_file(arguments[1]), read_file(arguments[2]), result) != Error::ok) return 1;
  return fwrite(result.data(), 1, result.size(), stdout) == result.size() ? 0 : 2;
}
