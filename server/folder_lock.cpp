#include "server/folder_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "publish/file_descriptor.h"

namespace otter::server {
namespace {

std::string lock_path(const DataFolder& data) { return data.path + "/serve.lock"; }

// Of the open file, not of the process: another open file of this process is another owner.
struct flock whole_file() {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

FolderLock::FolderLock(const DataFolder& data) {
  try {
    file_ = std::make_unique<FileDescriptor>(lock_path(data), O_RDWR | O_CREAT);
  } catch (const std::runtime_error& error) {
    throw DataFolderError(std::string(error.what()) + "; may this user write there?");
  }
  struct flock lock = whole_file();
  if (fcntl(file_->get(), F_OFD_SETLK, &lock) != 0) {
    throw DataFolderError("another otter serves " + data.path + "; end it first");
  }
  futimens(file_->get(), nullptr);
}

FolderLock::~FolderLock() = default;

int64_t served_since_s(const DataFolder& data) {
  struct stat status{};
  if (stat(lock_path(data).c_str(), &status) != 0 && errno == ENOENT) return 0;
  FileDescriptor file(lock_path(data), O_RDONLY);
  struct flock lock = whole_file();
  // Asked for, not taken: who looks must not keep a server from starting.
  const bool is_known = fcntl(file.get(), F_OFD_GETLK, &lock) == 0;
  return is_known && lock.l_type == F_UNLCK ? 0 : status.st_mtim.tv_sec;
}

}  // namespace otter::server
