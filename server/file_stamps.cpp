#include "server/file_stamps.h"

#include <sys/stat.h>

#include <algorithm>

namespace otter::server {

FileStamps::FileStamps(std::vector<std::string> files) : files_(std::move(files)) {
  std::erase(files_, "");
  changed();
}

FileStamps::Stamp FileStamps::stamp_of(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return {};
  constexpr int64_t kSecond = 1'000'000'000;  // [ns]
  return {status.st_dev, status.st_ino, status.st_size,
          status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec};
}

bool FileStamps::changed() {
  std::vector<Stamp> now(files_.size());
  std::transform(files_.begin(), files_.end(), now.begin(), stamp_of);
  const bool differs = now != stamps_;
  stamps_ = std::move(now);
  return differs;
}

}  // namespace otter::server
