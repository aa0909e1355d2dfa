// A filter taken apart: terms, joined by `and`, `or` and `not`. What filter_parser.cpp builds and
// filter.cpp goes by. A plain value: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace otter::fleet {

constexpr size_t kFilterSizeMax = 1024;      // [bytes] also of the canonical spelling
constexpr size_t kFilterTermsMax = 64;       // comparisons with one value each
constexpr size_t kFilterNestingMax = 8;      // of parentheses
constexpr size_t kFilterValueSizeMax = 128;  // [bytes]

enum class FilterField : uint8_t {
  id,
  product,
  chip,
  version,
  boot,
  standing,
  tag,
  attribute,
  slot_bytes,
  seen_days,
  late,
};

enum class FilterOperator : uint8_t {
  equal,
  not_equal,
  less,
  at_most,
  more,
  at_least,
  glob,
  in,
  has,  // of an attribute alone, without values
};

struct FilterValue {
  std::string text;
  std::optional<double> number = {};  // none if it was quoted
};

struct FilterTerm {
  FilterField field = FilterField::id;
  std::string attribute = {};  // the name, if `field` is one
  FilterOperator op = FilterOperator::equal;
  std::vector<FilterValue> values = {};  // one, or those of `in`
};

// A term, or at least two parts; all_of without parts is the empty filter. No part is a group of
// the same kind, unless it is negated.
struct FilterNode {
  enum class Kind : uint8_t { term, all_of, any_of };

  Kind kind = Kind::all_of;
  bool is_negated = false;
  FilterTerm term = {};
  std::vector<FilterNode> parts = {};
};

}  // namespace otter::fleet
