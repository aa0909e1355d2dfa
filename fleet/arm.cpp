#include "fleet/arm.h"

#include <algorithm>

#include "fleet/cohort.h"
#include "fleet/time_units.h"

namespace otter::fleet {
namespace {

constexpr uint32_t kResetsMax = 10;  // of one device: one that does nothing else decides nothing
constexpr int64_t kIntervalsUntilSilent = 3;
constexpr double kWorstSignal = -127;    // [dBm]
constexpr char kDealing[] = "/dealing";  // a rollout of that name deals otherwise

uint32_t resets_since(uint32_t before, uint32_t now) {
  return std::min(now < before ? 0 : now - before, kResetsMax);
}

}  // namespace

#define OTTER_METRIC_NAME(word, is_share, is_lower_better) \
  case Metric::word:                                       \
    return #word;
const char* name(Metric metric) {
  switch (metric) { OTTER_METRICS(OTTER_METRIC_NAME) }
  return "confirmed";
}
#undef OTTER_METRIC_NAME

#define OTTER_METRIC_NAMED(word, is_share, is_lower_better) \
  if (text == #word) return Metric::word;
std::optional<Metric> metric_named(std::string_view text) {
  OTTER_METRICS(OTTER_METRIC_NAMED)
  return std::nullopt;
}
#undef OTTER_METRIC_NAMED

#define OTTER_METRIC_IS_SHARE(word, is_share, is_lower_better) \
  case Metric::word:                                           \
    return is_share;
bool is_share(Metric metric) {
  switch (metric) { OTTER_METRICS(OTTER_METRIC_IS_SHARE) }
  return false;
}
#undef OTTER_METRIC_IS_SHARE

#define OTTER_METRIC_IS_LOWER_BETTER(word, is_share, is_lower_better) \
  case Metric::word:                                                  \
    return is_lower_better;
bool is_lower_better(Metric metric) {
  switch (metric) { OTTER_METRICS(OTTER_METRIC_IS_LOWER_BETTER) }
  return false;
}
#undef OTTER_METRIC_IS_LOWER_BETTER

bool is_dealt(const Arm& arm, std::string_view device) {
  return cohort_place(arm.experiment + kDealing, device) % arm.versions.size() == arm.index;
}

double value_of(const Arm& arm, const Pair& watch, const PairNow& now, bool has_confirmed) {
  const bool is_silent =
      now.now_s - now.device.seen_s > kIntervalsUntilSilent * now.check_interval_s;
  const uint32_t resets = is_silent ? kResetsMax : resets_since(watch.resets, now.device.resets);
  switch (arm.metric) {
    case Metric::confirmed:
      return has_confirmed ? 1 : 0;
    case Metric::any_reset:
      return resets > 0 ? 1 : 0;
    case Metric::resets:
      return resets * double{kDay} / static_cast<double>(arm.watch_s);
    case Metric::heap:
      return is_silent ? 0 : now.device.heap_bytes;
    case Metric::signal:
      return is_silent || now.device.rssi_dbm_below_zero == 0
                 ? kWorstSignal
                 : -static_cast<double>(now.device.rssi_dbm_below_zero);
  }
  return 0;
}

}  // namespace otter::fleet
