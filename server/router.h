// From a request to its answer: which handler, on which thread, how large a body. Any thread.
#pragma once

#include <memory>

#include "server/call.h"
#include "server/idempotency.h"
#include "server/problem.h"
#include "server/request_rates.h"

namespace otter::server {

class Router {
 public:
  // Runs work on another thread.
  using Aside = std::function<void(std::function<void()>)>;

  // `backend` must outlive it. What may take long is given to `aside`, and answered later; without
  // one it is answered at once.
  explicit Router(Backend& backend, Aside aside = {});

  // Never throws: what a handler throws is logged and becomes application/problem+json.
  Response handle(const Request& request);

  // The largest body [bytes] that is read for a request. An upload without a valid token gets
  // little, so that a stranger can't fill the memory.
  size_t body_size_max(const Request& request);

  // The answer to what could not become a request; logged.
  Response refuse(unsigned status, const std::string& remote, const std::string& detail);

 private:
  // What is known of a request, more and more until its answer is there.
  struct Origin {
    const Route* route = nullptr;
    std::string device;
  };
  using OriginPtr = std::shared_ptr<Origin>;

  Response finished(Response response, const Request& request, const OriginPtr& origin);
  Response dispatch(const Request& request, const OriginPtr& origin);
  Response answer(const Request& request, Target target, Origin& origin);
  Response respond(const Route& route, const Call& call);
  void check_rate(const Request& request);

  Backend& backend_;
  Aside aside_;
  RequestRates rates_;
  Idempotency idempotency_;
};

}  // namespace otter::server
