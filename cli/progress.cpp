#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace otter::cli {
namespace {

constexpr size_t kWidth = 30;  // [characters]

bool is_terminal() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::string(terminal) != "dumb";
}

}  // namespace

Progress::Progress(std::string what, uint64_t total)
    : what_(std::move(what)), total_(std::max<uint64_t>(total, 1)), is_shown_(is_terminal()) {}

Progress::~Progress() {
  if (percent_ >= 0) std::cerr << "\r\x1b[K" << std::flush;
}

void Progress::show(uint64_t done) {
  const int percent = static_cast<int>(std::min(done, total_) * 100 / total_);
  if (!is_shown_ || percent == percent_) return;
  percent_ = percent;
  std::string bar(kWidth * static_cast<size_t>(percent) / 100, '#');
  bar.resize(kWidth, '.');
  std::cerr << "\r" << what_ << " [" << bar << "] " << percent << " %\x1b[K" << std::flush;
}

}  // namespace otter::cli
