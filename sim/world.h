// One device, its server and its clock, as a value: what would still be there after a power cut.
// Copy it, let the power fail in the copy, and run that to its end. Everything follows from the
// stage, the seed and what is made to go wrong. docs/simulator.md. One thread at a time.
//
//   World --live()--> cut: the same World, later --live()--> ... --> settled
#pragma once

#include <functional>
#include <unordered_set>

#include "sim/checker.h"
#include "sim/cut_plan.h"
#include "sim/flash_settings.h"
#include "sim/memo_crypto.h"
#include "sim/otadata_text.h"
#include "sim/trace_hash.h"

namespace otter::sim {

// What an observer of all lives of a device remembers.
struct Ledger {
  uint32_t epoch_floor = 0;
  uint64_t sequence_floor = 0;
  uint32_t security_floor = 0;
  bool may_go_back = false;  // a rollback was commanded
  uint32_t lives = 0;
  uint32_t cuts = 0;
  uint32_t erases = 0;       // outside of the slots
  uint32_t erases_most = 0;  // of these, in one life
  std::vector<Told> told;
  std::optional<SeenCheckin> checkin;  // the last
  std::string in_force = "null";       // the values that the application was told last
  std::vector<Violation> violations;
  TraceHash trace;
};

enum class LifeEnd : uint8_t {
  cut,
  settled,    // the offered release came to its end, and nothing is left to do
  timed_out,  // virtual time is over
};

class World;

struct LifePlan {
  std::optional<Cut> cut;
  std::optional<uint64_t> failing_operation;
  std::optional<WireFault> wire;
  // Called before each flash operation; the world may be copied there.
  std::function<void(const World&, const FlashOperation&)> on_operation;
  std::function<void(uint32_t request, const HttpResponse&)> on_answer;
  LogSink log;
  // Ends the life as if it had settled.
  std::function<bool()> is_over;
};

// What worlds of one thread and stage share.
struct Workshop {
  SignatureMemo memo;
  std::unordered_set<uint64_t> updated_from;  // states from which a further update was made
};

class World {
 public:
  // A board as it left the factory, without power, and a server without a release. All three must
  // outlive the world.
  World(const Stage& stage, Workshop& workshop, uint64_t seed);
  World(const World& other);
  World(World&&) = default;
  World& operator=(const World& other) { return *this = World(other); }
  World& operator=(World&&) = default;

  // Offers release `index` of the stage from the next life on.
  void offer(size_t index);
  // Commands the rollback of the release that was offered, from the next life on.
  void command_rollback();

  // Gives the device power and runs it until the power is cut or there is nothing left to do.
  LifeEnd live(const LifePlan& plan);

  // The power failed within `operation`, before which this world was copied; `later` is the flash
  // after it.
  void cut_within(const FlashOperation& operation, const NorFlash& later, const Cut& cut);

  // From now on its flash is like that; chance follows from the world's seed.
  void set_flash_traits(FlashTraits traits);
  // Replaces the two entries of otadata.
  void set_otadata(const Otadata& otadata);

  // Checks what can be said only at the end: I4, I5.
  void check_end(bool settled);
  // I6, in a copy; once for each state.
  void check_further_update();

  const Stage& stage() const { return *stage_; }
  const NorFlash& flash() const { return flash_; }
  const Ledger& ledger() const { return ledger_; }
  const std::string& running() const { return running_; }
  // Virtual time of all lives together. The device's own clock starts anew with each.
  uint64_t now_ms() const { return now_ms_; }
  uint64_t seed() const { return seed_; }
  // Of all that the future follows from, while the device has no power: flash, the server, and
  // what the checker remembers. Two worlds of one stage and seed that agree in it go on
  // alike.
  uint64_t state_hash() const;

 private:
  class Life;
  EndFacts end_facts(bool settled) const;
  void add_checkin(TraceHash& hash) const;
  void find(int invariant, const Finding& finding);
  void forget_lives();

  const Stage* stage_;
  Workshop* workshop_;
  uint64_t seed_;
  NorFlash flash_;
  uint64_t now_ms_ = 0;
  std::optional<size_t> offered_;  // index of a release
  bool is_rollback_commanded_ = false;
  int wrong_blocks_ = 0;  // that the server will still serve
  std::string running_;   // the version of what booted last
  Ledger ledger_;
};

}  // namespace otter::sim
