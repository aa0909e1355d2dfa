#include "server/outcome.h"

#include <cstddef>
#include <iterator>

namespace otter::server {
namespace {

struct Entry {
  const char* name;
  bool is_final;
};

constexpr Entry kEntries[] = {
#define OTTER_OUTCOME_ENTRY(word, is_final) {#word, is_final},
    OTTER_OUTCOMES(OTTER_OUTCOME_ENTRY)
#undef OTTER_OUTCOME_ENTRY
};

}  // namespace

const char* name(Outcome outcome) { return kEntries[static_cast<size_t>(outcome)].name; }

std::optional<Outcome> outcome_named(std::string_view text) {
  for (size_t i = 0; i < std::size(kEntries); ++i) {
    if (text == kEntries[i].name) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

bool is_final(Outcome outcome) { return kEntries[static_cast<size_t>(outcome)].is_final; }

bool may_replace(Outcome current, Outcome next) {
  return is_final(next) || !is_final(current) || current == Outcome::failed;
}

}  // namespace otter::server
