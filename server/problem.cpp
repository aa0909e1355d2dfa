#include "server/problem.h"

#include <boost/json.hpp>

namespace otter::server {
namespace {

struct Entry {
  const char* name;
  unsigned status;
  const char* meaning;
};

constexpr Entry kEntries[] = {
#define OTTER_PROBLEM_ENTRY(code, status, meaning) {#code, status, meaning},
    OTTER_PROBLEMS(OTTER_PROBLEM_ENTRY)
#undef OTTER_PROBLEM_ENTRY
};

constexpr char kRetryAfter[] = "30";  // [s]

struct Phrase {
  unsigned status;
  const char* text;
};

// RFC 9457 section 4.2.1: with type "about:blank" the title is the status's phrase.
constexpr Phrase kPhrases[] = {{400, "Bad Request"},
                               {401, "Unauthorized"},
                               {403, "Forbidden"},
                               {404, "Not Found"},
                               {405, "Method Not Allowed"},
                               {408, "Request Timeout"},
                               {409, "Conflict"},
                               {412, "Precondition Failed"},
                               {413, "Content Too Large"},
                               {414, "URI Too Long"},
                               {415, "Unsupported Media Type"},
                               {416, "Range Not Satisfiable"},
                               {417, "Expectation Failed"},
                               {422, "Unprocessable Content"},
                               {429, "Too Many Requests"},
                               {431, "Request Header Fields Too Large"},
                               {500, "Internal Server Error"},
                               {502, "Bad Gateway"},
                               {503, "Service Unavailable"}};

const char* phrase_of(unsigned status) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Error";
}

const Entry& entry_of(Problem problem) { return kEntries[static_cast<size_t>(problem)]; }

}  // namespace

const char* name(Problem problem) { return entry_of(problem).name; }
unsigned status_of(Problem problem) { return entry_of(problem).status; }
const char* meaning(Problem problem) { return entry_of(problem).meaning; }

HttpError::HttpError(Problem problem, const std::string& detail, Headers headers_in)
    : std::runtime_error(detail),
      status(status_of(problem)),
      code(name(problem)),
      headers(std::move(headers_in)) {}

HttpError::HttpError(Error error, const std::string& detail)
    : std::runtime_error(detail), status(422), code(otter::name(error).data) {}

Response problem_response(const HttpError& error) {
  Response response;
  response.status = error.status;
  response.headers = error.headers;
  response.headers.emplace_back("Content-Type", "application/problem+json");
  response.headers.emplace_back("Cache-Control", "no-store");
  const boost::json::object document = {{"type", "about:blank"},
                                        {"title", phrase_of(error.status)},
                                        {"status", error.status},
                                        {"code", error.code},
                                        {"detail", error.what()}};
  response.body = boost::json::serialize(document) + "\n";
  return response;
}

Response problem_response(unsigned status, const std::string& detail) {
  for (size_t i = 0; i < std::size(kEntries); ++i) {
    if (kEntries[i].status != status) continue;
    const bool later = status == 429 || status == 503;
    return problem_response(HttpError(static_cast<Problem>(i), detail,
                                      later ? Headers{{"Retry-After", kRetryAfter}} : Headers{}));
  }
  return problem_response(HttpError(Problem::bad_request, detail));
}

}  // namespace otter::server
