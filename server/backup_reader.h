// Reads a backup from anybody: compares each file with the list at the head, and hands on only what
// the list names, once. docs/spec/backup.md. One thread.
#pragma once

#include <functional>

#include "server/backup_index.h"

namespace otter::server {

// Takes the files of a backup, one after the other. What it throws ends the reading.
class BackupSink {
 public:
  virtual ~BackupSink() = default;

  // A file begins. Its path is_backup_path(), and no other file had it.
  virtual void begin(const BackupFile& file) = 0;
  // At most as many bytes as it was announced with.
  virtual void write(Bytes piece) = 0;
  // Size and SHA-256 are as announced. Until then what was written is not to be believed.
  virtual void end() = 0;
};

// The list, when all that it names has been handed on.
//
// Errors: BackupError (not a backup, cut off, changed, damaged)
BackupIndex read_backup(ArchiveReader& archive, BackupSink& sink);

}  // namespace otter::server
