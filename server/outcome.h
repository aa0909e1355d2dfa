// How far an update of one device has come, and how it ended. The spelling here is the spelling in
// reports, the database, answers and tables. docs/spec/report.md. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace otter::server {

// X(word, is_final). `claimed`: a plain report says that it succeeded, without the proof that
// `confirmed` needs: the running image's hash and its boot state.
#define OTTER_OUTCOMES(X) \
  X(downloading, false)   \
  X(verified, false)      \
  X(rebooting, false)     \
  X(confirmed, true)      \
  X(rolled_back, true)    \
  X(refused, true)        \
  X(failed, true)         \
  X(claimed, true)

enum class Outcome : uint8_t {
#define OTTER_OUTCOME_ENUM(word, is_final) word,
  OTTER_OUTCOMES(OTTER_OUTCOME_ENUM)
#undef OTTER_OUTCOME_ENUM
};

const char* name(Outcome outcome);
std::optional<Outcome> outcome_named(std::string_view text);
bool is_final(Outcome outcome);

// May `next` take the place of `current` for the same release on the same device?
bool may_replace(Outcome current, Outcome next);

}  // namespace otter::server
