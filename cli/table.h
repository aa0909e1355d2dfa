// Aligned tables and the colour of a terminal, for the verbs that list things. Main thread.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace otter::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}
  // REQUIRES: as many cells as heads
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // Columns as wide as their widest cell, two spaces between; the heads bold if `with_colour`.
  void print(std::ostream& out, bool with_colour) const;

 private:
  std::vector<std::string> heads_;
  std::vector<std::vector<std::string>> rows_;
};

// True if standard output is a terminal and NO_COLOR is not set.
bool wants_colour();

// "2025-10-07 14:30" in local time; "never" for 0.
std::string format_time(int64_t time_s);
// "2025-10-07" in UTC: the server's days are those, wherever this is read.
std::string format_day(int64_t time_s);

// For people: what is no printable character is shown as '?'.
std::string printable(const std::string& text);

}  // namespace otter::cli
