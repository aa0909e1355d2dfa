// Reads the JSON that a request carries; what is wrong is named by its field. Pure, any thread.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "ota/wire/digest.h"
#include "server/http.h"

namespace otter::server {

// The body as an object.
//
// Errors: HttpError unsupported_media_type, bad_json, invalid_field (not an object)
boost::json::object parse_json_body(const Request& request);

// Whether there is such a member. One that is null counts as missing, here and below.
bool states(const boost::json::object& object, const char* name);

// A member's value.
//
// Errors: HttpError invalid_field (missing, wrong type, too long, out of range)
std::string string_field(const boost::json::object& object, const char* name, size_t size_max);
std::string string_field_or_empty(const boost::json::object& object, const char* name,
                                  size_t size_max);
std::optional<int64_t> integer_field(const boost::json::object& object, const char* name,
                                     int64_t maximum);                 // [0, maximum]
bool flag_field(const boost::json::object& object, const char* name);  // missing: false
std::optional<Digest> digest_field(const boost::json::object& object, const char* name);
const boost::json::object& object_field(const boost::json::object& object, const char* name);

// An id that is_identifier() accepts.
//
// Errors: HttpError invalid_field
std::string identifier_field(const boost::json::object& object, const char* name);

// A member of an answer that is `null` while there is nothing to tell.
boost::json::value text_or_null(const std::string& text);

// An answer with this document, and a newline for people who use curl.
Response json_response(unsigned status, const boost::json::object& document);

}  // namespace otter::server
