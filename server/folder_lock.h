// Who serves a data folder: one process at a time. The lock is the kernel's, so that a process that
// was killed leaves none behind. Any thread.
#pragma once

#include <cstdint>
#include <memory>

#include "server/data_folder.h"

namespace otter {
class FileDescriptor;
}

namespace otter::server {

class FolderLock {
 public:
  // Holds the folder until the object's end.
  //
  // Errors: DataFolderError (another process serves it; this user can't write there)
  // Source: fcntl(2), open file description locks; the lock file's time of change is when it was
  // taken last
  explicit FolderLock(const DataFolder& data);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::unique_ptr<FileDescriptor> file_;
};

// Since when a process serves the folder [s since 1970-01-01 UTC]; 0: none does.
int64_t served_since_s(const DataFolder& data);

}  // namespace otter::server
