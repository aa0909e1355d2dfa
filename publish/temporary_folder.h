// A folder for what is not to stay, gone with the object; only its owner may enter it. Throws
// std::runtime_error if none can be made. Any thread.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace otter {

class TemporaryFolder {
 public:
  // In the folder `parent`, under a name of its own.
  //
  // Power: a cut leaves the folder and what is in it
  explicit TemporaryFolder(const std::filesystem::path& parent = fastest_parent())
      : path_((parent / "otter-XXXXXX").string()) {  // mkdtemp(3) puts other letters in
    if (mkdtemp(path_.data()) != nullptr) return;
    throw std::runtime_error("cannot make a folder in " + parent.string() + ": " +
                             std::strerror(errno));
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  // In memory where there is such a place: hundreds of small tests sync to disk again and again.
  static std::filesystem::path fastest_parent() {
    const std::filesystem::path memory = "/dev/shm";
    const bool usable = access(memory.c_str(), W_OK) == 0;
    return usable ? memory : std::filesystem::temp_directory_path();
  }
  std::string path_;
};

}  // namespace otter
