// Chooses devices: `tag = "kitchen" and version < 1.4.0`. docs/spec/filter.md. A value; any number
// of threads may ask the same one.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fleet/filter_tree.h"
#include "fleet/labels.h"

namespace otter::fleet {

// What a filter asks of a device. What is empty is not known, but for the tags.
struct FilterSubject {
  std::string_view id = {};
  std::string_view product = {};
  std::string_view chip = {};
  std::string_view version = {};  // that runs
  std::string_view boot = {};     // a state: docs/spec/device-facts.md
  std::string_view standing = {};
  std::span<const std::string> tags = {};
  std::span<const Attribute> attributes = {};
  std::optional<double> slot_bytes = {};  // [bytes]
  std::optional<double> seen_days = {};   // [days] since it was seen last
  std::optional<double> late = {};        // [its own check intervals] it is overdue; 0: it is not
};

// Why a text is no filter: one line, without a character that was not printable.
struct FilterError {
  size_t column = 0;  // [characters] the first is 1
  std::string message;
};

class Filter {
 public:
  // Matches all.
  Filter() = default;

  static std::variant<Filter, FilterError> parse(std::string_view text);

  // Cost: no allocation; at most one comparison for each term, of tags one for each tag
  bool matches(const FilterSubject& subject) const;
  // The products that it compares with, by their whole names: for who asks whether there are such.
  std::vector<std::string> products() const;
  // The canonical spelling: parsed again it is the same filter, and the same text.
  const std::string& text() const { return text_; }

 private:
  explicit Filter(FilterNode root);

  FilterNode root_;
  std::string text_;
};

}  // namespace otter::fleet
