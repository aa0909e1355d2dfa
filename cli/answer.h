// Reads the admin API's answers for the verbs that list things, and prints them as a table or as
// JSON. Main thread.
#pragma once

#include <boost/json.hpp>
#include <string>

namespace otter::cli {

// A member as a person reads it: "-" if it is null, missing or has nothing in it; a list's items
// beside each other, an object's members as name=value.
std::string shown(const boost::json::object& object, const char* name);
// A member that is a time; "never" if it is 0, null or missing.
std::string shown_time(const boost::json::object& object, const char* name);

// The objects of the member `name`.
//
// Errors: std::runtime_error (the answer is of another form)
boost::json::array list_of(const boost::json::value& answer, const char* name);

// One line of JSON on standard output.
void print_json(const boost::json::value& value);

}  // namespace otter::cli
