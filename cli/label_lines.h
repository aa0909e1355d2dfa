// Tags and attributes as client verbs meet them: in the server's answers, in what they ask of it,
// and in the lines of a file. docs/spec/labels.md. Main thread.
#pragma once

#include <boost/json.hpp>
#include <istream>
#include <string>
#include <vector>

#include "cli/api_client.h"
#include "fleet/label_table.h"

namespace otter::cli {

// Of a device in an answer. Errors: std::runtime_error (it is of another form)
fleet::Labels labels_of(const boost::json::object& device);
// What a PATCH of a device asks for.
boost::json::object body_of(const fleet::LabelChange& change);

// Whether what one request was refused with, all that follow would be refused with, too.
bool concerns_all(const ApiError& error);

// One line of a file: what it asks for, or why it can't be taken.
struct LabelLine {
  size_t number = 0;
  fleet::LabelRow row;
  std::string fault;
};

// CSV with a head, or JSON lines, whose first line begins with '{'. Empty lines say nothing.
//
// Errors: std::runtime_error (the head of the CSV)
std::vector<LabelLine> read_label_lines(std::istream& in);

}  // namespace otter::cli
