// A data folder from a backup: backup_reader.h says what is believed.
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>

#include "publish/file_descriptor.h"
#include "server/backup.h"
#include "server/backup_reader.h"
#include "server/master_keys.h"
#include "server/store_sqlite_file.h"

namespace otter::server {
namespace {

namespace fs = std::filesystem;

constexpr char kDataName[] = "otter-data";
constexpr char kUnfinishedName[] = "otter-data.new";

[[noreturn]] void refuse_restore(const std::string& reason) {
  throw BackupError("the backup can't be restored: " + reason);
}

// False if it is there already.
bool make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return true;
  if (errno == EEXIST) return false;
  throw std::runtime_error("cannot make the folder " + path + ": " + std::strerror(errno));
}

// The folder, made if it is not there, without what a cut restore has left. True if it was made.
bool prepare_folder(const std::string& folder) {
  if (make_folder(folder)) return true;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() == kUnfinishedName) continue;
    throw BackupError(folder + " is not empty; nothing was changed");
  }
  fs::remove_all(folder + "/" + kUnfinishedName);
  return false;
}

// The folder while it is made; taken back unless finish() was called.
class Unfinished : public BackupSink {
 public:
  explicit Unfinished(const std::string& folder)
      : folder_(folder), path_(folder + "/" + kUnfinishedName), is_new_(prepare_folder(folder)) {
    make_folder(path_);
    for (const char* name : {"/blobs", "/certs", "/keys", "/secrets"}) make_folder(path_ + name);
  }
  ~Unfinished() override {
    if (is_finished_) return;
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    if (is_new_) fs::remove(folder_, ignored);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  DataFolder data() const { return {path_}; }
  // Where a file of the backup goes. REQUIRES: is_backup_path(backup_path)
  std::string place_of(const std::string& backup_path) const {
    if (backup_path == kBackupSettingsPath) return path_ + "/" + kBackupSettingsPath;
    return path_ + backup_path.substr(sizeof(kDataName) - 1);
  }

  void begin(const BackupFile& file) override {
    const std::string place = place_of(file.path);
    make_folder(fs::path(place).parent_path().string());
    file_.emplace(place, O_WRONLY | O_CREAT | O_EXCL);
    file_->set_mode(mode_of_backup_path(file.path));
  }
  void write(Bytes piece) override { file_->write_all(piece); }
  void end() override {
    file_->sync();
    file_.reset();
  }

  void sync() const {
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      if (entry.is_directory()) sync_folder(entry.path().string());
    }
    sync_folder(path_);
  }
  // The settings come last: a folder with them is whole.
  RestoreResult finish() {
    RestoreResult result;
    result.data.path = folder_ + "/" + kDataName;
    rename_durably(path_, result.data.path);
    is_finished_ = true;
    const std::string moved = result.data.path + "/" + kBackupSettingsPath;
    if (fs::exists(moved)) {
      result.config_file = folder_ + "/" + kBackupSettingsPath;
      rename_durably(moved, result.config_file);
    }
    return result;
  }

 private:
  std::string folder_;
  std::string path_;
  bool is_new_;                         // this made the folder
  std::optional<FileDescriptor> file_;  // that is being written
  bool is_finished_ = false;
};

void check_database(const std::string& path, const BackupIndex& index) {
  DatabaseFile database(path);
  const std::vector<std::string> faults = database.faults();
  if (!faults.empty()) refuse_restore("its database is damaged: " + faults.front());
  std::set<std::string> known;
  for (const BackupFile& file : index.files) known.insert(file.path);
  for (const Digest& digest : index.left_out) known.insert(backup_path_of_blob(digest));
  for (const NeededBlob& blob : database.needed_blobs()) {
    if (known.contains(backup_path_of_blob(blob.sha256))) continue;
    refuse_restore("the image of " + blob.release + " is not in it");
  }
}

}  // namespace

RestoreResult restore_backup(const std::string& file, const std::string& folder) {
  FileDescriptor source(file, O_RDONLY);
  ArchiveReader archive(source.get());
  Unfinished unfinished(folder);
  BackupIndex index = read_backup(archive, unfinished);
  check_database(unfinished.data().database(), index);
  const MasterKeys needed(unfinished.data());
  unfinished.sync();
  RestoreResult result = unfinished.finish();
  result.index = std::move(index);
  return result;
}

}  // namespace otter::server
