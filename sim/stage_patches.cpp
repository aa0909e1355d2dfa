#include "sim/stage_patches.h"

#include <map>
#include <mutex>
#include <tuple>

namespace otter::sim {
namespace {

using Image = std::vector<uint8_t>;

Image copy_of(Bytes bytes) { return {bytes.data, bytes.data + bytes.size}; }

}  // namespace

std::vector<uint8_t> stage_patch(Bytes base, Bytes result, uint32_t memory_size) {
  static std::mutex lock;
  static std::map<std::tuple<Image, Image, uint32_t>, Image> made;
  const std::lock_guard guard(lock);
  Image& patch = made[{copy_of(base), copy_of(result), memory_size}];
  if (!patch.empty()) return patch;
  PatchOptions options;
  options.memory_size = memory_size;
  options.tries = 1;
  patch = make_patch(base, result, options);
  return patch;
}

}  // namespace otter::sim
