#include "server/audit_api.h"

#include <charconv>

#include "server/problem.h"

namespace otter::server {
namespace {

constexpr size_t kEntriesMax = 1000;

uint64_t number_parameter(const Call& call, const char* name) {
  const auto found = call.target.query.find(name);
  if (found == call.target.query.end()) return 0;
  const std::string& text = found->second;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > INT64_MAX) {
    throw HttpError(Problem::invalid_field, "\"" + std::string(name) + "\" must be a whole number");
  }
  return number;
}

}  // namespace

Response list_audit(const Call& call) {
  const AuditQuery query{.above = number_parameter(call, "after"), .count_max = kEntriesMax};
  Response response;
  response.headers = {{"Content-Type", "application/x-ndjson"}, {"Cache-Control", "no-store"}};
  for (const AuditEntry& entry : call.backend.store.audit_entries(query)) {
    response.body += entry.line + "\n";
  }
  return response;
}

}  // namespace otter::server
