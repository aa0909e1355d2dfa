// How often a rollout is halted for nothing, and after how many pairs it is halted for something:
// the figures of docs/spec/statistics.md. From fixed seeds; the same on every machine.
#include "fleet/pair_evidence.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "fleet/experiment.h"
#include "fleet/pair_fixture.h"

namespace otter::bench {
namespace {

using fleet::Fleet;
using fleet::PairMeans;
using fleet::PairSums;
using fleet::Population;

constexpr int64_t kFalseHaltRuns = 20000;
constexpr int64_t kPairs = 10000;
constexpr int64_t kEffectRuns = 2000;
constexpr int64_t kExperimentRuns = 2000;
constexpr int64_t kExperimentDevices = 1000;
constexpr uint64_t kSeed = 1;

double percent(int64_t part, int64_t whole) {
  return 100 * static_cast<double>(part) / static_cast<double>(whole);
}

struct Unchanged {
  const char* name;
  Population population;
  double allowance = -1;  // as in Fleet
};

std::vector<Unchanged> unchanged() {
  return {{"events of 2 % of devices", fleet::events(0.02)},
          {"events of 0.1 % of devices", fleet::events(0.001)},
          {"events of 50 % of devices", fleet::events(0.5)},
          {"Poisson counts, mean 1", fleet::counts(1)},
          {"counts of very different devices (Gamma shape 0.05)", fleet::mixed_counts({1, 0.05})},
          {"heap, deviation 12 KiB", fleet::lost_heap(140)},
          {"latency, log-normal, by shares", fleet::latency(40), 0},
          {"the same, 5 % allowed", fleet::latency(40), 0.05}};
}

void print_false_halts(const Unchanged& row) {
  std::mt19937_64 random(kSeed);
  const fleet::Looks looks{{0.05, 0.01}, kPairs};
  int64_t at_5_percent = 0, at_1_percent = 0;
  for (int64_t run = 0; run < kFalseHaltRuns; ++run) {
    const auto pairs = halts(without_effect(row.population, row.allowance), looks, random);
    at_5_percent += pairs[0] <= kPairs ? 1 : 0;
    at_1_percent += pairs[1] <= kPairs ? 1 : 0;
  }
  std::printf("%-52s %6.2f %% %8.2f %%\n", row.name, percent(at_5_percent, kFalseHaltRuns),
              percent(at_1_percent, kFalseHaltRuns));
}

// What add() forbids, with devices that differ for good: one in 20 has 20 events in each window of
// time on average, the others none. Each pair is counted in ten windows, or each control in ten
// pairs of one window.
enum class Misuse { pairs_counted_again, controls_used_again };

bool is_halted(Misuse misuse, std::mt19937_64& random) {
  static const Population kIsBad = fleet::events(0.05);
  static const Population kEvents = fleet::counts(20);
  PairSums sums;
  while (sums.pairs < kPairs) {
    const double control = kIsBad.draw(random);
    const double control_events = control * kEvents.draw(random);
    double updated = kIsBad.draw(random);
    for (int time = 0; time < 10; ++time) {
      const bool is_same_window = misuse == Misuse::controls_used_again;
      if (is_same_window) updated = kIsBad.draw(random);
      sums.add(updated * kEvents.draw(random),
               is_same_window ? control_events : control * kEvents.draw(random));
      if (rejects(sums, 0.05)) return true;
    }
  }
  return false;
}

void print_misuse(const char* name, Misuse misuse) {
  constexpr int64_t kRuns = 1000;
  std::mt19937_64 random(kSeed);
  int64_t halted = 0;
  for (int64_t run = 0; run < kRuns; ++run) halted += is_halted(misuse, random) ? 1 : 0;
  std::printf("%-52s %6.2f %%\n", name, percent(halted, kRuns));
}

struct Effect {
  const char* name;
  Fleet fleet;
  fleet::PairEffect effect;
};

Effect event(const char* name, const PairMeans& means) {
  return {name, {fleet::events(means.control), fleet::events(means.updated)}, binary_effect(means)};
}

Effect count(const char* name, const PairMeans& means) {
  return {name, {fleet::counts(means.control), fleet::counts(means.updated)}, count_effect(means)};
}

fleet::PairEffect heap_effect(double loss) { return {loss, 2 * 12.0 * 12.0 + loss * loss}; }

// Of counts_with_outliers() from 1 to 1.2, nearly: an outlier counts for `outlier`.
fleet::PairEffect outlying_effect(double outlier) {
  fleet::PairEffect effect = fleet::count_effect({1, 1.2});
  effect.mean_square += 2 * 0.001 * outlier * outlier;
  return effect;
}

// By shares, as 100,000 pairs have it.
Effect shares(const char* name, const Fleet& fleet) {
  constexpr int64_t kDrawn = 100'000;
  std::mt19937_64 random(kSeed);
  PairSums sums;
  while (sums.pairs < kDrawn) fleet.add_pair(sums, random);
  return {name, fleet, {sums.sum / kDrawn, sums.sum_of_squares / kDrawn}};
}

std::string text_of(const std::optional<int64_t>& pairs) {
  return pairs ? std::to_string(*pairs) : "-";
}

std::vector<Effect> effects() {
  const Population few = fleet::mixed_counts({1, 0.05});
  const Population more = fleet::mixed_counts({1.5, 0.05});
  // The variance of a mean m is m + m^2 / shape.
  const fleet::PairEffect mixed = {0.5, 1 + 20 + 1.5 + 45 + 0.25};
  const Population outlying = fleet::counts_with_outliers(1);
  const Population outlying_more = fleet::counts_with_outliers(1.2);
  return {event("events 0.1 % -> 1 %", {0.001, 0.01}),
          event("events 1 % -> 2 %", {0.01, 0.02}),
          event("events 2 % -> 3 %", {0.02, 0.03}),
          event("events 2 % -> 7 %", {0.02, 0.07}),
          event("events 10 % -> 20 %", {0.1, 0.2}),
          event("events 2 % -> 100 %", {0.02, 1}),
          count("counts 1 -> 1.05", {1, 1.05}),
          count("counts 1 -> 1.2", {1, 1.2}),
          count("counts 1 -> 2", {1, 2}),
          {"heap, 2 KiB more lost", {fleet::lost_heap(140), fleet::lost_heap(142)}, heap_effect(2)},
          {"heap, 8 KiB more lost", {fleet::lost_heap(140), fleet::lost_heap(148)}, heap_effect(8)},
          {"very different devices, 1 -> 1.5", {few, more}, mixed},
          {"counts 1 -> 1.2, outliers of 1,000", {outlying, outlying_more}, outlying_effect(1000)},
          {"the same, at most 10 counted",
           {outlying.capped(10), outlying_more.capped(10)},
           outlying_effect(10)},
          shares("the same, by shares", {outlying, outlying_more, 0}),
          shares("latency, 10 % longer", {fleet::latency(40), fleet::latency(44), 0}),
          shares("latency, 30 % longer", {fleet::latency(40), fleet::latency(52), 0}),
          shares("the same, 5 % allowed", {fleet::latency(40), fleet::latency(52), 0.05})};
}

void print_effect(const Effect& row) {
  std::mt19937_64 random(kSeed);
  const fleet::Looks looks{{0.05}, 200000};
  std::vector<int64_t> pairs;
  for (int64_t run = 0; run < kEffectRuns; ++run) {
    pairs.push_back(halts(row.fleet, looks, random).front());
  }
  std::sort(pairs.begin(), pairs.end());
  const auto found_by = [&](int64_t run) {
    const int64_t count = pairs[run];
    return text_of(count <= looks.pairs_max ? std::optional(count) : std::nullopt);
  };
  std::printf("%-36s %8s %10s %10s\n", row.name, found_by(kEffectRuns / 2).c_str(),
              found_by(kEffectRuns * 99 / 100).c_str(),
              text_of(fleet::pairs_needed({row.effect})).c_str());
}

struct FalseFindings {
  int64_t sequential = 0;
  int64_t fixed_looked_at_often = 0;
  int64_t fixed_looked_at_once = 0;
  int64_t uncovered = 0;
};

// Arms without a difference, looked at after each device.
void run_experiment(size_t arms_count, std::mt19937_64& random, FalseFindings& findings) {
  const Population population = fleet::events(0.1);
  std::vector<fleet::BinaryArm> arms(arms_count);
  bool is_found = false, is_found_often = false, is_found_last = false, is_uncovered = false;
  for (int64_t device = 0; device < kExperimentDevices; ++device) {
    std::vector<double> values;
    for (fleet::BinaryArm& arm : arms) {
      values.push_back(population.draw(random));
      ++arm.outcome.devices;
      arm.outcome.successes += values.back() > 0 ? 1 : 0;
      arm.pairs.add(values.back(), values.front());
    }
    is_found_last = is_uncovered = false;
    for (const fleet::Comparison& arm : compare(arms, fleet::ExperimentPlan())) {
      is_found |= arm.p_sequential <= 0.05;
      is_found_last |= arm.p_fixed <= 0.05;
      is_uncovered |= arm.interval.low > 0 || arm.interval.high < 0;
    }
    is_found_often |= is_found_last;
  }
  findings.sequential += is_found ? 1 : 0;
  findings.fixed_looked_at_often += is_found_often ? 1 : 0;
  findings.fixed_looked_at_once += is_found_last ? 1 : 0;
  findings.uncovered += is_uncovered ? 1 : 0;
}

void print_experiments(size_t arms) {
  std::mt19937_64 random(kSeed);
  FalseFindings findings;
  for (int64_t run = 0; run < kExperimentRuns; ++run) run_experiment(arms, random, findings);
  std::printf("%4zu %12.2f %% %16.2f %% %12.2f %% %14.2f %%\n", arms,
              percent(findings.sequential, kExperimentRuns),
              percent(findings.fixed_looked_at_often, kExperimentRuns),
              percent(findings.fixed_looked_at_once, kExperimentRuns),
              percent(findings.uncovered, kExperimentRuns));
}

}  // namespace
}  // namespace otter::bench

int main() {
  using namespace otter::bench;
  std::printf("False halts: no effect, looked at after each of %lld pairs, %lld rollouts\n",
              static_cast<long long>(kPairs), static_cast<long long>(kFalseHaltRuns));
  std::printf("%-52s alpha 5 %%  alpha 1 %%\n", "");
  for (const auto& row : unchanged()) print_false_halts(row);
  print_misuse("misuse: each pair counted in ten windows", Misuse::pairs_counted_again);
  print_misuse("misuse: each control in ten pairs", Misuse::controls_used_again);

  std::printf("\nPairs until an effect is found, alpha 5 %%, %lld rollouts\n",
              static_cast<long long>(kEffectRuns));
  std::printf("%-36s %8s %10s %10s\n", "", "median", "99 % by", "planned");
  for (const auto& row : effects()) print_effect(row);

  std::printf("\nExperiments without a difference, events of 10 %%, %lld devices in each arm\n",
              static_cast<long long>(kExperimentDevices));
  std::printf("arms  sequential  p_fixed each look  p_fixed once  interval misses\n");
  for (const size_t arms : {2, 4}) print_experiments(arms);
}
