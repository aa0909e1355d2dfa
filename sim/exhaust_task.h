// One part of an exhaustive run: one family in one configuration. Part of exhaust(). One thread at
// a time.
#pragma once

#include <unordered_set>

#include "sim/exhaust.h"

namespace otter::sim {

struct TaskSpec {
  Family family = Family::single;
  StageOptions stage;
  uint32_t part = 0;  // of `parts`
  uint32_t parts = 1;
};

struct TaskResult {
  FamilyCount count;
  TraceHash trace;
  uint32_t erases_most = 0;
  std::vector<std::string> findings;
};

class ExhaustTask {
 public:
  ExhaustTask(const TaskSpec& spec, const ExhaustOptions& options);
  TaskResult run();

 private:
  // A place where the power may fail: the world before an operation of one life.
  struct Place {
    World world;
    FlashOperation operation;
    uint64_t number = 0;  // of the operation, in this life
  };
  struct Course {  // of one life
    std::vector<Place> places;
    World end;
    bool settled = false;
    const NorFlash& after(size_t index) const {
      return index + 1 < places.size() ? places[index + 1].world.flash() : end.flash();
    }
  };

  void run_single();
  void run_nested();
  void run_nested_in(const Course& inner, const Cut& first);
  void run_random();
  void run_otadata();
  void run_otadata_state(uint32_t number);
  void run_network();
  void run_flash();

  Course follow(const World& from) const;
  bool is_small_partition(const FlashOperation& operation) const;
  std::vector<Cut> cuts_at(const Course& course, size_t index, bool few) const;
  Cut random_cut(SeededRandom& random, uint64_t operations) const;
  // The world after the power failed there; nothing if one like it has been run on.
  std::optional<World> cut_at(const Course& course, size_t index, const Cut& cut);
  void compare_with_replay(const World& world, const Trouble& trouble);
  World run_live(const Trouble& trouble);
  void finish(World& world, bool settled, const Trouble& trouble);
  void report(const std::string& what, const Trouble& trouble);
  // In a short run: is this one of those that are done?
  bool is_chosen();

  TaskSpec spec_;
  const ExhaustOptions& options_;
  uint64_t seed_;
  Stage stage_;
  Workshop workshop_;
  World base_;
  TaskResult result_;
  uint64_t considered_ = 0;
  std::unordered_set<uint64_t> states_;  // right after a power loss, that have been run on
};

}  // namespace otter::sim
