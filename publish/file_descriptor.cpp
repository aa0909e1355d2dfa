#include "publish/file_descriptor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace otter {
namespace {

[[noreturn]] void fail(const char* what, const std::string& path) {
  throw std::runtime_error(std::string("cannot ") + what + " " + path + ": " +
                           std::strerror(errno));
}

}  // namespace

FileDescriptor::FileDescriptor(const std::string& path, int flags, mode_t mode)
    : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {
  const bool is_read = (flags & O_ACCMODE) == O_RDONLY;
  if (descriptor_ < 0) fail(is_read ? "read" : "write", path);
}

FileDescriptor::~FileDescriptor() { ::close(descriptor_); }

size_t FileDescriptor::read_some(MutableBytes out) {
  ssize_t count = 0;
  do {
    count = ::read(descriptor_, out.data, out.size);
  } while (count < 0 && errno == EINTR);
  if (count < 0) fail("read", path_);
  return static_cast<size_t>(count);
}

void FileDescriptor::write_all(Bytes bytes) {
  while (bytes.size > 0) {
    const ssize_t written = ::write(descriptor_, bytes.data, bytes.size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path_);
    bytes = bytes.part(static_cast<size_t>(written));
  }
}

void FileDescriptor::set_mode(mode_t mode) {
  if (::fchmod(descriptor_, mode) != 0) fail("write", path_);
}

void FileDescriptor::sync() {
  if (::fsync(descriptor_) != 0) fail("sync", path_);
}

void sync_folder(const std::string& path) {
  FileDescriptor(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY).sync();
}

void rename_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("write", to);
  sync_folder(std::filesystem::path(to).parent_path().string());
}

bool rename_new_durably(const std::string& from, const std::string& to) {
  int result = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (result != 0 && errno == EINVAL) {  // NFS can't; but it has links, which FAT has not
    result = ::link(from.c_str(), to.c_str());
    if (result == 0) ::unlink(from.c_str());
  }
  if (result != 0 && errno == EEXIST) return false;
  if (result != 0) fail("write", to);
  sync_folder(std::filesystem::path(to).parent_path().string());
  return true;
}

}  // namespace otter
