#include "server/sightings.h"

namespace otter::server {

void Sightings::note(Sighting sighting) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::string device = sighting.device;
  noted_.insert_or_assign(std::move(device), std::move(sighting));
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
    noted_.merge(taken);  // newer notes stay
    throw;
  }
}

}  // namespace otter::server
