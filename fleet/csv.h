// Lines of CSV, RFC 4180, but that no cell has a line break: each line stands for itself. Pure, any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace otter::fleet {

// The cells of a line without its end; none if a quotation mark is not closed, or is in the middle
// of a cell.
std::optional<std::vector<std::string>> csv_cells(std::string_view line);

// What csv_cells() takes apart again; without a line end.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace otter::fleet
