#include "fleet/csv.h"

namespace otter::fleet {
namespace {

// Takes a cell off the front of `rest`. None if it has no proper end.
std::optional<std::string> take_cell(std::string_view* rest) {
  if (!rest->starts_with('"')) {
    const std::string cell(rest->substr(0, rest->find(',')));
    rest->remove_prefix(cell.size());
    return cell.find('"') == std::string::npos ? std::optional(cell) : std::nullopt;
  }
  std::string cell;
  rest->remove_prefix(1);
  while (true) {
    const size_t quote = rest->find('"');
    if (quote == std::string_view::npos) return std::nullopt;
    cell += rest->substr(0, quote);
    rest->remove_prefix(quote + 1);
    if (!rest->starts_with('"')) return cell;
    cell += '"';  // two stand for one
    rest->remove_prefix(1);
  }
}

}  // namespace

std::optional<std::vector<std::string>> csv_cells(std::string_view line) {
  std::vector<std::string> cells;
  while (true) {
    std::optional<std::string> cell = take_cell(&line);
    if (!cell.has_value()) return std::nullopt;
    cells.push_back(*std::move(cell));
    if (line.empty()) return cells;
    if (line.front() != ',') return std::nullopt;
    line.remove_prefix(1);
  }
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  const char* before = "";
  for (const std::string& cell : cells) {
    line += before;
    before = ",";
    if (cell.find_first_of("\",") == std::string::npos) {
      line += cell;
      continue;
    }
    line += '"';
    for (const char character : cell) line += character == '"' ? "\"\"" : std::string(1, character);
    line += '"';
  }
  return line;
}

}  // namespace otter::fleet
