#include "server/file_facts.h"

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "publish/file_descriptor.h"
#include "publish/host_crypto.h"

namespace otter::server {
namespace {

constexpr size_t kPieceSize = 256 * 1024;  // [bytes]

Digest finish(Crypto& crypto) {
  Digest digest;
  if (crypto.sha256_finish(HashLane::message, &digest) != Error::ok) {
    throw std::runtime_error("no memory to hash a file");
  }
  return digest;
}

}  // namespace

FileFacts read_through(const std::string& path, const std::function<void(Bytes)>& use) {
  FileDescriptor file(path, O_RDONLY);
  HostCrypto crypto;
  crypto.sha256_begin(HashLane::message);
  std::vector<uint8_t> piece(kPieceSize);
  FileFacts facts;
  while (const size_t size = file.read_some(piece)) {
    const Bytes bytes(piece.data(), size);
    crypto.sha256_update(HashLane::message, bytes);
    if (use) use(bytes);
    facts.size_bytes += size;
  }
  facts.sha256 = finish(crypto);
  return facts;
}

FileFacts facts_of(Bytes bytes) {
  HostCrypto crypto;
  crypto.sha256_begin(HashLane::message);
  crypto.sha256_update(HashLane::message, bytes);
  return {bytes.size, finish(crypto)};
}

BlobState check_blob(const std::string& path, const Digest& sha256) {
  if (!std::filesystem::exists(path)) return BlobState::missing;
  return read_through(path).sha256 == sha256 ? BlobState::good : BlobState::damaged;
}

}  // namespace otter::server
