#include "server/change.h"

namespace otter::server {

Response make_change(const Call& call, const std::function<Response()>& work) {
  const AuditFacts facts = {call.now_s, call.who.account, call.who.token.id, call.request.remote};
  Response response;
  call.backend.store.atomically([&] {
    response = work();
    record(call.backend.store, facts, call.change, call.crypto);
  });
  return response;
}

}  // namespace otter::server
