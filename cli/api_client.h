// The admin API as a client verb sees it: JSON in, JSON out, and one clear line when the server
// says no. docs/spec/admin-api.md. One thread at a time.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "cli/profile.h"
#include "cli/progress.h"
#include "publish/https_client.h"
#include "publish/url_encode.h"

namespace otter::cli {

// The server could not be reached (status 0) or refused the request.
struct ApiError : std::runtime_error {
  ApiError(unsigned status_in, std::string code_in, const std::string& line)
      : std::runtime_error(line), status(status_in), code(std::move(code_in)) {}
  unsigned status;   // of HTTP; 0: no answer
  std::string code;  // of the problem+json; empty: none
};

class ApiClient {
 public:
  // Errors: std::runtime_error (the server's URL is none, the token file can't be read)
  explicit ApiClient(const Profile& profile);
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  // The answer's JSON. `path` starts with "/api/v1/" and is sent as it is.
  //
  // Errors: ApiError
  boost::json::value get(const std::string& path);
  // A list's pages as one: {"<name>": all items}. `path` may have a query.
  //
  // Errors: ApiError
  boost::json::value get_all(const std::string& path, const char* name);
  boost::json::value post(const std::string& path, const boost::json::value& body);
  boost::json::value patch(const std::string& path, const boost::json::value& body);
  boost::json::value put_json(const std::string& path, const boost::json::value& body);
  boost::json::value remove(const std::string& path);
  // As it came: for what is not one JSON value.
  std::string get_text(const std::string& path);
  // Uploads bytes.
  //
  // Errors: ApiError
  void put(const std::string& path, Bytes bytes);
  // The same, with a bar for a person who waits.
  //
  // Errors: ApiError
  void upload(const std::string& path, Bytes bytes, const std::string& what);

 private:
  struct Answer {
    unsigned status = 0;
    std::string body;
  };
  Answer send(const std::string& method, const std::string& path, const char* content_type,
              Bytes body);
  // The body of an answer that is no refusal. Errors: ApiError
  std::string accepted(const std::string& method, const std::string& path, const char* content_type,
                       Bytes body);
  boost::json::value change(const std::string& method, const std::string& path,
                            const boost::json::value& body);
  std::string read_body();
  ApiError unreachable(Error error) const;

  std::string server_;
  std::string token_;
  std::unique_ptr<Progress> progress_;  // of an upload
  HttpsClient client_;
};

}  // namespace otter::cli
