// Pages of a rollout's or an arm's parts, those that a query's `end` and `measured` choose.
// docs/spec/admin-api.md. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/book.h"
#include "server/call.h"
#include "server/query.h"

namespace otter::server {

struct PartChoice {
  std::optional<fleet::End> end;  // that ended so; nothing: however
  bool only_measured = false;     // an arm's: its watch is over
};

// Errors: HttpError bad_query
PartChoice part_choice(const Call& call);

// What a page of them shows, by device, and one more where there is one.
std::vector<fleet::PartRecord> chosen_parts(const Call& call, const std::string& rollout,
                                            const Page& page, const PartChoice& choice);

}  // namespace otter::server
