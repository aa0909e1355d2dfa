#include "server/patch_shelf.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "publish/patch_maker.h"
#include "server/secrets.h"
#include "server/store.h"

namespace otter::server {
namespace {

namespace fs = std::filesystem;

StoredPatch patch_of(const PatchHeader& header, const Digest& sha256) {
  StoredPatch patch;
  patch.sha256 = sha256;
  patch.base_sha256 = header.base_sha256;
  patch.result_sha256 = header.result_sha256;
  patch.size_bytes = static_cast<uint32_t>(kPatchHeaderSize) + header.payload_size;
  patch.result_size_bytes = header.result_size;
  patch.memory_bytes = header.memory_size;
  return patch;
}

}  // namespace

PatchShelf::PatchShelf(const std::string& folder) : folder_(folder), files_(folder) {
  try {
    read_folder();
  } catch (const fs::filesystem_error& error) {
    throw StoreError("can't read " + folder + ": " + error.code().message());
  }
}

PatchShelf::Key PatchShelf::key_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes), kDigestSize};
}

void PatchShelf::read_folder() {
  for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
    if (!entry.is_regular_file()) continue;
    const fs::path& path = entry.path();
    if (!read_file(path.string(), path.filename().string())) fs::remove(path);
  }
}

bool PatchShelf::read_file(const std::string& path, const std::string& name) {
  const Result<Digest> sha256 = digest_from_hex(Text(name));
  std::vector<uint8_t> head(kPatchHeaderSize);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
  const Result<PatchHeader> header = parse_patch_header(head);
  if (!sha256.ok() || !file || !header.ok()) return false;
  const StoredPatch patch = patch_of(header.value, sha256.value);
  if (files_.size(sha256.value) != std::optional<uint64_t>(patch.size_bytes)) return false;
  put(patch);
  return true;
}

void PatchShelf::put(const StoredPatch& patch) {
  const Key key = key_of(patch.sha256);
  if (!by_name_.emplace(key, patch).second) return;
  by_result_.emplace(key_of(patch.result_sha256), key);
}

StoredPatch PatchShelf::add(Bytes bytes, Crypto& crypto) {
  const PatchHeader header = require(parse_patch_header(bytes), "a patch's header");
  const StoredPatch patch = patch_of(header, require(sha256(crypto, bytes), "can't hash a patch"));
  files_.put(patch.sha256, bytes, crypto);
  const std::lock_guard guard(lock_);
  put(patch);
  return patch;
}

std::vector<StoredPatch> PatchShelf::to(const Digest& result_sha256) const {
  const std::lock_guard guard(lock_);
  std::vector<StoredPatch> found;
  const auto [begin, end] = by_result_.equal_range(key_of(result_sha256));
  for (auto it = begin; it != end; ++it) found.push_back(by_name_.at(it->second));
  std::ranges::sort(found, {}, &StoredPatch::size_bytes);
  return found;
}

std::optional<StoredPatch> PatchShelf::find(const Digest& base_sha256, const Digest& result_sha256,
                                            uint32_t memory_bytes) const {
  for (const StoredPatch& patch : to(result_sha256)) {
    if (patch.base_sha256 == base_sha256 && patch.memory_bytes <= memory_bytes) return patch;
  }
  return std::nullopt;
}

std::optional<StoredPatch> PatchShelf::named(const Digest& sha256) const {
  const std::lock_guard guard(lock_);
  const auto found = by_name_.find(key_of(sha256));
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

uint64_t PatchShelf::size_bytes() const {
  const std::lock_guard guard(lock_);
  uint64_t size = 0;
  for (const auto& [key, patch] : by_name_) size += patch.size_bytes;
  return size;
}

void PatchShelf::keep_to(uint64_t size_bytes_max) {
  uint64_t size = size_bytes();
  if (size <= size_bytes_max) return;
  const std::lock_guard guard(lock_);
  std::multimap<fs::file_time_type, Key> by_age;
  for (const auto& [key, patch] : by_name_) {
    std::error_code error;  // a file that is gone counts as the oldest
    by_age.emplace(fs::last_write_time(path(patch.sha256), error), key);
  }
  for (const auto& [time, key] : by_age) {
    if (size <= size_bytes_max) return;
    const StoredPatch patch = by_name_.at(key);
    std::error_code error;
    fs::remove(path(patch.sha256), error);
    size -= patch.size_bytes;
    by_name_.erase(key);
    std::erase_if(by_result_, [&](const auto& entry) { return entry.second == key; });
  }
}

}  // namespace otter::server
