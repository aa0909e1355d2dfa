// What operators note of a device: tags, which it has or hasn't, and attributes, which have a
// value. docs/spec/labels.md. Plain values and pure functions: any thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace otter::fleet {

constexpr size_t kTagsMax = 32;  // of a device
constexpr size_t kAttributesMax = 32;
constexpr size_t kAttributeTextMax = 128;  // [bytes]

using AttributeValue = std::variant<double, std::string>;

struct Attribute {
  std::string name;
  AttributeValue value;

  bool operator==(const Attribute&) const = default;
};

struct Labels {
  std::vector<std::string> tags;      // in order, each once
  std::vector<Attribute> attributes;  // by name, each once

  bool operator==(const Labels&) const = default;
};

// All that is stated is done: first the list of tags, then what is removed, then what is added.
struct LabelChange {
  std::optional<std::vector<std::string>> tags = {};  // exactly these
  std::vector<std::string> remove_tags = {};
  std::vector<std::string> add_tags = {};
  std::map<std::string, std::optional<AttributeValue>> attributes = {};  // none: it is removed
};

Labels changed(const Labels& labels, const LabelChange& change);

// Why a device can't have these: one line; empty: it can.
std::string fault_of(const Labels& labels);

// An attribute's value as people write it: `3` is a number, `berlin` a text, and so is what stands
// between quotation marks, `"3"`. What fault_of() lets pass is read again as it was.
AttributeValue attribute_value(std::string_view text);
std::string text_of(const AttributeValue& value);

}  // namespace otter::fleet
