#include "server/backup_reader.h"

#include <map>

#include "publish/host_crypto.h"

namespace otter::server {
namespace {

constexpr size_t kPieceSize = 256 * 1024;  // [bytes]

[[noreturn]] void refuse_archive(const std::string& reason) {
  throw BackupError("the backup can't be read: " + reason);
}

BackupIndex read_index(ArchiveReader& archive) {
  const std::optional<ArchiveEntry> entry = archive.next();
  if (!entry.has_value() || entry->path != kBackupIndexPath) {
    throw BackupError("not a backup of otter: it does not begin with " +
                      std::string(kBackupIndexPath));
  }
  if (entry->size_bytes > kBackupIndexSizeMax) refuse_archive("its list is too large");
  // Grows with what is there, not with what is announced.
  std::string text;
  std::vector<uint8_t> piece(kPieceSize);
  while (const size_t size = archive.read(piece)) {
    text.append(as_text(Bytes(piece.data(), size)).data, size);
    if (text.size() > kBackupIndexSizeMax) refuse_archive("its list is too large");
  }
  return read_backup_index(text);
}

void read_file(ArchiveReader& archive, const BackupFile& file, BackupSink& sink) {
  HostCrypto crypto;
  crypto.sha256_begin(HashLane::message);
  std::vector<uint8_t> piece(kPieceSize);
  uint64_t left = file.size_bytes;
  sink.begin(file);
  while (const size_t size = archive.read(piece)) {
    if (size > left) refuse_archive(file.path + " is larger than announced");
    left -= size;
    crypto.sha256_update(HashLane::message, Bytes(piece.data(), size));
    sink.write(Bytes(piece.data(), size));
  }
  Digest digest;
  if (crypto.sha256_finish(HashLane::message, &digest) != Error::ok) refuse_archive("no memory");
  if (left > 0 || digest != file.sha256) refuse_archive(file.path + " is damaged");
  sink.end();
}

}  // namespace

BackupIndex read_backup(ArchiveReader& archive, BackupSink& sink) {
  BackupIndex index = read_index(archive);
  std::map<std::string, const BackupFile*> expected;
  for (const BackupFile& file : index.files) expected[file.path] = &file;
  while (const std::optional<ArchiveEntry> entry = archive.next()) {
    const auto found = expected.find(entry->path);
    if (found == expected.end()) refuse_archive("it holds a file that its list does not name");
    if (entry->size_bytes != found->second->size_bytes) {
      refuse_archive(found->first + " has another size than its list says");
    }
    read_file(archive, *found->second, sink);
    expected.erase(found);
  }
  if (!expected.empty())
    refuse_archive("it is cut off: " + expected.begin()->first + " is missing");
  return index;
}

}  // namespace otter::server
