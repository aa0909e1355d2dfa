// Reads files through, piece by piece, for those who copy or judge them. Any thread.
#pragma once

#include <functional>
#include <string>

#include "ota/wire/crypto.h"

namespace otter::server {

struct FileFacts {
  uint64_t size_bytes = 0;
  Digest sha256;
};

// Reads the file to its end; shows each piece to `use`, if there is one.
//
// Errors: std::runtime_error (it can't be read; no memory); what `use` throws
FileFacts read_through(const std::string& path, const std::function<void(Bytes)>& use = {});

// Of bytes in memory. Errors: std::runtime_error (no memory)
FileFacts facts_of(Bytes bytes);

enum class BlobState : uint8_t { good, missing, damaged };
// Is the file at `path` what a blob of this SHA-256 must be?
//
// Errors: std::runtime_error (it is there and can't be read: who may not, can't say that it is
//         damaged; no memory)
BlobState check_blob(const std::string& path, const Digest& sha256);

}  // namespace otter::server
