// Patches that were made and are worth it (docs/spec/patch.md): files by content as in blobs.h, in
// a folder of their own, since each can be made again: neither in the database nor in a backup.
// What they are for is read from their own headers. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/blobs.h"

namespace otter::server {

struct StoredPatch {
  Digest sha256;         // of the whole file
  Digest base_sha256;    // zeros: it needs none, the image is only compressed
  Digest result_sha256;  // of the image that comes of it
  uint32_t size_bytes = 0;
  uint32_t result_size_bytes = 0;
  uint32_t memory_bytes = 0;  // that its decoder needs
};

class PatchShelf {
 public:
  // Makes the folder if it is not there, and reads what is in it; what is no patch goes.
  //
  // Errors: StoreError
  explicit PatchShelf(const std::string& folder);

  // REQUIRES: it is a patch
  // Errors:   StoreError
  StoredPatch add(Bytes patch, Crypto& crypto);

  // From that base (zeros: from none) to that image, for a decoder with that memory: the smallest.
  std::optional<StoredPatch> find(const Digest& base_sha256, const Digest& result_sha256,
                                  uint32_t memory_bytes) const;
  std::optional<StoredPatch> named(const Digest& sha256) const;
  // To that image, the smallest first.
  std::vector<StoredPatch> to(const Digest& result_sha256) const;
  std::string path(const Digest& sha256) const { return files_.path(sha256); }
  // [bytes] of all files.
  uint64_t size_bytes() const;
  // Removes the oldest while there are more than that [bytes].
  void keep_to(uint64_t size_bytes_max);

 private:
  using Key = std::string;  // a digest's bytes
  static Key key_of(const Digest& digest);
  void read_folder();
  bool read_file(const std::string& path, const std::string& name);
  void put(const StoredPatch& patch);

  std::string folder_;
  Blobs files_;
  mutable std::mutex lock_;
  std::map<Key, StoredPatch> by_name_;
  std::multimap<Key, Key> by_result_;  // to names
};

}  // namespace otter::server
