// When products' shared keys were in use last, which tells whether one can be revoked: in memory,
// and saved now and then. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>

#include "server/product_key_store.h"

namespace otter::server {

class KeyUses {
 public:
  static constexpr int64_t kGrain = 60;  // [s]

  // REQUIRES: it is a key's that there is: nothing else bounds how many are remembered
  void note(const Digest& hash, int64_t now_s);
  // Saves what was noted since, of each key at most once in kGrain.
  //
  // Errors: StoreError
  void flush(ProductKeyStore& store);

 private:
  struct Use {
    int64_t last_s = 0;
    int64_t saved_s = 0;
  };

  std::mutex lock_;
  std::map<std::array<uint8_t, kDigestSize>, Use> uses_;
};

}  // namespace otter::server
