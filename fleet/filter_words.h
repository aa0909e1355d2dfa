// The words of the filter language: docs/spec/filter.md. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fleet/filter_tree.h"

namespace otter::fleet {

// Of an attribute: what stands before its name.
const char* word(FilterField field);
const char* word(FilterOperator op);

// None for an attribute.
std::optional<FilterField> field_named(std::string_view text);
// "id, product, ..."
std::string field_list();

// What may be said of the field.
bool is_number(FilterField field);
bool has_order(FilterField field);

}  // namespace otter::fleet
