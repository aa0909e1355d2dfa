// Requests that may be sent again: with an Idempotency-Key a POST is done once, and who repeats it
// gets the first answer, also after a restart. docs/spec/admin-api.md. Any thread.
//
// An answer may hold a secret that is shown once. It is kept sealed under a key that comes of the
// caller's token and of the Idempotency-Key: of either the store has a hash at most, so neither the
// database nor a backup of it gives the answer away, and the one who asked can read it again.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "server/call.h"

namespace otter::server {

class Idempotency {
 public:
  // What `handle` answers. If the request has an Idempotency-Key, what `handle` changes by
  // make_change() and the answer are durable together; it is not called if the answer is there.
  // Only an answer of 2xx is kept: one that refuses has changed nothing.
  //
  // REQUIRES: `handle` changes the store by one make_change()
  // Errors: HttpError bad_request (the key is empty, too long or not printable), in_progress (the
  //         first one is not answered yet), key_reused (for another request); those of `handle`
  Response answer(const Call& call, const std::function<Response()>& handle);

 private:
  std::mutex lock_;
  std::set<std::string> in_progress_;
};

}  // namespace otter::server
