#include "server/backup_index.h"

#include <boost/json.hpp>
#include <set>

#include "publish/durable_file.h"

namespace otter::server {
namespace {

constexpr int64_t kFormat = 1;
constexpr size_t kNameSizeMax = 64;  // [characters]
constexpr std::string_view kBlobs = "otter-data/blobs/";
constexpr std::string_view kFolders[] = {"otter-data/certs/", "otter-data/keys/",
                                         "otter-data/secrets/"};

[[noreturn]] void refuse_index(const std::string& reason) {
  throw BackupError("not a backup of otter: " + reason);
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > kNameSizeMax || name.front() == '.') return false;
  if (name.ends_with(".new")) return false;  // half-written
  for (const char c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (!is_plain) return false;
  }
  return true;
}

bool is_blob_path(std::string_view path) {
  if (!path.starts_with(kBlobs)) return false;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const Result<Digest> digest = digest_from_hex(Text(name));
  return digest.ok() && path == backup_path_of_blob(digest.value);
}

const boost::json::value& member(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr) refuse_index(std::string("its list has no ") + name);
  return *value;
}

int64_t number(const boost::json::object& object, const char* name) {
  const boost::json::value& value = member(object, name);
  if (!value.is_int64() || value.as_int64() < 0) refuse_index(std::string(name) + " is no number");
  return value.as_int64();
}

std::string text_of(const boost::json::value& value, const char* name) {
  if (!value.is_string()) refuse_index(std::string(name) + " is no text");
  return std::string(value.as_string());
}

const boost::json::array& array(const boost::json::object& object, const char* name) {
  const boost::json::value& value = member(object, name);
  if (!value.is_array()) refuse_index(std::string(name) + " is no list");
  return value.as_array();
}

Digest digest_of(const boost::json::value& value) {
  const Result<Digest> digest = digest_from_hex(text_of(value, "a SHA-256"));
  if (!digest.ok()) refuse_index("a SHA-256 is none");
  return digest.value;
}

BackupFile file_of(const boost::json::value& value) {
  if (!value.is_object()) refuse_index("an item of its list is no object");
  const boost::json::object& object = value.as_object();
  BackupFile file;
  file.path = text_of(member(object, "path"), "path");
  file.size_bytes = static_cast<uint64_t>(number(object, "size"));
  file.sha256 = digest_of(member(object, "sha256"));
  if (!is_backup_path(file.path)) refuse_index("its list names a file that belongs to no backup");
  if (is_blob_path(file.path) && file.path != backup_path_of_blob(file.sha256)) {
    refuse_index("a blob has another name than its SHA-256");
  }
  return file;
}

boost::json::object parse(std::string_view text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object()) refuse_index("its list is no JSON object");
  return std::move(value.as_object());
}

std::string hex_of(const Digest& digest) { return to_hex(digest).characters; }

}  // namespace

bool is_backup_path(std::string_view path) {
  if (path == kBackupSettingsPath || path == kBackupDatabasePath || is_blob_path(path)) return true;
  for (const std::string_view folder : kFolders) {
    if (path.starts_with(folder)) return is_plain_name(path.substr(folder.size()));
  }
  return false;
}

std::string backup_path_of_blob(const Digest& sha256) {
  const std::string hex = hex_of(sha256);
  return std::string(kBlobs) + hex.substr(0, 2) + "/" + hex;
}

mode_t mode_of_backup_path(std::string_view path) {
  const bool is_public =
      path == kBackupSettingsPath || path.ends_with(".crt") || path.ends_with(".pub");
  return is_public ? kPublicFileMode : kSecretFileMode;
}

std::string write_backup_index(const BackupIndex& index) {
  boost::json::array files;
  for (const BackupFile& file : index.files) {
    files.push_back(boost::json::object{
        {"path", file.path}, {"size", file.size_bytes}, {"sha256", hex_of(file.sha256)}});
  }
  boost::json::array left_out;
  for (const Digest& digest : index.left_out) left_out.emplace_back(hex_of(digest));
  return boost::json::serialize(boost::json::object{{"format", kFormat},
                                                    {"otter", index.otter},
                                                    {"created_s", index.created_s},
                                                    {"files", std::move(files)},
                                                    {"left_out", std::move(left_out)}});
}

BackupIndex read_backup_index(std::string_view text) {
  const boost::json::object object = parse(text);
  const int64_t format = number(object, "format");
  if (format != kFormat) {
    throw BackupError("the backup has format " + std::to_string(format) +
                      ", this program knows 1; use the otter that wrote it");
  }
  BackupIndex index;
  index.created_s = number(object, "created_s");
  index.otter = text_of(member(object, "otter"), "otter");
  std::set<std::string> paths;
  for (const boost::json::value& item : array(object, "files")) {
    index.files.push_back(file_of(item));
    if (!paths.insert(index.files.back().path).second) refuse_index("its list names a file twice");
  }
  if (!paths.contains(kBackupDatabasePath)) refuse_index("it has no database");
  for (const boost::json::value& item : array(object, "left_out")) {
    index.left_out.push_back(digest_of(item));
  }
  return index;
}

}  // namespace otter::server
