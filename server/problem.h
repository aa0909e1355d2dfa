// What a request can be refused with: one table from code to status, and RFC 9457 problem
// documents. docs/spec/problems.md. Pure, any thread.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ota/wire/error.h"
#include "server/http.h"

namespace otter::server {

// X(code, status, what it means). The spelling is the one in answers, logs and documents.
#define OTTER_PROBLEMS(X)                                                                 \
  X(bad_request, 400, "the request is not in the documented form")                        \
  X(bad_path, 400, "the path is not one that this server could have")                     \
  X(bad_query, 400, "a parameter of the query is not in the documented form")             \
  X(bad_json, 400, "the body is not JSON")                                                \
  X(bad_facts, 400, "the X-Otter-Device header is not in the documented form")            \
  X(unauthorized, 401, "no key or a wrong key")                                           \
  X(forbidden, 403, "the key is good, but not for this")                                  \
  X(not_found, 404, "there is no such thing")                                             \
  X(method_not_allowed, 405, "this path does not know the method")                        \
  X(timeout, 408, "the request did not arrive in time")                                   \
  X(exists, 409, "there is one of that name")                                             \
  X(version_used, 409, "the product has one of that version, or a later one")             \
  X(sequence_used, 409, "the sequence is not above that of the last release")             \
  X(epoch_used, 409, "the epoch is not the one that follows")                             \
  X(devices_behind, 409, "devices with older keys would be shut out")                     \
  X(not_enrolled, 409, "the device has no key of its own")                                \
  X(last_admin, 409, "nobody could administer the server any more")                       \
  X(in_progress, 409, "the first request with this Idempotency-Key is not answered yet")  \
  X(in_use, 409, "something else depends on it")                                          \
  X(wrong_phase, 409, "it is in a phase in which that can't be done")                     \
  X(precondition_failed, 412, "the file is not the one that the request expects")         \
  X(too_large, 413, "the body is over the limit")                                         \
  X(target_too_long, 414, "the path and query are over the limit")                        \
  X(unsupported_media_type, 415, "the body's Content-Type is not the one that is needed") \
  X(range_not_satisfiable, 416, "the range begins behind the end of the file")            \
  X(expectation_failed, 417, "the Expect header asks for what this server can't do")      \
  X(invalid_field, 422, "a field is missing, of the wrong type or out of its range")      \
  X(blob_missing, 422, "the release's image has not been uploaded")                       \
  X(config_missing, 422, "the release's configuration has not been added")                \
  X(hash_differs, 422, "the bytes are not those that the name says")                      \
  X(facts_differ, 422, "the image is not the one that the manifest describes")            \
  X(key_reused, 422, "the Idempotency-Key was used for another request")                  \
  X(too_many_requests, 429, "more requests or connections than one client may have")      \
  X(headers_too_large, 431, "the request's headers are over the limit")                   \
  X(internal, 500, "a fault in the server")                                               \
  X(provider_failed, 502, "the identity provider does not answer as it should")           \
  X(busy, 503, "the server has as many connections as it may")                            \
  X(not_ready, 503, "the server should get no requests now")                              \
  X(store_unavailable, 503, "the server can't read or write its data now")

enum class Problem : uint8_t {
#define OTTER_PROBLEM_ENUM(code, status, meaning) code,
  OTTER_PROBLEMS(OTTER_PROBLEM_ENUM)
#undef OTTER_PROBLEM_ENUM
};

const char* name(Problem problem);
unsigned status_of(Problem problem);
const char* meaning(Problem problem);

using Headers = std::vector<std::pair<std::string, std::string>>;

// A request that can't be served. what() is the detail: one line for the person who sent it.
struct HttpError : std::runtime_error {
  HttpError(Problem problem, const std::string& detail, Headers headers_in = {});
  // What the device or the publisher would refuse too: 422, with the word of the closed list.
  HttpError(Error error, const std::string& detail);

  unsigned status;
  std::string code;
  Headers headers;  // that the answer must carry: Allow, WWW-Authenticate, Content-Range
};

// The problem document, application/problem+json.
Response problem_response(const HttpError& error);
// For what could not become a request; `status` is one of the table or 400. With Retry-After where
// it helps to wait.
Response problem_response(unsigned status, const std::string& detail);

}  // namespace otter::server
