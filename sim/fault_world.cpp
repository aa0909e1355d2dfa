// Named faults of the world around a board: network, timeout, auth, memory, power, rollback.
#include <algorithm>

#include "sim/fault_story.h"

namespace otter::sim {
namespace {

constexpr uint64_t kCutPlaces = 24;

bool arrives(FaultBench& bench, const ServedRelease& release) {
  bench.server.offer(release);
  return bench.run_to_confirmed(release.version) && bench.runs(release);
}

std::string of(uint64_t part, uint64_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

// Each of `faults` in a world of its own; gives in how many the release arrived.
size_t count_arrivals(FaultResult& result, const std::vector<HostileFault>& faults,
                      const ServedRelease& release) {
  size_t arrived = 0;
  for (const HostileFault& fault : faults) {
    FaultBench bench({.network = fault});
    if (arrives(bench, release) && bench.network.fired()) ++arrived;
    result.log += "=== " + text_of(fault) + "\n" + bench.log + "\n";
  }
  return arrived;
}

// At each answer of a clean update: instead of it, and in its body.
std::vector<HostileFault> everywhere(HostileKind kind, const ServedRelease& release) {
  FaultBench clean;
  arrives(clean, release);
  std::vector<HostileFault> out;
  const std::vector<SeenAnswer>& answers = clean.network.answers();
  for (uint32_t number = 0; number < answers.size(); ++number) {
    out.push_back({.kind = kind, .response = number, .before_head = true});
    const auto size = static_cast<uint32_t>(answers[number].body_bytes);
    for (uint32_t part = 0; part < 8 && size > 0; ++part) {
      out.push_back({.kind = kind, .response = number, .byte = (size - 1) / 8 * part});
    }
  }
  return out;
}

void play_everywhere(FaultResult& result, HostileKind kind, const std::string& done) {
  const ServedRelease release = make_release({});
  const std::vector<HostileFault> faults = everywhere(kind, release);
  const size_t arrived = count_arrivals(result, faults, release);
  result.steps.push_back({done + ", once, at each of " + std::to_string(faults.size()) + " places",
                          "1.0.1 is confirmed each time",
                          "confirmed " + of(arrived, faults.size()) + " times",
                          arrived == faults.size() && !faults.empty()});
}

}  // namespace

FaultResult play_network() {
  FaultResult result;
  FaultBench bench;
  const ServedRelease release = make_release({});
  bench.server.faults.connection = Error::network_unreachable;
  bench.server.offer(release);
  bench.rest(6 * kHour);
  const bool waited = bench.running_version() == "1.0.0" && bench.server.requests.empty();
  tell(result, bench,
       {"took the server away for six hours", "the board runs 1.0.0 and tries again and again", "",
        waited});
  bench.server.faults.connection = Error::ok;
  tell(result, bench,
       {"brought the server back", "1.0.1 is confirmed", "", arrives(bench, release)});
  play_everywhere(result, HostileKind::drop, "dropped the connection");
  return result;
}

FaultResult play_timeout() {
  FaultResult result;
  FaultBench bench;
  const ServedRelease release = make_release({});
  bench.server.faults.connection = Error::network_timeout;
  bench.server.offer(release);
  bench.rest(kHour);
  const bool waited = bench.running_version() == "1.0.0" && bench.server.reports.empty();
  tell(result, bench,
       {"let the server take connections and say nothing for an hour",
        "the board gives up each time and runs 1.0.0", "", waited});
  bench.server.faults.connection = Error::ok;
  tell(result, bench,
       {"let the server speak again", "1.0.1 is confirmed", "", arrives(bench, release)});
  play_everywhere(result, HostileKind::stall, "stopped in the middle of an answer");
  return result;
}

FaultResult play_auth() {
  FaultResult result;
  const ServedRelease release = make_release({});
  {
    FaultBench bench({.api_key = "otk_wrong"});
    bench.server.offer(release);
    bench.rest(6 * kHour);
    const bool refused = bench.running_version() == "1.0.0" && bench.server.image_bytes_sent == 0 &&
                         !bench.server.requests.empty() && bench.server.reports.empty();
    tell(result, bench,
         {"gave the board a wrong API key",
          "the server answers 401 to all of it; the board says so and runs 1.0.0 on",
          bench.summary() + "; " + std::to_string(bench.server.requests.size()) +
              " requests were refused",
          refused});
  }
  FaultBench bench;
  tell(result, bench,
       {"gave a board the right key", "1.0.1 is confirmed", "", arrives(bench, release)});
  return result;
}

namespace {

// The n-th hash of an update runs out of memory, for each n. What happens to new firmware in its
// trial counts against it; the board must be ready for the next release.
FaultStep starve_everywhere(FaultResult& result, uint64_t uses) {
  const ServedRelease release = make_release({});
  const ServedRelease next = make_release({.version = "1.0.2", .sequence = 2});
  uint64_t confirmed = 0;
  uint64_t rolled_back = 0;
  for (uint64_t n = 0; n < uses; ++n) {
    FaultBench bench;
    bench.crypto.fails_at = n;
    bench.server.offer(release);
    const bool told = bench.run([&] {
      return bench.was_told("1.0.1", "confirmed") || bench.was_told("1.0.1", "rolled_back");
    });
    const bool met = told && bench.crypto.uses > n;
    if (met && bench.last_told().phase == "confirmed" && bench.runs(release)) ++confirmed;
    const bool back =
        met && bench.last_told().phase == "rolled_back" && bench.running_version() == "1.0.0";
    if (back && arrives(bench, next)) ++rolled_back;
    result.log += "=== hash " + std::to_string(n) + " fails\n" + bench.log + "\n";
  }
  return {"let the n-th hash run out of memory, for each n of the " + std::to_string(uses) +
              " in an update",
          "1.0.1 is confirmed; or, if it was its own first start that failed, rolled back and "
          "reported, and 1.0.2 is confirmed",
          std::to_string(confirmed) + " times confirmed, " + std::to_string(rolled_back) +
              " times rolled back before 1.0.2",
          confirmed + rolled_back == uses && confirmed > rolled_back};
}

}  // namespace

FaultResult play_memory() {
  FaultResult result;
  const ServedRelease release = make_release({});
  FaultBench bench;
  bench.ready = Error::low_memory;
  bench.server.offer(release);
  bench.rest(kHour);
  tell(result, bench,
       {"let the check before an update say that memory is short",
        "the board does not even ask for an update, and runs 1.0.0", "",
        bench.running_version() == "1.0.0" && bench.server.requests.empty()});
  bench.ready = Error::ok;
  const bool arrived = arrives(bench, release);
  const uint64_t uses = bench.crypto.uses;
  tell(result, bench, {"freed the memory", "1.0.1 is confirmed", "", arrived});
  result.steps.push_back(starve_everywhere(result, uses));
  return result;
}

namespace {

struct CutKind {
  const char* name;
  FlashDecision decision;
};

// Cuts the power at places all over an update of `operations` flash operations.
FaultStep cut_everywhere(FaultResult& result, const CutKind& kind, uint64_t operations) {
  const ServedRelease release = make_release({});
  uint64_t arrived = 0;
  for (uint64_t i = 0; i < kCutPlaces; ++i) {
    FaultBench bench;
    CutAtOperation cut(bench.flash.operation_count() + operations * i / kCutPlaces, kind.decision);
    bench.flash.set_fault(&cut);
    if (arrives(bench, release) && bench.power_losses == 1) ++arrived;
    bench.flash.set_fault(nullptr);
    result.log += "=== power cut " + std::string(kind.name) + " operation " +
                  std::to_string(operations * i / kCutPlaces) + "\n" + bench.log + "\n";
  }
  return {"cut the power " + std::string(kind.name) + " one of " + std::to_string(operations) +
              " flash operations, at " + std::to_string(kCutPlaces) + " places",
          "the board boots, goes on, and confirms 1.0.1 each time",
          "confirmed " + of(arrived, kCutPlaces) + " times", arrived == kCutPlaces};
}

}  // namespace

FaultResult play_power() {
  FaultResult result;
  FaultBench clean;
  const uint64_t before = clean.flash.operation_count();
  const bool arrived = arrives(clean, make_release({}));
  const uint64_t operations = clean.flash.operation_count() - before;
  tell(result, clean, {"updated a board without a cut", "1.0.1 is confirmed", "", arrived});
  for (const CutKind& kind :
       {CutKind{"before", {PowerCut::before, 0}}, CutKind{"within", {PowerCut::torn, 100}},
        CutKind{"after", {PowerCut::after, 0}}}) {
    result.steps.push_back(cut_everywhere(result, kind, operations));
  }
  return result;
}

FaultResult play_rollback() {
  struct Row {
    const char* behaviour;
    const char* done;
    const char* error;
  };
  constexpr Row kRows[] = {
      {"crash", "published firmware that crashes at its start", "crashed"},
      {"hang", "published firmware that hangs", "watchdog"},
      {"selftest-fail", "published firmware whose self-test fails", "selftest_failed"},
      {"no-network", "published firmware that finds no network", "no_network"}};
  FaultResult result;
  for (const Row& row : kRows) {
    FaultBench bench;
    const ServedRelease bad = make_release({.behaviour = row.behaviour});
    const bool told = bench.run_to_report(bad);
    const uint64_t sent = bench.server.image_bytes_sent;
    bench.rest(6 * kHour);
    const bool rolled_back =
        told && bench.last_told().phase == "rolled_back" && bench.last_told().error == row.error &&
        bench.running_version() == "1.0.0" && bench.server.image_bytes_sent == sent;
    tell(result, bench,
         {row.done,
          std::string("the board goes back to 1.0.0, reports ") + row.error +
              ", and does not try it again",
          "", rolled_back});
    const ServedRelease good = make_release({.version = "1.0.2", .sequence = 2});
    tell(result, bench,
         {"published a good 1.0.2 after it", "1.0.2 is confirmed", "", arrives(bench, good)});
  }
  return result;
}

}  // namespace otter::sim
