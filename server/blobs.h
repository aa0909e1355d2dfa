// Files by content: blobs/ab/<sha256>. A name is made from a digest and from nothing else, so no
// request can name another file. Any thread.
//
// Power: a file is there whole or not at all: it is written under a temporary name, synced,
// renamed, and its folder synced.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ota/wire/crypto.h"

namespace otter::server {

enum class PutBlob : uint8_t { stored, already_there, hash_differs };

class Blobs {
 public:
  // Makes the folder if it is not there; removes what a power cut left half-written.
  //
  // Errors: StoreError (the folder can't be made or written)
  explicit Blobs(const std::string& folder);

  // Errors: StoreError
  PutBlob put(const Digest& sha256, Bytes bytes, Crypto& crypto);
  // The file's size [bytes]; none if it is not there.
  std::optional<uint64_t> size(const Digest& sha256) const;
  // All its bytes; none if it is not there. Errors: StoreError
  std::optional<std::vector<uint8_t>> read(const Digest& sha256) const;
  std::string path(const Digest& sha256) const;

 private:
  std::string folder_;
};

}  // namespace otter::server
