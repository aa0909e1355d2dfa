#include "server/audit_api.h"

#include <algorithm>

#include "server/query.h"

namespace otter::server {
namespace {

constexpr size_t kEntriesMax = 1000;

}  // namespace

Response list_audit(const Call& call) {
  allow_parameters(call, {"after", "last"});
  const int64_t after = integer_parameter(call, "after", 0, INT64_MAX).value_or(0);
  const int64_t last = integer_parameter(call, "last", 1, kEntriesMax).value_or(0);
  AuditQuery query{.above = static_cast<uint64_t>(after), .count_max = kEntriesMax};
  if (last > 0) {
    query.count_max = static_cast<size_t>(last);
    query.newest_first = true;
  }
  std::vector<AuditEntry> entries = call.backend.store.audit_entries(query);
  if (last > 0) std::ranges::reverse(entries);
  Response response;
  response.headers = {{"Content-Type", "application/x-ndjson"}, {"Cache-Control", "no-store"}};
  for (const AuditEntry& entry : entries) response.body += entry.line + "\n";
  return response;
}

}  // namespace otter::server
