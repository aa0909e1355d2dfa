// Backups of a data folder, made while a server runs on it, and a data folder made from one:
// docs/spec/backup.md, docs/operating.md. One thread.
//
// Invariants:
//   1. A backup holds the database as it was at one moment after make_backup() was called, and each
//      blob that its releases need: what was acknowledged before is in it.
//   2. The file has its name only when it is complete and on disk.
//   3. What is restored has been compared with the backup's list, byte by byte, before the folder
//      has its name.
#pragma once

#include <string>
#include <vector>

#include "server/backup_index.h"
#include "server/data_folder.h"

namespace otter::server {

struct BackupRequest {
  std::string file;         // that is made
  std::string config_file;  // otter.toml; empty: there is none
  DataFolder data;
  bool leave_out_damaged = false;  // else a missing or damaged blob is an error
  int64_t now_s = 0;
};

struct BackupResult {
  BackupIndex index;
  std::vector<std::string> passed_over;  // files in the data folder that belong to no backup
};

// Errors: BackupError (the file is there; a blob is missing, damaged or unreadable; the database is
//         damaged), DataFolderError (no master key), StoreError, std::runtime_error (a file can't
//         be read or written)
// Power:  a cut leaves no file of that name, but perhaps a folder `otter-` and six characters
// beside it, closed to
//         others, to be removed
// Cost:   twice the blobs to read, once the database beside the file
BackupResult make_backup(const BackupRequest& request);

struct RestoreResult {
  BackupIndex index;
  std::string config_file;  // empty: the backup had none
  DataFolder data;
};

// Makes `folder` with otter.toml and otter-data/ from a backup, whoever wrote it.
//
// Errors: BackupError (the folder is not empty; not a backup, cut off, changed, damaged, or not
//         consistent in itself), DataFolderError (no master key in it), StoreError,
//         std::runtime_error (can't be read or written)
// Power:  a cut leaves otter-data.new, which the next call replaces; otter.toml comes last
RestoreResult restore_backup(const std::string& file, const std::string& folder);

}  // namespace otter::server
