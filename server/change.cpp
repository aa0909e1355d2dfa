#include "server/change.h"

namespace otter::server {

Response make_change(const Call& call, const std::function<Response()>& work) {
  const AuditFacts facts = {call.now_s, call.who.account, call.who.token.id, call.request.remote};
  Response response;
  call.backend.store.atomically([&] {
    response = work();
    record(call.backend.store, facts, call.change, call.crypto);
    if (call.keep_answer) call.keep_answer(response);
  });
  return response;
}

}  // namespace otter::server
