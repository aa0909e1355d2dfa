#include "server/labels_json.h"

#include <cmath>

#include "server/json_body.h"
#include "server/problem.h"

namespace otter::server {
namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw HttpError(Problem::invalid_field, reason);
}

boost::json::value json_of(const fleet::AttributeValue& value) {
  const double* const number = std::get_if<double>(&value);
  if (number == nullptr) return boost::json::string(std::get<std::string>(value));
  // As people write them: 3, not 3E0.
  constexpr double kWholeMax = 1e15;
  const bool is_whole = *number == std::floor(*number) && std::abs(*number) <= kWholeMax;
  if (is_whole) return static_cast<int64_t>(*number);
  return *number;
}

std::vector<std::string> texts_of(const boost::json::value& list, const char* name) {
  const std::string reason = std::string("\"") + name + "\" must be a list of tags";
  if (!list.is_array()) refuse(reason);
  std::vector<std::string> texts;
  for (const boost::json::value& text : list.as_array()) {
    if (!text.is_string()) refuse(reason);
    texts.emplace_back(text.as_string());
  }
  return texts;
}

void read_tags(const boost::json::value& tags, fleet::LabelChange* change) {
  if (tags.is_array()) {
    change->tags = texts_of(tags, "tags");
    return;
  }
  if (!tags.is_object()) refuse("\"tags\" must be a list, or an object with add and remove");
  for (const auto& [name, list] : tags.as_object()) {
    if (name == "add") {
      change->add_tags = texts_of(list, "add");
    } else if (name == "remove") {
      change->remove_tags = texts_of(list, "remove");
    } else {
      refuse("\"tags\" knows add and remove alone");
    }
  }
}

std::optional<fleet::AttributeValue> value_of(const std::string& name,
                                              const boost::json::value& value) {
  if (value.is_null()) return std::nullopt;
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_number()) return value.to_number<double>();
  refuse("\"" + name + "\" must be a text, a number or null");
}

}  // namespace

boost::json::array tags_json(const fleet::Labels& labels) {
  return boost::json::array(labels.tags.begin(), labels.tags.end());
}

boost::json::object attributes_json(const fleet::Labels& labels) {
  boost::json::object object;
  for (const fleet::Attribute& attribute : labels.attributes) {
    object[attribute.name] = json_of(attribute.value);
  }
  return object;
}

fleet::LabelChange read_label_change(const boost::json::object& object) {
  fleet::LabelChange change;
  if (states(object, "tags")) read_tags(object.at("tags"), &change);
  if (!states(object, "attributes")) return change;
  for (const auto& [name, value] : object_field(object, "attributes")) {
    change.attributes[name] = value_of(name, value);
  }
  return change;
}

}  // namespace otter::server
