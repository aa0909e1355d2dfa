// Whether this process can serve: for whoever starts it again, or sends it requests. Any thread.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "server/store.h"

namespace otter::server {

class Readiness {
 public:
  static constexpr int64_t kGoodFor = 5;  // [s] so that strangers can't keep the disk busy

  // What only the owner of the sockets knows: why no requests should come; empty: they may.
  //
  // REQUIRES: called before the first request
  void ask(std::function<std::string()> objection) { objection_ = std::move(objection); }

  // Errors: HttpError not_ready; StoreError (it can't be read or written)
  void check(Store& store, int64_t now_s);

 private:
  std::function<std::string()> objection_;
  std::mutex lock_;
  int64_t good_at_s_ = 0;  // when the store was last found good
};

}  // namespace otter::server
