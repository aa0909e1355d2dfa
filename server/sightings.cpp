#include "server/sightings.h"

#include <chrono>
#include <cstdlib>

namespace otter::server {
Sighting joined(const Sighting& earlier, Sighting later) {
  const bool is_reset = counts_as_reset(last_sign(earlier), first_sign(later));
  later.resets += earlier.resets + (is_reset ? 1 : 0);
  later.first = first_sign(earlier);
  return later;
}

int64_t steady_time_s() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

// A clock that was set makes chips seem to have started later than they did.
void Sightings::watch_clock(int64_t now_s) {
  const int64_t ahead_s = now_s - steady_s_();
  const bool is_set =
      clock_ahead_s_.has_value() && std::llabs(ahead_s - *clock_ahead_s_) > kClockSlack;
  if (is_set) clock_set_s_ = now_s;
  clock_ahead_s_ = ahead_s;
}

void Sightings::note(Sighting sighting) {
  const std::lock_guard<std::mutex> lock(lock_);
  watch_clock(sighting.seen_s);
  sighting.clock_set_s = clock_set_s_;
  const auto [known, is_new] = noted_.try_emplace(sighting.device, sighting);
  if (!is_new) known->second = joined(known->second, std::move(sighting));
}

void Sightings::flush(Store& store) {
  std::unordered_map<std::string, Sighting> taken;
  {
    const std::lock_guard<std::mutex> lock(lock_);
    taken.swap(noted_);
  }
  std::vector<Sighting> batch;
  batch.reserve(taken.size());
  for (const auto& [device, sighting] : taken) batch.push_back(sighting);
  try {
    store.save_sightings(batch);
  } catch (const StoreError&) {
    const std::lock_guard<std::mutex> lock(lock_);
    for (const auto& [device, sighting] : taken) {
      const auto [newer, is_new] = noted_.try_emplace(device, sighting);
      if (!is_new) newer->second = joined(sighting, std::move(newer->second));
    }
    throw;
  }
}

}  // namespace otter::server
