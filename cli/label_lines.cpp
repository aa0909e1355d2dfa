#include "cli/label_lines.h"

#include <optional>
#include <stdexcept>

#include "ota/wire/version.h"
#include "server/labels_json.h"

namespace otter::cli {
namespace {

constexpr char kByteOrderMark[] = "\xEF\xBB\xBF";  // some spreadsheets write it

std::variant<fleet::LabelRow, fleet::TableFault> row_of_json(const std::string& line) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(line, error);
  const boost::json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) return fleet::TableFault{"it is no JSON object"};
  for (const auto& [name, member] : *object) {
    if (name == "id" || name == "tags" || name == "attributes") continue;
    return fleet::TableFault{"it has a member that is none of id, tags and attributes"};
  }
  const boost::json::value* id = object->if_contains("id");
  if (id == nullptr || !id->is_string()) return fleet::TableFault{"\"id\" is missing, or no text"};
  try {
    return fleet::LabelRow{std::string(id->as_string()), server::read_label_change(*object)};
  } catch (const std::runtime_error& refusal) {
    return fleet::TableFault{refusal.what()};
  }
}

LabelLine line_of(size_t number, std::variant<fleet::LabelRow, fleet::TableFault> read) {
  LabelLine line;
  line.number = number;
  if (const fleet::TableFault* fault = std::get_if<fleet::TableFault>(&read)) {
    line.fault = fault->message;
    return line;
  }
  line.row = std::get<fleet::LabelRow>(std::move(read));
  if (!is_identifier(line.row.device)) line.fault = "\"id\" is no device's id";
  return line;
}

fleet::LabelTable table_of(const std::string& head, size_t number) {
  auto table = fleet::LabelTable::of_head(head);
  if (const fleet::TableFault* fault = std::get_if<fleet::TableFault>(&table)) {
    throw std::runtime_error("line " + std::to_string(number) + ": " + fault->message);
  }
  return std::get<fleet::LabelTable>(std::move(table));
}

}  // namespace

fleet::Labels labels_of(const boost::json::object& device) {
  return fleet::changed({}, server::read_label_change(device));
}

boost::json::object body_of(const fleet::LabelChange& change) {
  boost::json::object body;
  if (change.tags.has_value()) {
    body["tags"] = boost::json::array(change.tags->begin(), change.tags->end());
  } else if (!change.add_tags.empty() || !change.remove_tags.empty()) {
    body["tags"] = {
        {"remove", boost::json::array(change.remove_tags.begin(), change.remove_tags.end())},
        {"add", boost::json::array(change.add_tags.begin(), change.add_tags.end())}};
  }
  fleet::Labels set;
  boost::json::object removed;
  for (const auto& [name, value] : change.attributes) {
    if (value.has_value()) {
      set.attributes.push_back({name, *value});
    } else {
      removed[name] = nullptr;
    }
  }
  if (change.attributes.empty()) return body;
  boost::json::object attributes = server::attributes_json(set);
  attributes.insert(removed.begin(), removed.end());
  body["attributes"] = std::move(attributes);
  return body;
}

bool concerns_all(const ApiError& error) {
  return error.status == 0 || error.status == 401 || error.status >= 500;
}

std::vector<LabelLine> read_label_lines(std::istream& in) {
  std::vector<LabelLine> lines;
  std::optional<fleet::LabelTable> table;
  bool is_json = false;
  bool is_first = true;
  size_t number = 0;
  for (std::string text; std::getline(in, text);) {
    if (++number == 1 && text.starts_with(kByteOrderMark)) text.erase(0, 3);
    if (text.ends_with('\r')) text.pop_back();
    if (text.find_first_not_of(" \t") == std::string::npos) continue;
    if (is_first) {
      is_first = false;
      is_json = text.front() == '{';
      if (!is_json) table = table_of(text, number);
      if (!is_json) continue;
    }
    lines.push_back(line_of(number, is_json ? row_of_json(text) : table->read(text)));
  }
  return lines;
}

}  // namespace otter::cli
