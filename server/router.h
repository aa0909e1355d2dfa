// From a request to its answer: which handler, how large a body, and what an exception becomes. The
// one place where HttpError and StoreError are caught. Any thread.
#pragma once

#include "server/call.h"
#include "server/problem.h"
#include "server/request_rates.h"

namespace otter::server {

class Router {
 public:
  // `backend` must outlive it.
  explicit Router(Backend& backend);

  // Never throws: what a handler throws is logged and becomes application/problem+json.
  Response handle(const Request& request);

  // The largest body [bytes] that is read for a request. An upload without a valid token gets
  // little, so that a stranger can't fill the memory.
  size_t body_size_max(const Request& request);

  // The answer to what could not become a request; logged.
  Response refuse(unsigned status, const std::string& remote, const std::string& detail);

 private:
  // What is known of a request before its handler has answered.
  struct Origin {
    const Route* route = nullptr;
    std::string device;
  };

  Response dispatch(const Request& request, Origin* origin);
  void check_rate(const Request& request);
  Response refused(const Request& request, const HttpError& error);
  Response faulty(const Request& request, const HttpError& error, const char* what);

  Backend& backend_;
  RequestRates rates_;
};

}  // namespace otter::server
