// The tables of docs/boot.md, for the tests that run each row.
#pragma once

#include <cctype>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace otter::sim {

using BootPageRow = std::vector<std::string>;  // its cells, without the spaces around them

inline BootPageRow split_boot_row(const std::string& line) {
  BootPageRow out;
  std::istringstream in(line.substr(1));
  for (std::string cell; std::getline(in, cell, '|');) {
    const size_t begin = cell.find_first_not_of(' ');
    const size_t end = cell.find_last_not_of(' ');
    out.push_back(begin == std::string::npos ? "" : cell.substr(begin, end - begin + 1));
  }
  return out;
}

// The rows whose first cell is `prefix` and a number.
inline std::vector<BootPageRow> boot_page_rows(const std::string& prefix) {
  std::ifstream page(std::string(OTTER_SOURCE_DIR) + "/docs/boot.md");
  const std::string begin = "| " + prefix;
  std::vector<BootPageRow> rows;
  for (std::string line; std::getline(page, line);) {
    const bool is_row = line.compare(0, begin.size(), begin) == 0 && line.size() > begin.size() &&
                        std::isdigit(static_cast<unsigned char>(line[begin.size()])) != 0;
    if (is_row) rows.push_back(split_boot_row(line));
  }
  return rows;
}

}  // namespace otter::sim
