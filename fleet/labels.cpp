#include "fleet/labels.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "fleet/filter_tokens.h"
#include "ota/wire/version.h"

namespace otter::fleet {
namespace {

bool is_control(char character) {
  return static_cast<unsigned char>(character) < 0x20 || character == 0x7f;
}

std::string fault_of(const Attribute& attribute) {
  if (!is_identifier(attribute.name)) {
    return "an attribute's name is 1 to 64 letters, digits and . - _ :";
  }
  if (const double* number = std::get_if<double>(&attribute.value)) {
    const bool fits = std::isfinite(*number) && filter_number(text_of(*number)).has_value();
    return fits ? ""
                : "the number of " + attribute.name +
                      " has more than 15 digits, or more than 6 behind the point";
  }
  const std::string& text = std::get<std::string>(attribute.value);
  if (text.size() > kAttributeTextMax) {
    return "the text of " + attribute.name + " has more than " + std::to_string(kAttributeTextMax) +
           " bytes";
  }
  return std::ranges::any_of(text, is_control)
             ? "the text of " + attribute.name + " has a control character"
             : "";
}

std::string at_most(size_t count, const char* what) {
  return "a device has at most " + std::to_string(count) + " " + what;
}

}  // namespace

Labels changed(const Labels& labels, const LabelChange& change) {
  const std::vector<std::string>& begun = change.tags.has_value() ? *change.tags : labels.tags;
  std::set<std::string> tags(begun.begin(), begun.end());
  for (const std::string& tag : change.remove_tags) tags.erase(tag);
  tags.insert(change.add_tags.begin(), change.add_tags.end());
  std::map<std::string, AttributeValue> attributes;
  for (const Attribute& attribute : labels.attributes) {
    attributes[attribute.name] = attribute.value;
  }
  for (const auto& [name, value] : change.attributes) {
    if (value.has_value()) {
      attributes[name] = *value;
    } else {
      attributes.erase(name);
    }
  }
  Labels result;
  result.tags.assign(tags.begin(), tags.end());
  for (auto& [name, value] : attributes) result.attributes.push_back({name, std::move(value)});
  return result;
}

std::string fault_of(const Labels& labels) {
  if (labels.tags.size() > kTagsMax) return at_most(kTagsMax, "tags");
  if (labels.attributes.size() > kAttributesMax) return at_most(kAttributesMax, "attributes");
  for (const std::string& tag : labels.tags) {
    if (!is_identifier(tag)) return "a tag is 1 to 64 letters, digits and . - _ :";
  }
  for (const Attribute& attribute : labels.attributes) {
    const std::string fault = fault_of(attribute);
    if (!fault.empty()) return fault;
  }
  return "";
}

AttributeValue attribute_value(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return std::string(text.substr(1, text.size() - 2));
  }
  if (const std::optional<double> number = filter_number(text)) return *number;
  return std::string(text);
}

std::string text_of(const AttributeValue& value) {
  if (const double* number = std::get_if<double>(&value)) {
    char digits[512];  // of any number: 309 before the point, or 340 behind it
    const auto end =
        std::to_chars(digits, digits + sizeof(digits), *number, std::chars_format::fixed);
    return {digits, end.ptr};
  }
  const std::string& text = std::get<std::string>(value);
  const bool is_plain = !text.empty() && text.front() != '"' && !filter_number(text).has_value();
  return is_plain ? text : '"' + text + '"';
}

}  // namespace otter::fleet
