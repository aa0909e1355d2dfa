#include "server/audit_api.h"

#include "server/query.h"

namespace otter::server {
namespace {

constexpr size_t kEntriesMax = 1000;

}  // namespace

Response list_audit(const Call& call) {
  allow_parameters(call, {"after"});
  const int64_t after = integer_parameter(call, "after", 0, INT64_MAX).value_or(0);
  const AuditQuery query{.above = static_cast<uint64_t>(after), .count_max = kEntriesMax};
  Response response;
  response.headers = {{"Content-Type", "application/x-ndjson"}, {"Cache-Control", "no-store"}};
  for (const AuditEntry& entry : call.backend.store.audit_entries(query)) {
    response.body += entry.line + "\n";
  }
  return response;
}

}  // namespace otter::server
