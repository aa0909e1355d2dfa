// The rollouts of a server: what each device is offered, what became of it, how far each rollout
// is. All in memory; what has to outlive the process is handed out as records, and read in again at
// the start. docs/spec/rollout.md. Any thread: one at a time is let in.
//
// Invariants:
//   1. A device has one open offer at most: it is at one rollout at a time. Where a rollout is
//      halted or over, its devices are free for another one, and if it is resumed, it waits for
//      those that are.
//   2. Tallies are sums over parts.
//   3. A device that is offered a release has its part; who gives the offer out makes the part
//      durable first, or withdraws it.
//   4. A state is durable before it is acted on: propose() or wanted(), then adopt(). Two who
//      change a rollout at once get records of the same revision, of which one can be kept.
//   5. Parts are kept with or before the record of their rollout that is proposed after them, so
//      that no pair is evidence twice.
//   6. After a start nothing is offered before the first propose(), which asks for the groups.
//   7. A device that has entered an experiment is the experiment's while that runs: no other one
//      takes it, and rollouts of no higher priority offer it nothing.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/decision.h"
#include "fleet/health.h"

namespace otter::fleet {

// A rollout, as it is kept.
struct RolloutRecord {
  Plan plan;
  State state;
  HealthSums health;
  std::string created_by;   // an account
  std::string approved_by;  // an account; empty: none had to, or not yet
  int64_t created_s = 0;    // [s since 1970-01-01 UTC]
  int64_t revision = 0;     // each that is kept has the one before plus 1
};

// A device's part in a rollout, as it is kept.
struct PartRecord {
  std::string rollout;
  std::string device;
  std::string site;  // the public address that it came from
  Part part;
  Pair pair;
};

struct Member {
  uint64_t place = 0;  // cohort_place()
  std::string id;
};

// The fleet, as far as a rollout asks for it.
class Roster {
 public:
  virtual ~Roster() = default;
  // The devices of the plan's group, in any order. Asked from time to time.
  //
  // Errors: those of the implementation; propose() passes them on
  virtual std::vector<Member> members(const Plan& plan) = 0;
  // What is known of each device; seen_s is 0 if nothing is.
  virtual std::vector<Vitals> vitals(const std::vector<std::string>& devices) = 0;
};

// How a device stands to a release.
struct Fit {
  bool runs_it = false;
  const char* unfit = nullptr;  // the error's word; nullptr: it could install it
  bool has_failed = false;      // rolled back or refused, whenever
};

// The device that asks. Its answers are asked for when they are needed.
class Guest {
 public:
  virtual ~Guest() = default;
  virtual const std::string& id() const = 0;
  virtual const std::string& product() const = 0;
  virtual const std::string& site() const = 0;
  virtual int64_t created_s() const = 0;  // [s since 1970-01-01 UTC]
  virtual int32_t utc_offset_min() const { return 0; }
  virtual bool is_in_group(const Plan& plan) const = 0;
  virtual Fit fit(const Plan& plan) const = 0;
};

// What a rollout says of a device.
struct Line {
  std::string rollout;
  std::string version;
  std::string experiment;  // where it is an arm of one; else empty
  std::string arm;
  Decision decision;
};

struct Choice {
  std::string rollout;               // that offers; empty: none
  std::string version;               // of the release
  uint32_t config_version = 0;       // of a configuration in place of a release
  bool goes_back = false;            // it is to return to what ran before
  std::optional<PartRecord> starts;  // to be made durable before the offer is given out
};

// What a device says of a release.
enum class Word : uint8_t { confirmed, rolled_back, refused, failed };

class Book {
 public:
  // `roster` must outlive it. `check_interval_s` [s]: how often a device is heard of.
  Book(Roster& roster, int64_t check_interval_s);
  ~Book();
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  // Adds a rollout, or takes its new plan and state, unless it has a newer one. Evidence that is in
  // memory stays.
  void adopt(const RolloutRecord& record);
  // Adds what was kept of the devices. Once, after adopt() of all that was kept. What changed since
  // it was kept is lost: the caller notes again what else it keeps of open and lost devices.
  void load(const std::vector<PartRecord>& parts);

  // What the device is offered, and takes its part. Cost: a lock, and for each rollout of its
  // product a decision
  Choice choose(const Guest& guest, int64_t now_s);
  // What became of `Choice::starts`, each time: the part is durable, or it could not be made so and
  // nothing was offered. Until then each offer of it has `starts`.
  void confirm(const PartRecord& part);
  void withdraw(const PartRecord& part);
  // The configuration that rollouts have given the device; 0: none, it has what all have. The last
  // one counts; one that has gone to all of a product counts no more.
  uint32_t configuration_of(const std::string& product, const std::string& device);
  // A device that is removed: how its parts end, to be kept with its removal; then drop().
  std::vector<PartRecord> parts_without(const std::string& device);
  void drop(const std::vector<PartRecord>& parts);
  // The same decisions, one for each rollout of the product, without taking part.
  std::vector<Line> explain(const Guest& guest, int64_t now_s);

  // A device's report, once it is durable.
  void note(const std::string& product, const std::string& version, const std::string& device,
            Word word, int64_t now_s);

  // Takes the time: lost devices, pairs, and the states that follow, which are acted on when they
  // are adopted.
  //
  // Errors: what the roster throws; then no state follows
  std::vector<RolloutRecord> propose(int64_t now_s);

  // The parts that changed since the last call, each once.
  std::vector<PartRecord> take_changed_parts();
  // They could not be kept; they come again.
  void return_changed_parts(const std::vector<PartRecord>& parts);

  struct View {
    RolloutRecord record;
    Tally all;
    Tally stage;
    uint32_t members = 0;
    uint32_t quota = 0;
  };
  // By id; the newest of a product last. Without arms.
  std::vector<View> view(const std::string& product, int64_t now_s);
  std::optional<View> view_one(const std::string& id, int64_t now_s);
  // An arm, and what was measured of its devices so far, in the order in which they entered.
  struct ArmView {
    View view;
    uint32_t entered = 0;
    std::vector<double> values;
  };
  // In their order. Empty if there is no such experiment.
  std::vector<ArmView> arms(const std::string& experiment, int64_t now_s);
  // What a person wants, as the record that is to be kept and adopted. Nothing if there is no such
  // rollout; the record as it is if it can't be had in this phase.
  std::optional<RolloutRecord> wanted(
      const std::string& id,
      const std::function<State(const Plan&, const State&, const Facts&)>& change, int64_t now_s);
  // The parts of a rollout, by device, those after `after`.
  std::vector<PartRecord> parts(const std::string& id, const std::string& after, size_t count_max);

 private:
  struct Entry;
  struct Errand;

  Entry* find(const std::string& id);
  static bool may_act(const Entry& entry, const std::string& device);
  Visit visit_of(const Entry& entry, const Guest& guest, const Entry* holder, int64_t now_s) const;
  bool is_held(const Entry& entry, const Entry* holder) const;
  const Entry* holder_of(const std::string& device) const;
  void ask_fit(const Entry& entry, const Guest& guest, Visit& visit) const;
  Traffic traffic_of(const Entry& entry) const;
  Facts facts_of(const Entry& entry, int64_t now_s) const;
  View view_of(const Entry& entry, int64_t now_s) const;
  PartRecord begin(Entry& entry, const Guest& guest, const Decision& decision, int64_t now_s);
  void sort_by_priority(const std::string& product);
  void enter(Entry& entry, const PartRecord& record);
  void forget_part(Entry& entry, const std::string& device);
  bool is_elsewhere(const Entry& entry, const std::string& device) const;
  void open_offer(Entry& entry, const PartRecord& record);
  void close_offer(Entry& entry, const PartRecord& record);
  void set_part(Entry& entry, PartRecord& record, const Part& part);
  void note_part(Entry& entry, PartRecord& record, Word word, int64_t now_s);
  void note_change(const Entry& entry, const PartRecord& record);

  std::vector<Errand> begin_errands(int64_t now_s);
  Errand errand_of(const Entry& entry, int64_t now_s) const;
  void run(Errand& errand);
  void lose_overdue(Entry& entry, int64_t now_s);
  void close_pairs(Entry& entry, const Errand& errand, int64_t now_s);
  void open_pairs(Entry& entry, const Errand& errand, int64_t now_s);
  void open_watches(Entry& entry, const Errand& errand, int64_t now_s);
  bool is_alive(const Errand& errand, const std::string& device, int64_t now_s) const;
  bool is_due(const Entry& entry, const PartRecord& record, int64_t now_s) const;
  void take_time(int64_t now_s);
  int64_t watched_s(int64_t now_s) const;

  Roster& roster_;
  const int64_t check_interval_s_;
  mutable std::mutex lock_;
  std::map<std::string, std::unique_ptr<Entry>> entries_;  // by id
  std::map<std::string, std::vector<Entry*>> products_;    // the highest priority first
  // By device: the rollouts where its part is open, the last one begun last.
  std::unordered_map<std::string, std::vector<Entry*>> open_;
  std::unordered_map<std::string, std::vector<Entry*>> entered_;  // by device: arms of experiments
  std::vector<std::pair<std::string, std::string>> changed_;      // rollout, device
  int64_t proposed_s_ = 0;       // [s since 1970-01-01 UTC] the last
  int64_t watched_since_s_ = 0;  // [s since 1970-01-01 UTC] start, or jump of the clock
};

}  // namespace otter::fleet
