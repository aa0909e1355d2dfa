#include "server/readiness.h"

#include "server/problem.h"

namespace otter::server {

void Readiness::check(Store& store, int64_t now_s) {
  const std::string objection = objection_ ? objection_() : "";
  if (!objection.empty()) throw HttpError(Problem::not_ready, objection, {{"Retry-After", "30"}});
  const std::lock_guard<std::mutex> lock(lock_);
  const bool is_fresh = now_s >= good_at_s_ && now_s - good_at_s_ < kGoodFor;
  if (is_fresh) return;
  store.check();
  good_at_s_ = now_s;
}

}  // namespace otter::server
