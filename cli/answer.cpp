#include "cli/answer.h"

#include <iostream>
#include <stdexcept>

#include "cli/table.h"

namespace otter::cli {

namespace {

std::string text_of(const boost::json::value& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return printable(std::string(value.as_string()));
  if (value.is_bool()) return value.as_bool() ? "yes" : "no";
  return boost::json::serialize(value);
}

std::string joined(const std::string& text, const std::string& next) {
  return text.empty() ? next : text + " " + next;
}

}  // namespace

std::string shown(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr) return "-";
  std::string text;
  if (value->is_array()) {
    for (const boost::json::value& item : value->as_array()) text = joined(text, text_of(item));
  } else if (value->is_object()) {
    for (const auto& [key, item] : value->as_object()) {
      text = joined(text, printable(key) + "=" + text_of(item));
    }
  } else {
    text = text_of(*value);
  }
  return text.empty() ? "-" : text;
}

std::string shown_time(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  return format_time(value != nullptr && value->is_int64() ? value->as_int64() : 0);
}

boost::json::array list_of(const boost::json::value& answer, const char* name) {
  const boost::json::object* object = answer.if_object();
  const boost::json::value* list = object == nullptr ? nullptr : object->if_contains(name);
  if (list == nullptr || !list->is_array()) {
    throw std::runtime_error("the server's answer has no list of " + std::string(name) +
                             "; is it of another version?");
  }
  for (const boost::json::value& item : list->as_array()) {
    if (!item.is_object()) throw std::runtime_error("the server's answer is of another form");
  }
  return list->as_array();
}

void print_json(const boost::json::value& value) {
  std::cout << boost::json::serialize(value) << '\n';
}

}  // namespace otter::cli
