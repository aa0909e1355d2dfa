#include "server/backup_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <cstring>

namespace otter::server {
namespace {

constexpr size_t kReadBlock = 64 * 1024;  // [bytes]

std::string words_of(archive* handle) {
  const char* const text = archive_error_string(handle);
  if (text == nullptr) return "no memory";
  const int number = archive_errno(handle);
  return number > 0 ? std::string(text) + ": " + std::strerror(number) : text;
}

struct EntryDeleter {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

struct ArchiveWriter::Handle {
  archive* const written = archive_write_new();
  ~Handle() { archive_write_free(written); }
};

ArchiveWriter::ArchiveWriter(const FileDescriptor& file)
    : path_(file.path()), handle_(std::make_unique<Handle>()) {
  check(archive_write_set_format_pax_restricted(handle_->written));
  check(archive_write_add_filter_none(handle_->written));
  check(archive_write_open_fd(handle_->written, file.get()));
}

ArchiveWriter::~ArchiveWriter() = default;

void ArchiveWriter::check(int64_t result) {
  if (result >= ARCHIVE_OK) return;
  throw BackupError("can't write the backup " + path_ + ": " + words_of(handle_->written));
}

void ArchiveWriter::begin(const ArchiveEntry& entry) {
  if (left_bytes_ > 0) throw BackupError("a file became shorter while it was copied; try again");
  const std::unique_ptr<archive_entry, EntryDeleter> head(archive_entry_new());
  archive_entry_set_pathname(head.get(), entry.path.c_str());
  archive_entry_set_filetype(head.get(), AE_IFREG);
  archive_entry_set_perm(head.get(), entry.mode);
  archive_entry_set_size(head.get(), static_cast<int64_t>(entry.size_bytes));
  archive_entry_set_mtime(head.get(), entry.time_s, 0);
  check(archive_write_header(handle_->written, head.get()));
  left_bytes_ = entry.size_bytes;
}

void ArchiveWriter::write(Bytes bytes) {
  if (bytes.size > left_bytes_) {
    throw BackupError("a file became longer while it was copied; try again");
  }
  check(archive_write_data(handle_->written, bytes.data, bytes.size));
  left_bytes_ -= bytes.size;
}

void ArchiveWriter::finish() {
  if (left_bytes_ > 0) throw BackupError("a file became shorter while it was copied; try again");
  check(archive_write_close(handle_->written));
}

struct ArchiveReader::Handle {
  archive* const read = archive_read_new();
  Handle() { archive_read_support_format_tar(read); }
  ~Handle() { archive_read_free(read); }
};

ArchiveReader::ArchiveReader(int descriptor) : handle_(std::make_unique<Handle>()) {
  if (archive_read_open_fd(handle_->read, descriptor, kReadBlock) != ARCHIVE_OK) fail();
}

ArchiveReader::ArchiveReader(Bytes archive) : handle_(std::make_unique<Handle>()) {
  if (archive_read_open_memory(handle_->read, archive.data, archive.size) != ARCHIVE_OK) fail();
}

ArchiveReader::~ArchiveReader() = default;

void ArchiveReader::fail() const {
  throw BackupError("not a whole backup: " + words_of(handle_->read));
}

std::optional<ArchiveEntry> ArchiveReader::next() {
  archive_entry* head = nullptr;
  const int result = archive_read_next_header(handle_->read, &head);
  if (result == ARCHIVE_EOF) return std::nullopt;
  if (result != ARCHIVE_OK) fail();
  const char* path = archive_entry_pathname(head);
  const bool is_plain = archive_entry_filetype(head) == AE_IFREG &&
                        archive_entry_hardlink(head) == nullptr &&
                        archive_entry_symlink(head) == nullptr &&
                        archive_entry_sparse_count(head) == 0 && archive_entry_size_is_set(head);
  if (path == nullptr || !is_plain || archive_entry_size(head) < 0) {
    throw BackupError("not a backup: it holds something else than plain files");
  }
  ArchiveEntry entry;
  entry.path = path;
  entry.size_bytes = static_cast<uint64_t>(archive_entry_size(head));
  return entry;
}

size_t ArchiveReader::read(MutableBytes out) {
  const la_ssize_t count = archive_read_data(handle_->read, out.data, out.size);
  if (count < 0) fail();
  return static_cast<size_t>(count);
}

}  // namespace otter::server
