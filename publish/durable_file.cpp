#include "publish/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace otter {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(const std::string& path) {
  throw std::runtime_error("cannot write " + path + ": " + std::strerror(errno));
}

void write_all(int fd, Text content, const std::string& path) {
  while (content.size > 0) {
    const ssize_t written = ::write(fd, content.data, content.size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path);
    content = content.part(static_cast<size_t>(written));
  }
}

}  // namespace

void write_file_durably(const std::string& path, Text content, mode_t mode) {
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());  // what a crash left
  {
    const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (file.get() < 0) fail(path);
    write_all(file.get(), content, path);
    if (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0) fail(path);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) fail(path);
  // The new name is on disk only when its folder is.
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const Descriptor directory(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) fail(path);
}

}  // namespace otter
