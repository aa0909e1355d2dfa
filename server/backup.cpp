#include "server/backup.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "publish/file_descriptor.h"
#include "publish/temporary_folder.h"
#include "server/file_facts.h"
#include "server/master_keys.h"
#include "server/store_sqlite_file.h"

namespace otter::server {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSmallFileSizeMax = 1024 * 1024;  // [bytes] of settings, certificates and keys

// Where the bytes of a file of the backup come from: small ones were read already, so that a key
// that is replaced meanwhile can't be half old and half new.
struct Source {
  BackupFile file;
  std::string path;
  std::optional<std::string> content = {};
};

// None if the file has gone meanwhile; not if it is a link to nowhere.
std::optional<Source> small_source(const std::string& path, const std::string& backup_path) {
  if (!fs::exists(fs::symlink_status(path))) return std::nullopt;
  std::string content;
  read_through(path, [&](Bytes piece) {
    content.append(as_text(piece).data, piece.size);
    if (content.size() > kSmallFileSizeMax) {
      throw BackupError(path + " is too large for what it is; move it out of the data folder");
    }
  });
  const FileFacts facts = facts_of(as_bytes(content));
  return Source{{backup_path, facts.size_bytes, facts.sha256}, path, std::move(content)};
}

Source large_source(const std::string& path, const std::string& backup_path) {
  const FileFacts facts = read_through(path);
  return {{backup_path, facts.size_bytes, facts.sha256}, path};
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Collection {
 public:
  explicit Collection(const BackupRequest& request) : request_(request) {}

  void add_settings() {
    if (request_.config_file.empty()) return;
    std::optional<Source> source = small_source(request_.config_file, kBackupSettingsPath);
    if (source.has_value()) sources_.push_back(std::move(*source));
  }

  void add_small_files(const std::string& name) {
    const std::string folder = request_.data.path + "/" + name;
    for (const std::string& file : names_in(folder)) {
      const std::string path = folder + "/" + file;
      const std::string backup_path = "otter-data/" + name + "/" + file;
      std::error_code ignored;  // of a link to nowhere, which small_source() refuses
      if (!is_backup_path(backup_path) || fs::is_directory(path, ignored)) {
        result_.passed_over.push_back(path);
        continue;
      }
      std::optional<Source> source = small_source(path, backup_path);
      if (source.has_value()) sources_.push_back(std::move(*source));
    }
  }

  void add_database(const std::string& snapshot) {
    sources_.push_back(large_source(snapshot, kBackupDatabasePath));
  }

  void add_blobs(const std::vector<NeededBlob>& blobs) {
    for (const NeededBlob& blob : blobs) add_blob(blob);
  }

  std::vector<Source>& sources() { return sources_; }

  BackupResult finish() {
    result_.index.created_s = request_.now_s;
    result_.index.otter = OTTER_VERSION;
    for (const Source& source : sources_) result_.index.files.push_back(source.file);
    return std::move(result_);
  }

 private:
  void add_blob(const NeededBlob& blob) {
    const std::string backup_path = backup_path_of_blob(blob.sha256);
    const std::string path =
        request_.data.path + backup_path.substr(std::string("otter-data").size());
    const BlobState state = check_blob(path, blob.sha256);  // throws if it can't be read
    if (state == BlobState::good) {
      sources_.push_back({{backup_path, fs::file_size(path), blob.sha256}, path});
    } else if (request_.leave_out_damaged) {
      result_.index.left_out.push_back(blob.sha256);
    } else {
      throw BackupError(path + ", the image of " + blob.release + ", is " +
                        (state == BlobState::missing ? "missing" : "damaged") +
                        ": see otter fsck; or back up without it (--leave-out-damaged)");
    }
  }

  const BackupRequest& request_;
  std::vector<Source> sources_;
  BackupResult result_;
};

void write_source(ArchiveWriter& archive, const Source& source, int64_t now_s) {
  archive.begin(
      {source.file.path, source.file.size_bytes, mode_of_backup_path(source.file.path), now_s});
  if (source.content.has_value()) return archive.write(as_bytes(*source.content));
  const FileFacts facts = read_through(source.path, [&](Bytes piece) { archive.write(piece); });
  if (facts.sha256 != source.file.sha256) {
    throw BackupError(source.path + " changed while it was copied; try again");
  }
}

void write_archive(const std::string& path, const std::string& index,
                   const std::vector<Source>& sources, int64_t now_s) {
  FileDescriptor file(path, O_WRONLY | O_CREAT | O_EXCL);
  file.set_mode(0600);
  ArchiveWriter archive(file);
  archive.begin({kBackupIndexPath, index.size(), 0600, now_s});
  archive.write(as_bytes(index));
  for (const Source& source : sources) write_source(archive, source, now_s);
  archive.finish();
  file.sync();
}

[[noreturn]] void refuse_to_replace(const std::string& file) {
  throw BackupError(file + " is there already; nothing was changed");
}

void take_snapshot(const DataFolder& data, const std::string& path) {
  DatabaseFile(data.database()).snapshot_to(path);
  const std::vector<std::string> faults = DatabaseFile(path).faults();
  if (!faults.empty()) {
    throw BackupError(data.database() + ": " + faults.front() + "; `otter fsck` says more");
  }
}

}  // namespace

BackupResult make_backup(const BackupRequest& request) {
  if (fs::exists(request.file)) refuse_to_replace(request.file);
  const MasterKeys needed(request.data);
  // Beside the file, so that it can be given its name; closed to others, for SQLite makes the
  // snapshot readable by all.
  const fs::path parent = fs::path(request.file).parent_path();
  const TemporaryFolder scratch(parent.empty() ? "." : parent);
  const std::string snapshot = scratch.file("database");
  const std::string unfinished = scratch.file("archive");
  // Before all else: what the database names, a blob or an epoch's key, is there already.
  take_snapshot(request.data, snapshot);
  Collection collection(request);
  collection.add_settings();
  collection.add_database(snapshot);
  for (const char* folder : {"certs", "keys", "secrets"}) collection.add_small_files(folder);
  collection.add_blobs(DatabaseFile(snapshot).needed_blobs());
  BackupResult result = collection.finish();
  write_archive(unfinished, write_backup_index(result.index), collection.sources(), request.now_s);
  if (!rename_new_durably(unfinished, request.file)) refuse_to_replace(request.file);
  return result;
}

}  // namespace otter::server
