#include "fleet/filter_words.h"

namespace otter::fleet {
namespace {

enum class Values : uint8_t { words, versions, numbers, any };

struct FieldWord {
  FilterField field;
  const char* word;
  Values values;
};
constexpr FieldWord kFields[] = {
    {FilterField::id, "id", Values::words},
    {FilterField::product, "product", Values::words},
    {FilterField::chip, "chip", Values::words},
    {FilterField::version, "version", Values::versions},
    {FilterField::boot, "boot", Values::words},
    {FilterField::standing, "standing", Values::words},
    {FilterField::tag, "tag", Values::words},
    {FilterField::attribute, "attr.", Values::any},
    {FilterField::slot_bytes, "slot_bytes", Values::numbers},
    {FilterField::seen_days, "seen_days", Values::numbers},
    {FilterField::late, "late", Values::numbers},
};

const FieldWord& row_of(FilterField field) { return kFields[static_cast<size_t>(field)]; }

}  // namespace

const char* word(FilterField field) { return row_of(field).word; }

const char* word(FilterOperator op) {
  switch (op) {
    case FilterOperator::equal:
      return "=";
    case FilterOperator::not_equal:
      return "!=";
    case FilterOperator::less:
      return "<";
    case FilterOperator::at_most:
      return "<=";
    case FilterOperator::more:
      return ">";
    case FilterOperator::at_least:
      return ">=";
    case FilterOperator::glob:
      return "~";
    case FilterOperator::in:
      return "in";
    case FilterOperator::has:
      return "has";
  }
  return "";
}

std::optional<FilterField> field_named(std::string_view text) {
  for (const FieldWord& row : kFields) {
    if (row.word == text && row.field != FilterField::attribute) return row.field;
  }
  return std::nullopt;
}

std::string field_list() {
  std::string list;
  for (const FieldWord& row : kFields) {
    if (!list.empty()) list += ", ";
    list += row.word;
    if (row.field == FilterField::attribute) list += "NAME";
  }
  return list;
}

bool is_number(FilterField field) { return row_of(field).values == Values::numbers; }

bool has_order(FilterField field) { return row_of(field).values != Values::words; }

}  // namespace otter::fleet
