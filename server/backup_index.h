// The list at the head of a backup: each file of it with size and SHA-256, docs/spec/backup.md.
// Pure, any thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "ota/wire/digest.h"
#include "server/backup_archive.h"

namespace otter::server {

constexpr char kBackupIndexPath[] = "otter-backup.json";
constexpr char kBackupSettingsPath[] = "otter.toml";
constexpr char kBackupDatabasePath[] = "otter-data/otter.sqlite";
constexpr size_t kBackupIndexSizeMax = 32 * 1024 * 1024;  // [bytes]

struct BackupFile {
  std::string path;  // is_backup_path()
  uint64_t size_bytes = 0;
  Digest sha256;
};

struct BackupIndex {
  int64_t created_s = 0;  // [s since 1970-01-01 UTC] when it was begun
  std::string otter;      // the version of the program that wrote it
  std::vector<BackupFile> files;
  std::vector<Digest> left_out;  // blobs that were missing or damaged
};

// True for the settings, the database, a blob under its own SHA-256, and a file with a plain name
// in certs, keys or secrets: no other path is written to or read from a backup.
bool is_backup_path(std::string_view path);

// "otter-data/blobs/ab/<sha256>"
std::string backup_path_of_blob(const Digest& sha256);

// What a restored file gets: 0600, but for settings, certificates and public keys.
mode_t mode_of_backup_path(std::string_view path);

std::string write_backup_index(const BackupIndex& index);

// Errors: BackupError (not JSON, of another format, a path that is none or comes twice, a blob
//         whose name is not its SHA-256, no database)
BackupIndex read_backup_index(std::string_view text);

}  // namespace otter::server
