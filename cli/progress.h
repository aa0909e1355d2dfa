// A bar for work that takes long, on standard error; nothing where that is no terminal. Main
// thread.
#pragma once

#include <cstdint>
#include <string>

namespace otter::cli {

class Progress {
 public:
  // `total` in whatever unit show() is given.
  Progress(std::string what, uint64_t total);
  // Leaves an empty line where it was.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(uint64_t done);

 private:
  const std::string what_;
  const uint64_t total_;
  const bool is_shown_;
  int percent_ = -1;
};

}  // namespace otter::cli
