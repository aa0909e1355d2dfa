#include "fleet/label_table.h"

#include <algorithm>
#include <set>

#include "fleet/csv.h"
#include "ota/wire/version.h"

namespace otter::fleet {
namespace {

constexpr char kId[] = "id";
constexpr char kTags[] = "tags";
constexpr std::string_view kAttribute = "attr.";

std::string attribute_of(const std::string& column) {
  return column.starts_with(kAttribute) ? column.substr(kAttribute.size()) : "";
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    words.emplace_back(text.substr(0, text.find(' ')));
    text.remove_prefix(words.back().size());
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string cell_of(const std::string& column, const Labels& labels) {
  if (column == kTags) return joined(labels.tags);
  const auto found = std::ranges::find(labels.attributes, attribute_of(column), &Attribute::name);
  return found == labels.attributes.end() ? "" : text_of(found->value);
}

// Would a spreadsheet take the cell for a formula? What attr_value() reads as a number is none.
bool looks_like_a_formula(std::string_view cell) {
  cell.remove_prefix(std::min(cell.find_first_not_of('\''), cell.size()));
  if (cell.empty() || std::string_view("=+-@\t\r").find(cell.front()) == std::string_view::npos) {
    return false;
  }
  return !std::holds_alternative<double>(attribute_value(cell));
}

// With one apostrophe more, which spreadsheets show as text.
std::string guarded(const std::string& cell) {
  return looks_like_a_formula(cell) ? "'" + cell : cell;
}

std::string unguarded(const std::string& cell) {
  return cell.starts_with('\'') && looks_like_a_formula(cell) ? cell.substr(1) : cell;
}

}  // namespace

LabelTable::LabelTable(const std::vector<std::string>& attributes) : columns_{kId, kTags} {
  for (const std::string& name : attributes) columns_.push_back(std::string(kAttribute) + name);
}

std::variant<LabelTable, TableFault> LabelTable::of_head(std::string_view line) {
  const auto cells = csv_cells(line);
  if (!cells.has_value()) return TableFault{"it is no CSV: a quotation mark does not fit"};
  for (const std::string& column : *cells) {
    if (column == kId || column == kTags || is_identifier(attribute_of(column))) continue;
    return TableFault{"a column is none of id, tags and attr.NAME"};
  }
  const std::set<std::string> different(cells->begin(), cells->end());
  if (different.size() != cells->size()) return TableFault{"two columns have one name"};
  if (!different.contains(kId)) return TableFault{"there is no column id"};
  LabelTable table;
  table.columns_ = *cells;
  return table;
}

std::variant<LabelRow, TableFault> LabelTable::read(std::string_view line) const {
  const auto cells = csv_cells(line);
  if (!cells.has_value()) return TableFault{"it is no CSV: a quotation mark does not fit"};
  if (cells->size() != columns_.size()) {
    return TableFault{"it has " + std::to_string(cells->size()) + " cells, the first line has " +
                      std::to_string(columns_.size())};
  }
  LabelRow row;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string cell = unguarded(cells->at(i));
    if (columns_[i] == kId) {
      row.device = cell;
    } else if (columns_[i] == kTags) {
      row.change.tags = words_of(cell);
    } else {
      row.change.attributes[attribute_of(columns_[i])] =
          cell.empty() ? std::nullopt : std::optional(attribute_value(cell));
    }
  }
  return row;
}

std::string LabelTable::head() const { return csv_line(columns_); }

std::string LabelTable::row(const std::string& device, const Labels& labels) const {
  std::vector<std::string> cells;
  for (const std::string& column : columns_) {
    cells.push_back(guarded(column == kId ? device : cell_of(column, labels)));
  }
  return csv_line(cells);
}

}  // namespace otter::fleet
