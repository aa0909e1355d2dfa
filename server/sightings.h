// When each device was last seen, and what it then said of itself: kept in memory and written in
// batches, so that a check-in with nothing to do costs no write. Any thread.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "server/store.h"

namespace otter::server {

class Sightings {
 public:
  void note(Sighting sighting);

  // Writes what was noted since the last call. What can't be written is kept for the next.
  //
  // Errors: StoreError
  void flush(Store& store);

 private:
  std::mutex lock_;
  std::unordered_map<std::string, Sighting> noted_;
};

}  // namespace otter::server
