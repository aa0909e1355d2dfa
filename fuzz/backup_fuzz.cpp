// A backup on any bytes: as an archive, and its list alone. What is handed on was listed, comes
// once and is as large as announced; nothing else becomes a path.
#include <set>
#include <string>

#include "fuzz/require.h"
#include "server/backup_reader.h"

namespace otter::server {
namespace {

constexpr size_t kHandedOnMax = 1024 * 1024;  // [bytes] far above what an input can hold

class CheckingSink : public BackupSink {
 public:
  void begin(const BackupFile& file) override {
    require(is_backup_path(file.path), "a path of a backup");
    require(file.path.find("/.") == std::string::npos, "no path leads out");
    require(paths_.insert(file.path).second, "each file comes once");
    require(left_ == 0, "the file before has ended");
    left_ = file.size_bytes;
  }
  void write(Bytes piece) override {
    require(piece.size <= left_, "no more than announced");
    left_ -= piece.size;
    handed_on_ += piece.size;
    require(handed_on_ <= kHandedOnMax, "no more than the archive holds");
  }
  void end() override {
    require(left_ == 0, "all that was announced");
    ++ended_;
  }
  size_t ended() const { return ended_; }

 private:
  std::set<std::string> paths_;
  uint64_t left_ = 0;
  uint64_t handed_on_ = 0;
  size_t ended_ = 0;
};

void read_archive(Bytes bytes) {
  CheckingSink sink;
  try {
    ArchiveReader archive(bytes);
    const BackupIndex index = read_backup(archive, sink);
    require(sink.ended() == index.files.size(), "what is accepted is whole");
  } catch (const BackupError&) {
  }
}

void read_list(Bytes bytes) {
  try {
    const BackupIndex index = read_backup_index({as_text(bytes).data, bytes.size});
    const std::string written = write_backup_index(index);
    require(write_backup_index(read_backup_index(written)) == written, "a list keeps its meaning");
  } catch (const BackupError&) {
  }
}

}  // namespace
}  // namespace otter::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  otter::server::read_archive(otter::Bytes(data, size));
  otter::server::read_list(otter::Bytes(data, size));
  return 0;
}
