// Labels of many devices as a table in CSV: a row for each device, a column for its tags and one
// for each attribute. docs/spec/labels.md. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fleet/labels.h"

namespace otter::fleet {

// What one row asks for. An empty cell of an attribute removes it.
struct LabelRow {
  std::string device;
  LabelChange change;
};

// Why something is none: one line.
struct TableFault {
  std::string message;
};

class LabelTable {
 public:
  // From the table's first line: `id`, perhaps `tags`, and `attr.NAME`, in any order.
  static std::variant<LabelTable, TableFault> of_head(std::string_view line);
  // With a column for each of these attributes.
  explicit LabelTable(const std::vector<std::string>& attributes);

  std::variant<LabelRow, TableFault> read(std::string_view line) const;

  // Without line ends.
  std::string head() const;
  std::string row(const std::string& device, const Labels& labels) const;

 private:
  LabelTable() = default;

  std::vector<std::string> columns_;
};

}  // namespace otter::fleet
