#include "sim/world.h"

#include <algorithm>

#include "sim/otadata_states.h"
#include "sim/world_life.h"

namespace otter::sim {
namespace {

// A trial that the power cuts short as often as this is given up; a device that dies there more
// often may state a refusal of a good release.
constexpr uint32_t kCutsTolerated = 2;
constexpr int kViolationsKept = 3;  // of one invariant, in one world: a copy has them all

}  // namespace

World::World(const Stage& stage, Workshop& workshop, uint64_t seed)
    : stage_(&stage), workshop_(&workshop), seed_(seed), flash_(stage.factory_state().fork()) {}

World::World(const World& other)
    : stage_(other.stage_),
      workshop_(other.workshop_),
      seed_(other.seed_),
      flash_(other.flash_.fork()),
      now_ms_(other.now_ms_),
      offered_(other.offered_),
      is_rollback_commanded_(other.is_rollback_commanded_),
      wrong_blocks_(other.wrong_blocks_),
      running_(other.running_),
      ledger_(other.ledger_) {}

void World::offer(size_t index) {
  offered_ = index;
  wrong_blocks_ = stage_->options().scenario == Scenario::retries && index == 0 ? 1 : 0;
  is_rollback_commanded_ = false;
  forget_lives();
}

void World::command_rollback() {
  is_rollback_commanded_ = true;
  ledger_.may_go_back = true;
  forget_lives();
}

void World::forget_lives() {
  ledger_.lives = 0;
  ledger_.cuts = 0;
  ledger_.told.clear();
}

LifeEnd World::live(const LifePlan& plan) { return Life(*this, plan).run(); }

void World::find(int invariant, const Finding& finding) {
  if (!finding) return;
  const auto is_same = [=](const Violation& one) { return one.invariant == invariant; };
  const auto count = std::ranges::count_if(ledger_.violations, is_same);
  if (count < kViolationsKept) ledger_.violations.push_back({invariant, *finding});
}

void World::cut_within(const FlashOperation& operation, const NorFlash& later, const Cut& cut) {
  std::vector<uint8_t> before(operation.size);
  std::vector<uint8_t> after(operation.size);
  if (flash_.read_cells(operation.offset, before) != Error::ok ||
      later.read_cells(operation.offset, after) != Error::ok) {
    return find(1, "the simulator can't tear its flash");
  }
  const std::vector<uint8_t> torn = tear(cut, before, after);
  if (torn != before) flash_.tear(operation.offset, torn);
  flash_.lose_last();
  ledger_.trace.add(flash_.hash());
  ++ledger_.cuts;
}

void World::set_flash_traits(FlashTraits traits) {
  traits.seed = seed_;
  flash_.set_traits(std::move(traits));
}

void World::set_otadata(const Otadata& otadata) {
  const uint32_t offset = stage_->partition(kTypeData, kSubtypeDataOta).offset;
  if (write_otadata(flash_, offset, otadata) != Error::ok) find(1, "otadata can't be written");
}

EndFacts World::end_facts(bool settled) const {
  EndFacts facts;
  facts.offered = offered_ ? stage_->releases()[*offered_].version : running_;
  facts.expected = offered_ == 0u ? stage_->expected_phase() : Phase::confirmed;
  facts.running = running_;
  facts.settled = settled;
  facts.cuts = ledger_.cuts;
  facts.cuts_tolerated = kCutsTolerated;
  facts.told = &ledger_.told;
  facts.wanted = stage_->wanted_facts(offered_, facts.running == facts.offered);
  facts.checkin = ledger_.checkin.value_or(SeenCheckin());
  facts.in_force = ledger_.in_force;
  facts.configurations = &stage_->configurations();
  return facts;
}

void World::check_end(bool settled) {
  const EndFacts facts = end_facts(settled);
  find(4, check_arrival(facts));
  if (settled && offered_) find(5, check_outcome(facts));
  if (settled && offered_) find(4, check_facts(facts));
  add_checkin(ledger_.trace);
  ledger_.trace.add(flash_.hash());
}

void World::check_further_update() {
  World later(*this);
  later.offer(1);
  if (!workshop_->updated_from.insert(later.state_hash()).second) return;
  later.ledger_.violations.clear();
  const bool settled = later.live(LifePlan()) == LifeEnd::settled;
  find(6, otter::sim::check_further_update(later.end_facts(settled)));
  for (const Violation& violation : later.ledger_.violations) {
    find(violation.invariant, "further update: " + violation.what);
  }
}

void World::add_checkin(TraceHash& hash) const {
  const SeenCheckin seen = ledger_.checkin.value_or(SeenCheckin());
  for (const uint32_t number : {seen.root_version, seen.trust_version, seen.config_version,
                                seen.config_failed, seen.key_epoch}) {
    hash.add(uint64_t{number});
  }
  hash.add(seen.sequence);
  hash.add(as_bytes(Text(ledger_.in_force)));
}

uint64_t World::state_hash() const {
  TraceHash hash;
  hash.add(flash_.hash());
  hash.add(offered_ ? *offered_ + 1 : 0);
  hash.add(static_cast<uint64_t>(wrong_blocks_) << 1 | (is_rollback_commanded_ ? 1 : 0));
  hash.add(as_bytes(Text(running_)));
  add_checkin(hash);
  hash.add(uint64_t{ledger_.epoch_floor});
  hash.add(ledger_.sequence_floor);
  hash.add(uint64_t{ledger_.security_floor} << 1 | (ledger_.may_go_back ? 1 : 0));
  hash.add(uint64_t{ledger_.lives});
  hash.add(uint64_t{ledger_.cuts});
  for (const Told& told : ledger_.told) {
    hash.add(static_cast<uint64_t>(told.phase) << 32 | static_cast<uint64_t>(told.error));
    for (const std::string* text : {&told.version, &told.report_id, &told.running}) {
      hash.add(as_bytes(Text(*text)));
    }
  }
  return hash.value();
}

}  // namespace otter::sim
