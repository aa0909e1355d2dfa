// What operators note of a device: tags, which it has or hasn't, and attributes, which have a
// value. docs/spec/filter.md. A plain value: one thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace otter::fleet {

constexpr size_t kTagsMax = 32;  // of a device
constexpr size_t kAttributesMax = 32;
constexpr size_t kAttributeTextMax = 128;  // [bytes]

using AttributeValue = std::variant<double, std::string>;

struct Attribute {
  std::string name;  // as is_identifier() accepts it, so is a tag
  AttributeValue value;

  bool operator==(const Attribute&) const = default;
};

struct Labels {
  std::vector<std::string> tags;      // in order, each once
  std::vector<Attribute> attributes;  // by name, each once

  bool operator==(const Labels&) const = default;
};

}  // namespace otter::fleet
