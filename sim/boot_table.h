// One boot per line of text, so that another implementation of the bootloader can be compared with
// this one over all states: tools/compare_bootloader.py. The format: docs/boot.md. One caller at a
// time.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "sim/boot_bench.h"

namespace otter::sim {

class BootTable {
 public:
  // "1 gb - - 00000001:00000002:4743989a ffffffff:ffffffff:ffffffff" to
  // "ota_0 00000001:00000002:4743989a ffffffff:ffffffff:ffffffff". Throws SimError for a line of
  // another form.
  std::string boot_line(const std::string& line);

 private:
  BootBench& bench(const BenchLayout& layout);

  std::map<int, std::unique_ptr<BootBench>> benches_;  // one per layout, made when it is needed
};

}  // namespace otter::sim
