#include "cli/table.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace otter::cli {
namespace {

constexpr char kBold[] = "\x1b[1m";
constexpr char kPlain[] = "\x1b[0m";

std::string line_of(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line += std::string(widths[i] + 2 - cells[i].size(), ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

void Table::print(std::ostream& out, bool with_colour) const {
  std::vector<size_t> widths;
  for (const std::string& head : heads_) widths.push_back(head.size());
  for (const std::vector<std::string>& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const std::string head = line_of(heads_, widths);
  out << (with_colour ? kBold + head + kPlain : head) << '\n';
  for (const std::vector<std::string>& row : rows_) out << line_of(row, widths) << '\n';
}

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
}

std::string format_time(int64_t time_s) {
  if (time_s == 0) return "never";
  const time_t time = time_s;
  tm parts{};
  char text[32];
  localtime_r(&time, &parts);
  const size_t size = strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &parts);
  return {text, size};
}

std::string format_day(int64_t time_s) {
  const time_t time = time_s;
  tm parts{};
  char text[16];
  gmtime_r(&time, &parts);
  return {text, strftime(text, sizeof(text), "%Y-%m-%d", &parts)};
}

std::string printable(const std::string& text) {
  std::string out = text;
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

}  // namespace otter::cli
