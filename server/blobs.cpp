#include "server/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "server/store.h"

namespace otter::server {
namespace {

constexpr char kTemporaryPrefix[] = "new-";

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw StoreError("can't " + what + " " + path + ": " + std::strerror(errno));
}

// An open file or folder; closed when it goes out of scope.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : path_(path) {
    descriptor_ = open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor_ < 0) fail("open", path);
  }
  ~Descriptor() { close(descriptor_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void write_all(Bytes bytes) {
    size_t done = 0;
    while (done < bytes.size) {
      const ssize_t written = write(descriptor_, bytes.data + done, bytes.size - done);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("write", path_);
      done += static_cast<size_t>(written);
    }
  }
  void sync() {
    if (fsync(descriptor_) != 0) fail("sync", path_);
  }

 private:
  std::string path_;
  int descriptor_ = -1;
};

void ensure_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail("make the folder", path);
}

void sync_folder(const std::string& path) { Descriptor(path, O_RDONLY | O_DIRECTORY).sync(); }

// Different for each call of any process.
std::string temporary_name(const std::string& folder) {
  static std::atomic<uint64_t> count{0};
  return folder + "/" + kTemporaryPrefix + std::to_string(getpid()) + "-" + std::to_string(++count);
}

void write_file(const std::string& folder, const std::string& path, Bytes bytes) {
  const std::string temporary = temporary_name(folder);
  try {
    Descriptor file(temporary, O_WRONLY | O_CREAT | O_EXCL);
    file.write_all(bytes);
    file.sync();
    if (rename(temporary.c_str(), path.c_str()) != 0) fail("rename", temporary);
  } catch (const StoreError&) {
    unlink(temporary.c_str());
    throw;
  }
}

void remove_leftovers(const std::string& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(kTemporaryPrefix)) {
      std::filesystem::remove(entry.path());
    }
  }
}

}  // namespace

Blobs::Blobs(const std::string& folder) : folder_(folder) {
  ensure_folder(folder_);
  try {
    remove_leftovers(folder_);
  } catch (const std::filesystem::filesystem_error& error) {
    throw StoreError("can't read " + folder_ + ": " + error.code().message());
  }
  // A read-only disk is to be found now, and not at the first upload.
  const std::string probe = temporary_name(folder_);
  {
    Descriptor file(probe, O_WRONLY | O_CREAT | O_EXCL);
  }
  unlink(probe.c_str());
}

PutBlob Blobs::put(const Digest& digest, Bytes bytes, Crypto& crypto) {
  const Result<Digest> actual = sha256(crypto, bytes);
  if (!actual.ok()) throw StoreError("no memory to hash an upload");
  if (actual.value != digest) return PutBlob::hash_differs;
  if (size(digest).has_value()) return PutBlob::already_there;
  const std::string target = path(digest);
  const std::string folder = target.substr(0, target.rfind('/'));
  ensure_folder(folder);
  write_file(folder_, target, bytes);
  sync_folder(folder);
  sync_folder(folder_);
  return PutBlob::stored;
}

std::optional<uint64_t> Blobs::size(const Digest& digest) const {
  struct stat status{};
  if (stat(path(digest).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(status.st_size);
}

std::optional<std::vector<uint8_t>> Blobs::read(const Digest& digest) const {
  const std::optional<uint64_t> expected = size(digest);
  if (!expected.has_value()) return std::nullopt;
  std::vector<uint8_t> bytes(*expected);
  std::ifstream file(path(digest), std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw StoreError("can't read " + path(digest));
  return bytes;
}

std::string Blobs::path(const Digest& digest) const {
  const std::string hex = to_hex(digest).characters;
  return folder_ + "/" + hex.substr(0, 2) + "/" + hex;
}

}  // namespace otter::server
