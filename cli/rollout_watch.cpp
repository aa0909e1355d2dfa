#include "cli/rollout_watch.h"

#include <algorithm>
#include <sstream>

#include "cli/answer.h"
#include "cli/table.h"

namespace otter::cli {
namespace {

constexpr int64_t kBarWidth = 50;  // [characters]

int64_t figure(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  return value == nullptr || !value->is_number() ? 0 : value->to_number<int64_t>();
}

// `#` confirmed, `!` failing, `~` at it, `.` the rest of the group.
std::string bar_of(const RolloutCounts& counts, int64_t members) {
  if (members <= 0) return std::string(kBarWidth, '.');
  const auto width = [members](int64_t count) {
    return static_cast<size_t>(std::min(kBarWidth, (count * kBarWidth + members - 1) / members));
  };
  std::string bar = std::string(width(counts.confirmed), '#') +
                    std::string(width(counts.failing), '!') + std::string(width(counts.open), '~');
  bar.resize(kBarWidth, '.');
  return bar;
}

}  // namespace

RolloutCounts counts_of(const boost::json::object& rollout) {
  RolloutCounts counts;
  const boost::json::value* devices = rollout.if_contains("devices");
  if (devices == nullptr || !devices->is_object()) return counts;
  const boost::json::object& tally = devices->as_object();
  counts.confirmed = figure(tally, "confirmed");
  counts.failing = figure(tally, "rolled_back") + figure(tally, "failed") + figure(tally, "lost");
  counts.refused = figure(tally, "refused");
  counts.skipped = figure(tally, "skipped");
  counts.open = figure(tally, "open");
  return counts;
}

void print_rollout(std::ostream& out, const boost::json::object& rollout) {
  const RolloutCounts counts = counts_of(rollout);
  const int64_t members = figure(rollout, "members");
  const std::string config = shown(rollout, "config");
  out << shown(rollout, "product") << " "
      << (config == "-" ? shown(rollout, "version") : "configuration " + config) << ": "
      << shown(rollout, "phase") << ", stage " << shown(rollout, "stage") << " of "
      << shown(rollout, "stages") << " (up to " << shown(rollout, "quota") << " of " << members
      << " devices)\n"
      << "[" << bar_of(counts, members) << "] " << counts.confirmed << " confirmed, "
      << counts.failing << " failing, " << counts.open << " at it, " << counts.refused
      << " refused, " << counts.skipped << " need nothing\n";
  if (shown(rollout, "cause") != "none") {
    out << "Cause: " << shown(rollout, "cause") << ": " << shown(rollout, "detail") << "\n";
  }
}

void print_explanation(std::ostream& out, const boost::json::object& explanation) {
  out << shown(explanation, "id") << " of " << shown(explanation, "product") << " runs "
      << shown(explanation, "version") << " (" << shown(explanation, "boot_state")
      << "), was last seen " << shown_time(explanation, "last_seen") << ", comes again about "
      << shown_time(explanation, "next_checkin") << "\n";
  const boost::json::array lines = list_of(explanation, "lines");
  if (lines.empty()) out << "There is nothing for it: no newer release, no rollout.\n";
  for (const boost::json::value& item : lines) {
    const boost::json::object& line = item.as_object();
    out << "  " << shown(line, "version") << ": " << shown(line, "text");
    if (shown(line, "detail") != "-") out << ": " << shown(line, "detail");
    if (shown(line, "until") != "-") out << ", until " << shown_time(line, "until");
    if (shown(line, "rollout") != "-") out << " (rollout " << shown(line, "rollout") << ")";
    if (shown(line, "experiment") != "-") {
      out << " (arm " << shown(line, "arm") << " of experiment " << shown(line, "experiment")
          << ")";
    }
    out << "\n";
  }
}

void RolloutWatch::draw(const boost::json::object& rollout) {
  std::ostringstream text;
  print_rollout(text, rollout);
  if (text.str() == last_) return;
  if (is_terminal_ && !last_.empty()) {
    for (const char character : last_) {
      if (character == '\n') out_ << "\x1b[1A\x1b[2K";
    }
  }
  last_ = text.str();
  out_ << last_ << std::flush;
}

}  // namespace otter::cli
