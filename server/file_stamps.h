// Notices that files are other ones than before, by what the file system says of them. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace otter::server {

class FileStamps {
 public:
  // Empty names are left out.
  explicit FileStamps(std::vector<std::string> files);

  // True if one of them was written, replaced, made or removed since the last call, or since the
  // object was made.
  bool changed();

 private:
  struct Stamp {
    uint64_t device = 0;
    uint64_t inode = 0;
    int64_t size_bytes = -1;  // -1: there is no such file
    int64_t written_ns = 0;
    bool operator==(const Stamp&) const = default;
  };

  static Stamp stamp_of(const std::string& file);

  std::vector<std::string> files_;
  std::vector<Stamp> stamps_;
};

}  // namespace otter::server
