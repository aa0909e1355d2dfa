#include "sim/exhaust_task.h"

#include <set>

#include "sim/otadata_states.h"

namespace otter::sim {
namespace {

constexpr uint32_t kBiases[] = {500, 900, 970, 990, 999};  // [1/1000]
constexpr size_t kTaskFindingsMax = 3;                     // per task
constexpr uint64_t kViolationsMax = 50;                    // per task
constexpr uint64_t kTinyShare = 100;
constexpr uint64_t kQuickShare = 10;
constexpr uint64_t kLiveShare = 64;  // of the single cuts are run a second time, as a replay is
constexpr size_t kCutsDeep = 5;

// The prefixes that leave something else than the shorter ones do.
std::vector<uint32_t> prefixes(Bytes before, Bytes after) {
  std::vector<uint32_t> sizes;
  for (size_t i = 0; i + 1 < before.size; ++i) {
    if (before.data[i] != after.data[i]) sizes.push_back(static_cast<uint32_t>(i + 1));
  }
  return sizes;
}

// Wherever in a unit a tear ends, all of it is noise: one place and the end stand for the others.
std::vector<uint32_t> units(const std::vector<uint32_t>& sizes) {
  std::vector<uint32_t> chosen;
  for (const uint32_t size : sizes) {
    if (size % (kEncryptedUnit / 2) == 0) chosen.push_back(size);
  }
  return chosen;
}

std::vector<uint32_t> sample(const std::vector<uint32_t>& sizes) {
  if (sizes.size() <= 3) return sizes;
  return {sizes.front(), sizes[sizes.size() / 2], sizes.back()};
}

}  // namespace

ExhaustTask::ExhaustTask(const TaskSpec& spec, const ExhaustOptions& options)
    : spec_(spec),
      options_(options),
      seed_(options.seed),
      stage_(spec.stage),
      base_(prepare_world(stage_, workshop_, seed_)) {}

TaskResult ExhaustTask::run() {
  switch (spec_.family) {
    case Family::single:
      run_single();
      break;
    case Family::nested:
      run_nested();
      break;
    case Family::random:
      run_random();
      break;
    case Family::otadata:
      run_otadata();
      break;
    case Family::network:
      run_network();
      break;
    case Family::flash:
      run_flash();
      break;
  }
  return std::move(result_);
}

// A stage that is broken from the ground up is not worth a million proofs.
bool ExhaustTask::is_chosen() {
  if (result_.count.violations >= kViolationsMax) return false;
  const uint64_t number = considered_++;
  const uint64_t share = options_.extent == Extent::tiny    ? kTinyShare
                         : options_.extent == Extent::quick ? kQuickShare
                                                            : 1;
  return mix(seed_, number) % share == 0;
}

ExhaustTask::Course ExhaustTask::follow(const World& from) const {
  Course course{{}, from, false};
  LifePlan plan;
  plan.on_operation = [&](const World& world, const FlashOperation& operation) {
    course.places.push_back({world, operation, course.places.size()});
  };
  course.settled = course.end.live(plan) == LifeEnd::settled;
  return course;
}

bool ExhaustTask::is_small_partition(const FlashOperation& operation) const {
  return operation.offset < stage_.slot(0).offset;
}

// All prefixes on otadata, journal and documents; three of each page and sector of a slot.
std::vector<Cut> ExhaustTask::cuts_at(const Course& course, size_t index, bool few) const {
  const Place& place = course.places[index];
  std::vector<uint8_t> before(place.operation.size);
  std::vector<uint8_t> after(place.operation.size);
  const bool readable =
      place.world.flash().read_cells(place.operation.offset, before) == Error::ok &&
      course.after(index).read_cells(place.operation.offset, after) == Error::ok;
  if (!readable) return {};
  std::vector<uint32_t> sizes = prefixes(before, after);
  const bool all = is_small_partition(place.operation) && !few;
  if (options_.extent != Extent::full) {
    if (stage_.options().encrypted) sizes = units(sizes);
    if (!all) sizes = sample(sizes);
  }
  std::vector<Cut> cuts = {{place.number, TearKind::before}};
  for (const uint32_t size : sizes) cuts.push_back({place.number, TearKind::prefix, size});
  const uint64_t seed = mix(seed_, place.number) % 1000000;
  cuts.push_back({place.number, TearKind::random, 0, 0, seed});
  for (const uint32_t per_mille : kBiases) {
    if (few && per_mille != 900 && per_mille != 990) continue;
    cuts.push_back({place.number, TearKind::biased, 0, per_mille, seed});
  }
  cuts.push_back({place.number, TearKind::after});
  return cuts;
}

void ExhaustTask::report(const std::string& what, const Trouble& trouble) {
  if (result_.findings.size() >= kTaskFindingsMax) return;
  result_.findings.push_back(what + ": " + replay_command(spec_.stage, seed_, trouble));
}

void ExhaustTask::finish(World& world, bool settled, const Trouble& trouble) {
  world.check_end(settled);
  world.check_further_update();
  result_.trace.add(world.ledger().trace.value());
  result_.erases_most = std::max(result_.erases_most, world.ledger().erases_most);
  ++result_.count.worlds;
  if (world.ledger().violations.empty()) return;
  ++result_.count.violations;
  std::set<int> reported;  // one follows from the other, and each is to be seen
  for (const Violation& violation : world.ledger().violations) {
    if (!reported.insert(violation.invariant).second) continue;
    report("I" + std::to_string(violation.invariant) + " " + violation.what, trouble);
  }
}

std::optional<World> ExhaustTask::cut_at(const Course& course, size_t index, const Cut& cut) {
  const Place& place = course.places[index];
  World world(place.world);
  world.cut_within(place.operation, course.after(index), cut);
  ++result_.count.power_losses;
  if (states_.insert(world.state_hash()).second) return world;
  ++result_.count.merged;
  return std::nullopt;
}

void ExhaustTask::run_single() {
  Course course = follow(base_);
  World uncut(course.end);
  finish(uncut, course.settled, Trouble());
  for (size_t i = 0; i < course.places.size(); ++i) {
    for (const Cut& cut : cuts_at(course, i, false)) {
      if (!is_chosen()) continue;
      std::optional<World> world = cut_at(course, i, cut);
      if (!world) continue;
      Trouble trouble;
      trouble.cuts = {cut};
      const bool settled = world->live(LifePlan()) == LifeEnd::settled;
      finish(*world, settled, trouble);
      if (considered_ % kLiveShare == 0) compare_with_replay(*world, trouble);
    }
  }
}

void ExhaustTask::compare_with_replay(const World& world, const Trouble& trouble) {
  const World again = replay(stage_, workshop_, seed_, trouble, nullptr);
  if (again.ledger().trace.value() == world.ledger().trace.value()) return;
  ++result_.count.violations;
  report("the replay differs", trouble);
}

void ExhaustTask::run_nested() {
  const Course outer = follow(base_);
  for (size_t i = 0; i < outer.places.size(); ++i) {
    if (!is_small_partition(outer.places[i].operation)) continue;
    for (const Cut& cut : cuts_at(outer, i, true)) {
      if (!is_chosen()) continue;
      const std::optional<World> world = cut_at(outer, i, cut);
      if (world) run_nested_in(follow(*world), cut);
    }
  }
}

void ExhaustTask::run_nested_in(const Course& inner, const Cut& first) {
  for (size_t i = 0; i < inner.places.size(); ++i) {
    if (!is_small_partition(inner.places[i].operation)) continue;
    for (const Cut& cut : cuts_at(inner, i, true)) {
      std::optional<World> world = cut_at(inner, i, cut);
      if (!world) continue;
      Trouble trouble;
      trouble.cuts = {first, cut};
      const bool settled = world->live(LifePlan()) == LifeEnd::settled;
      finish(*world, settled, trouble);
    }
  }
}

World ExhaustTask::run_live(const Trouble& trouble) {
  World world(base_);
  if (trouble.otadata_state) world.set_otadata(otadata_start(*trouble.otadata_state).otadata);
  LifePlan plan;
  plan.failing_operation = trouble.failing_operation;
  plan.wire = trouble.wire;
  LifeEnd end = LifeEnd::cut;
  size_t losses = 0;
  for (const Cut& cut : trouble.cuts) {
    plan.cut = cut;
    end = world.live(plan);
    plan = LifePlan();
    if (end != LifeEnd::cut) break;
    ++losses;
  }
  result_.count.power_losses += losses;
  if (losses > 1 && losses == trouble.cuts.size()) ++result_.count.full_depth;
  if (end == LifeEnd::cut) end = world.live(plan);
  finish(world, end == LifeEnd::settled, trouble);
  return world;
}

Cut ExhaustTask::random_cut(SeededRandom& random, uint64_t operations) const {
  Cut cut;
  cut.operation = random.below(operations);
  cut.kind = static_cast<TearKind>(random.below(5));
  if (cut.kind == TearKind::prefix) cut.bytes = static_cast<uint32_t>(1 + random.below(255));
  if (cut.kind == TearKind::biased) cut.per_mille = kBiases[random.below(std::size(kBiases))];
  if (cut.kind == TearKind::random || cut.kind == TearKind::biased) {
    cut.seed = random.below(1000000);
  }
  return cut;
}

void ExhaustTask::run_random() {
  constexpr uint64_t kAfterABoot = 8;  // operations at least
  const uint64_t operations = follow(base_).places.size() + kAfterABoot;
  const uint64_t worlds = options_.extent == Extent::full ? 20000 : 2000;
  SeededRandom random(mix(seed_, base_.state_hash()));
  for (uint64_t i = 0; i < worlds; ++i) {
    Trouble trouble;
    uint64_t left = operations;  // about as many: a life goes on where the one before was cut off
    while (trouble.cuts.size() < kCutsDeep) {
      trouble.cuts.push_back(random_cut(random, left));
      left = std::max(left - trouble.cuts.back().operation, kAfterABoot);
    }
    if (is_chosen()) run_live(trouble);
  }
}

void ExhaustTask::run_otadata() {
  for (uint32_t number = spec_.part; number < kOtadataStartCount; number += spec_.parts) {
    if (is_chosen()) run_otadata_state(number);
  }
}

void ExhaustTask::run_otadata_state(uint32_t number) {
  constexpr uint64_t kOperations = 80;
  Trouble trouble;
  trouble.otadata_state = number;
  run_live(trouble);
  SeededRandom random(mix(seed_, number));
  for (const uint64_t operations : {uint64_t{8}, kOperations}) {
    trouble.cuts = {random_cut(random, operations)};
    run_live(trouble);
  }
}

void ExhaustTask::run_network() {
  std::vector<std::pair<uint32_t, uint32_t>> answers;  // number and size
  LifePlan plan;
  plan.on_answer = [&](uint32_t number, const HttpResponse& response) {
    answers.push_back({number, static_cast<uint32_t>(response.content_length)});
  };
  World reference(base_);
  if (reference.live(plan) != LifeEnd::settled) report("the update does not end", Trouble());
  const bool all = options_.extent == Extent::full || stage_.options().scenario == Scenario::full;
  const uint32_t step = all ? 1 : 61;  // [bytes]
  for (const auto& [number, size] : answers) {
    for (uint32_t byte = 0; byte <= size; byte += step) {
      for (const WireFaultKind kind : {WireFaultKind::drop, WireFaultKind::stall,
                                       WireFaultKind::duplicate, WireFaultKind::truncate}) {
        Trouble trouble;
        trouble.wire = WireFault{number, byte, kind};
        if (is_chosen()) run_live(trouble);
      }
    }
    for (const WireFaultKind kind : {WireFaultKind::whole_file, WireFaultKind::changed_etag}) {
      Trouble trouble;
      trouble.wire = WireFault{number, 0, kind};
      run_live(trouble);
    }
  }
}

void ExhaustTask::run_flash() {
  const uint64_t operations = follow(base_).places.size();
  for (uint64_t i = 0; i < operations; ++i) {
    Trouble trouble;
    trouble.failing_operation = i;
    if (is_chosen()) run_live(trouble);
  }
}

}  // namespace otter::sim
