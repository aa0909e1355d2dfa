// The server's rollouts and experiments: fleet/book.h over the store, with the server's clock.
// docs/spec/rollout.md. Any thread.
#pragma once

#include <atomic>

#include "fleet/book.h"
#include "server/events.h"
#include "server/experiments.h"
#include "server/log.h"
#include "server/sightings.h"
#include "server/store.h"
#include "server/write_queue.h"

namespace otter::server {

// What steps of rollouts are told to.
struct Audience {
  Log& log;
  Events& events;
};

// Keeps it; with a configuration that has come to all of a product, that it is in force there.
// False if another one of that revision is kept.
//
// Errors: StoreError
bool keep_rollout(Store& store, const fleet::RolloutRecord& record);

class Rollouts : private fleet::Roster {
 public:
  // All must outlive it. `check_interval_s` [s]: how often a device is heard of.
  Rollouts(Store& store, Sightings& sightings, int64_t check_interval_s);

  // Reads what was kept, with the outcomes of reports that came after it. Once, at the start.
  //
  // Errors: StoreError
  void load(int64_t now_s);

  // The rollouts' steps, kept and then acted on. Every few seconds, by one thread.
  //
  // Errors: StoreError; then what is not kept is tried again the next time
  void tick(const Audience& audience, int64_t now_s);

  // Makes a part durable and then calls `done`; if it can't be, the device has not begun.
  using Done = std::function<void(std::exception_ptr error)>;
  void start(const fleet::PartRecord& part, Done done);

  // A report that is durable.
  void note(const Report& report);

  fleet::Book& book() { return book_; }
  Experiments& experiments() { return experiments_; }

 private:
  std::vector<fleet::Member> members(const fleet::Plan& plan) override;
  std::vector<fleet::Vitals> vitals(const std::vector<std::string>& devices) override;
  void flush_parts();
  void note_outcomes(const fleet::RolloutRecord& record, int64_t now_s);

  Store& store_;
  Sightings& sightings_;
  const int64_t check_interval_s_;
  std::atomic<int64_t> now_s_ = 0;  // [s since 1970-01-01 UTC] of the step
  fleet::Book book_;
  Experiments experiments_;
  WriteQueue<fleet::PartRecord> starts_;
};

}  // namespace otter::server
