// An open file or folder, closed with the object, and what durable writing needs of it. Every call
// throws std::runtime_error with the path and the system's words. One thread at a time.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <string>

#include "ota/wire/bytes.h"

namespace otter {

class FileDescriptor {
 public:
  // `flags` as open() takes them; O_CLOEXEC is added. `mode` is for a file that is made.
  FileDescriptor(const std::string& path, int flags, mode_t mode = 0600);
  ~FileDescriptor();
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return descriptor_; }
  const std::string& path() const { return path_; }
  // The number of bytes read; 0 at the file's end.
  size_t read_some(MutableBytes out);
  void write_all(Bytes bytes);
  // Sets the mode whatever the umask says.
  void set_mode(mode_t mode);
  void sync();

 private:
  std::string path_;
  int descriptor_;
};

// A new or changed name in the folder is on disk only after this; "" is the working folder.
void sync_folder(const std::string& path);

// Gives `from` the name `to`, and syncs the folder of `to`.
//
// Power: a cut leaves one of the two names
void rename_durably(const std::string& from, const std::string& to);

// The same, if nobody has the name `to`; false if somebody has it, and nothing is changed.
//
// Power: a cut leaves one of the two names, or both for the same file
bool rename_new_durably(const std::string& from, const std::string& to);

}  // namespace otter
