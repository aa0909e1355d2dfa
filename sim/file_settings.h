// A board's settings in a small file: NVS as the core sees it. Written whole to a second file that
// then takes the first one's name. docs/simulator.md. One caller at a time.
#pragma once

#include <string>

#include "ota/board.h"

namespace otter::sim {

class FileSettings : public Settings {
 public:
  // `path` need not exist yet; it will be readable for its owner alone.
  explicit FileSettings(std::string path) : path_(std::move(path)) {}

  Result<size_t> load(Setting setting, MutableBytes out) override;
  Error store(Setting setting, Bytes value) override;

 private:
  std::string path_;
};

}  // namespace otter::sim
