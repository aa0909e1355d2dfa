#include "server/fsck.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "server/file_facts.h"
#include "server/folder_lock.h"
#include "server/store.h"
#include "server/store_sqlite_file.h"

namespace otter::server {
namespace {

namespace fs = std::filesystem;

// What was changed since is perhaps being written: an upload, a new certificate.
constexpr int64_t kSettledAfter = 600;  // [s]
// Between an image's upload and its release may lie an approval by a person.
constexpr int64_t kAwaitsReleaseFor = 24 * 3600;  // [s]

std::vector<std::string> paths_in(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(fs::symlink_status(path, ignored));
}

class Inspection {
 public:
  explicit Inspection(const FsckRequest& request)
      : request_(request),
        data_(request.data),
        served_since_s_(served_since_s(data_)),
        database_(data_.database()) {}

  FsckReport run() {
    // First: an image that comes meanwhile is not to look as if nothing needed it.
    const std::vector<std::string> blobs = list_blobs();
    check_database();
    check_needed();
    for (const std::string& path : blobs) check_unneeded(path);
    check_leftovers();
    check_modes();
    return std::move(report_);
  }

 private:
  void find(FindingKind kind, const std::string& path, const std::string& detail) {
    report_.findings.push_back({kind, path, detail});
  }

  void check_database() {
    for (const std::string& fault : database_.faults()) {
      is_damaged_ = true;
      find(FindingKind::database, data_.database(), fault + "; restore a backup");
    }
  }

  void check_needed() {
    try {
      for (const NeededBlob& blob : database_.needed_blobs()) needed_[path_of(blob)] = blob;
    } catch (const StoreError& error) {
      knows_needed_ = false;
      if (!is_damaged_) find(FindingKind::database, data_.database(), error.what());
    }
    for (const auto& [path, blob] : needed_) check_image(path, blob);
  }

  std::string path_of(const NeededBlob& blob) const {
    const std::string hex = to_hex(blob.sha256).characters;
    return data_.blobs() + "/" + hex.substr(0, 2) + "/" + hex;
  }

  void check_image(const std::string& path, const NeededBlob& blob) {
    BlobState state = BlobState::good;
    try {
      state = state_of(path, blob.sha256);
    } catch (const std::runtime_error& error) {
      return find(FindingKind::unreadable, path,
                  "the image of " + blob.release + ": " + error.what() +
                      "; let the server's user read it, or look after the disk");
    }
    if (state == BlobState::missing) {
      return find(FindingKind::missing, path,
                  "the image of " + blob.release +
                      "; otter publish --image-only FILE puts it back, or take it from a backup");
    }
    report_.images += 1;
    std::error_code ignored;
    const uint64_t size_bytes = fs::file_size(path, ignored);
    report_.size_bytes += size_bytes;
    if (state == BlobState::damaged) {
      return find(FindingKind::damaged, path,
                  "the image of " + blob.release +
                      "; devices refuse it: remove the file, then otter publish --image-only FILE");
    }
    if (size_bytes != blob.size_bytes) {
      find(FindingKind::database, data_.database(),
           blob.release + " is said to have " + std::to_string(blob.size_bytes) + " bytes, " +
               path + " has " + std::to_string(size_bytes) + "; restore a backup");
    }
  }

  BlobState state_of(const std::string& path, const Digest& sha256) const {
    if (request_.read_images) return check_blob(path, sha256);
    return fs::exists(path) ? BlobState::good : BlobState::missing;
  }

  // Files in blobs/ab/, and what else lies in blobs/.
  std::vector<std::string> list_blobs() {
    std::vector<std::string> blobs;
    for (const std::string& path : paths_in(data_.blobs())) {
      if (is_temporary(path)) continue;  // check_leftovers()
      if (!is_folder(path)) {
        find(FindingKind::unknown, path, "no file of otter's");
        continue;
      }
      for (const std::string& blob : paths_in(path)) blobs.push_back(blob);
    }
    return blobs;
  }

  void check_unneeded(const std::string& path) {
    if (needed_.contains(path)) return;
    const Result<Digest> digest = digest_from_hex(Text(name_of(path)));
    const bool is_blob = digest.ok() && path == path_of({digest.value, 0, ""}) && !is_folder(path);
    if (!is_blob) return find(FindingKind::unknown, path, "no file of otter's");
    if (!knows_needed_ || age_s(path) < kAwaitsReleaseFor) return;
    find(FindingKind::unreferenced, path, "no release needs it; remove it if none will");
  }

  static bool is_temporary(const std::string& path) {
    return name_of(path).starts_with("new-") || path.ends_with(".new");
  }

  int64_t age_s(const std::string& path) const {
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0) return 0;  // it has gone meanwhile
    return request_.now_s - status.st_mtim.tv_sec;
  }

  // A process that serves now may be writing what is younger than itself.
  bool is_garbage(const std::string& path) const {
    const int64_t age = age_s(path);
    if (is_folder(path) || !is_temporary(path) || age < kSettledAfter) return false;
    return served_since_s_ == 0 || request_.now_s - age < served_since_s_;
  }

  void check_leftovers() {
    for (const std::string& folder :
         {data_.path, data_.blobs(), data_.certificates(), data_.keys(), data_.secrets()}) {
      if (!is_folder(folder)) continue;
      for (const std::string& path : paths_in(folder)) {
        if (is_garbage(path)) remove_leftover(path);
      }
    }
  }

  void remove_leftover(const std::string& path) {
    find(FindingKind::temporary, path, "left half-written; --repair removes it");
    std::error_code error;
    if (request_.repair) report_.findings.back().repaired = fs::remove(path, error);
  }

  void check_modes() {
    check_mode(data_.path, 0077);
    for (const std::string& folder :
         {data_.path, data_.certificates(), data_.keys(), data_.secrets()}) {
      if (!is_folder(folder)) continue;
      for (const std::string& path : paths_in(folder)) {
        const bool is_public = path.ends_with(".crt") || path.ends_with(".pub");
        check_mode(path, is_public ? 0022 : 0077);
      }
    }
    if (!is_folder(data_.blobs())) return;
    for (const auto& entry : fs::recursive_directory_iterator(data_.blobs())) {
      check_mode(entry.path().string(), 0022);
    }
  }

  void check_mode(const std::string& path, mode_t forbidden) {
    struct stat folder{};
    struct stat status{};
    if (stat(data_.path.c_str(), &folder) != 0 || stat(path.c_str(), &status) != 0) return;
    if ((status.st_mode & forbidden) != 0) {
      const std::string denied = forbidden == 0022 ? "go-w" : "go-rwx";
      find(FindingKind::mode, path, "other users may use it: chmod " + denied + " '" + path + "'");
    }
    if (status.st_uid == folder.st_uid) return;
    find(FindingKind::owner, path,
         "another user's than " + data_.path + ": chown --reference='" + data_.path + "' '" + path +
             "'");
  }

  const FsckRequest& request_;
  const DataFolder& data_;
  const int64_t served_since_s_;
  DatabaseFile database_;
  std::map<std::string, NeededBlob> needed_;  // by path
  bool is_damaged_ = false;                   // the database
  bool knows_needed_ = true;
  FsckReport report_;
};

constexpr const char* kNames[] = {
#define OTTER_FINDING_NAME(word) #word,
    OTTER_FINDINGS(OTTER_FINDING_NAME)
#undef OTTER_FINDING_NAME
};

}  // namespace

const char* name(FindingKind kind) { return kNames[static_cast<size_t>(kind)]; }

FsckReport check_data_folder(const FsckRequest& request) { return Inspection(request).run(); }

}  // namespace otter::server
