#include "server/key_uses.h"

#include <algorithm>

namespace otter::server {

void KeyUses::note(const Digest& hash, int64_t now_s) {
  std::array<uint8_t, kDigestSize> key{};
  std::copy_n(hash.bytes, kDigestSize, key.begin());
  const std::lock_guard<std::mutex> lock(lock_);
  Use& use = uses_[key];
  use.last_s = std::max(use.last_s, now_s);
}

void KeyUses::flush(ProductKeyStore& store) {
  std::vector<KeyUse> due;
  {
    const std::lock_guard<std::mutex> lock(lock_);
    for (auto& [key, use] : uses_) {
      if (use.last_s - use.saved_s < kGrain) continue;
      KeyUse& one = due.emplace_back();
      std::copy(key.begin(), key.end(), one.hash.bytes);
      one.used_s = use.last_s;
      use.saved_s = use.last_s;
    }
  }
  if (!due.empty()) store.note_key_uses(due);
}

}  // namespace otter::server
