// The server's experiments: fleet/trial.h over the store and the Book that gives their arms out.
// docs/spec/experiment.md. Any thread.
//
// Invariant: an experiment and its arms change in the store together; an arm is offered to devices
// only while its experiment is kept as running.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fleet/book.h"
#include "fleet/trial.h"
#include "server/store.h"

namespace otter::server {

struct Audience;

// An experiment with the arms as they stand in the Book; none of a draft.
struct ExperimentView {
  fleet::TrialRecord record;
  std::vector<fleet::Book::ArmView> arms;

  // In the order of the plan's arms, also those of a draft.
  std::vector<fleet::ArmFigures> figures() const;
};

// What becomes of the devices that are at an arm, or run its release, when it ends.
enum class AtEnd : uint8_t { keep, take_back };

class Experiments {
 public:
  // Both must outlive it.
  Experiments(Store& store, fleet::Book& book) : store_(store), book_(book) {}

  // Reads what was kept. Once, at the start. Errors: StoreError
  void load();

  // Adds an experiment, or takes its new state, unless it has a newer one. Durable before.
  void adopt(const fleet::TrialRecord& record);

  // By id; of a product, or all of them if it is empty.
  std::vector<ExperimentView> view(const std::string& product, int64_t now_s);
  std::optional<ExperimentView> view_one(const std::string& id, int64_t now_s);

  // The rollouts that its arms are from now on, to be kept with the record and then adopted.
  static std::vector<fleet::RolloutRecord> arms_of(const fleet::TrialRecord& record, int64_t now_s);
  // The same as they are once it is over; those that change.
  std::vector<fleet::RolloutRecord> ended_arms(const std::string& id, AtEnd end, int64_t now_s);

  // What figures and time make of those that run, kept and then acted on. By the thread that takes
  // the rollouts' steps, after them.
  //
  // Errors: StoreError
  void tick(const Audience& audience, int64_t now_s);

 private:
  bool keep(const fleet::TrialRecord& record, const std::vector<fleet::RolloutRecord>& arms);

  Store& store_;
  fleet::Book& book_;
  std::mutex lock_;
  std::map<std::string, fleet::TrialRecord> records_;  // by id
};

}  // namespace otter::server
