// A backup's outer form: a tar archive of regular files, docs/spec/backup.md. It is read as what it
// is: bytes from outside. The only place that names libarchive. Each object for one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "ota/wire/bytes.h"
#include "publish/file_descriptor.h"

namespace otter::server {

// One clear line: what, where, what to do next.
struct BackupError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ArchiveEntry {
  std::string path;
  uint64_t size_bytes = 0;
  mode_t mode = 0600;  // of what is written; what is read has none
  int64_t time_s = 0;
};

// Errors of all: BackupError
class ArchiveWriter {
 public:
  // Writes to a file that outlives it.
  explicit ArchiveWriter(const FileDescriptor& file);
  ~ArchiveWriter();

  // Begins a file; its bytes follow.
  void begin(const ArchiveEntry& entry);
  void write(Bytes bytes);
  // Errors: BackupError (the last file has fewer bytes than were announced, too)
  void finish();

 private:
  struct Handle;
  void check(int64_t result);

  const std::string path_;
  std::unique_ptr<Handle> handle_;
  uint64_t left_bytes_ = 0;  // of the file that was begun
};

// Errors of all: BackupError (not a tar archive, cut off; anything but a regular file with a plain
// name: links, devices, folders and sparse files are no part of a backup)
class ArchiveReader {
 public:
  // From the beginning of an open file, which stays the caller's.
  explicit ArchiveReader(int descriptor);
  // From memory that outlives it.
  explicit ArchiveReader(Bytes archive);
  ~ArchiveReader();

  // The next file; none at the archive's end. What was not read of the one before is passed over.
  std::optional<ArchiveEntry> next();
  // The next bytes of the file; 0 at its end.
  size_t read(MutableBytes out);

 private:
  struct Handle;
  [[noreturn]] void fail() const;

  std::unique_ptr<Handle> handle_;
};

}  // namespace otter::server
