#include "server/folder_lock.h"

#include <sys/file.h>
#include <sys/stat.h>

#include "publish/file_descriptor.h"

namespace otter::server {
namespace {

std::string lock_path(const DataFolder& data) { return data.path + "/serve.lock"; }

}  // namespace

FolderLock::FolderLock(const DataFolder& data) {
  try {
    file_ = std::make_unique<FileDescriptor>(lock_path(data), O_RDWR | O_CREAT);
  } catch (const std::runtime_error& error) {
    throw DataFolderError(std::string(error.what()) + "; may this user write there?");
  }
  if (flock(file_->get(), LOCK_EX | LOCK_NB) != 0) {
    throw DataFolderError("another otter serves " + data.path + "; end it first");
  }
  futimens(file_->get(), nullptr);
}

FolderLock::~FolderLock() = default;

int64_t served_since_s(const DataFolder& data) {
  struct stat status{};
  if (stat(lock_path(data).c_str(), &status) != 0) return 0;
  FileDescriptor file(lock_path(data), O_RDONLY);
  if (flock(file.get(), LOCK_SH | LOCK_NB) == 0) return 0;
  return status.st_mtim.tv_sec;
}

}  // namespace otter::server
