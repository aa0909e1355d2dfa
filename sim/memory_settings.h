// Settings in memory, which no power cut touches. One caller at a time.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "ota/board.h"

namespace otter::sim {

class MemorySettings : public Settings {
 public:
  Result<size_t> load(Setting setting, MutableBytes out) override {
    const auto found = values_.find(setting);
    if (found == values_.end()) return size_t{0};
    if (found->second.size() > out.size) return Error::too_large;
    std::copy(found->second.begin(), found->second.end(), out.data);
    return found->second.size();
  }
  Error store(Setting setting, Bytes value) override {
    values_[setting].assign(value.data, value.data + value.size);
    return Error::ok;
  }

 private:
  std::map<Setting, std::vector<uint8_t>> values_;
};

}  // namespace otter::sim
