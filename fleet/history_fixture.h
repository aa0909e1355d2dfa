// A random life of a server with rollouts, for the property test: devices that come and go, lie
// idle, report late, twice or never; restarts, writes that fail, a clock that jumps, operators who
// interfere. All follows from one seed. What is checked after each event stands in HistoryChecks.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "fleet/book.h"
#include "fleet/cohort.h"
#include "fleet/trial.h"

namespace otter::fleet {

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& what) {
  if (!holds) throw Violation(what);
}

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  uint32_t below(uint32_t count) { return static_cast<uint32_t>(engine_() % count); }
  bool chance(uint32_t percent) { return below(100) < percent; }
  template <typename T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(static_cast<uint32_t>(list.size()))];
  }

 private:
  std::mt19937_64 engine_;
};

// What a device has said, on its way.
struct Mail {
  std::string device;
  std::string version;
  Word word = Word::confirmed;
};

struct Body {
  std::string id;
  std::string site;
  std::string version = "1";
  std::string offered;  // the version that it is at; empty: none
  int64_t created_s = 0;
  int64_t seen_s = 0;
  uint32_t resets = 0;
  int32_t utc_offset_min = 0;
  bool is_in_group = true;
  bool is_fit = true;
  std::set<std::string> failed;  // as the server knows it
};

class BodyGuest : public Guest {
 public:
  explicit BodyGuest(const Body& body) : body_(body) {}
  const std::string& id() const override { return body_.id; }
  const std::string& product() const override { return product_; }
  const std::string& site() const override { return body_.site; }
  int64_t created_s() const override { return body_.created_s; }
  int32_t utc_offset_min() const override { return body_.utc_offset_min; }
  bool is_in_group(const Plan&) const override { return body_.is_in_group; }
  Fit fit(const Plan& plan) const override {
    return {body_.version == plan.version, body_.is_fit ? nullptr : "small",
            body_.failed.contains(plan.version)};
  }

 private:
  const Body& body_;
  std::string product_ = "lamp";
};

// The devices, and when each rollout has seen its group last.
class BodyRoster : public Roster {
 public:
  std::map<std::string, Body> bodies;
  std::map<std::string, uint32_t> sizes;    // by rollout, as it was told
  std::map<std::string, uint64_t> changes;  // by rollout, as of then
  uint64_t change = 1;                      // of the group
  bool is_down = false;

  std::vector<Member> members(const Plan& plan) override {
    if (is_down) throw std::runtime_error("the roster is down");
    std::vector<Member> found;
    for (const auto& [id, body] : bodies) {
      if (plan.arm.exists() && !is_dealt(plan.arm, id)) continue;
      if (body.is_in_group) found.push_back({cohort_place(plan.id, id), id});
    }
    sizes[plan.id] = static_cast<uint32_t>(found.size());
    changes[plan.id] = change;
    return found;
  }
  std::vector<Vitals> vitals(const std::vector<std::string>& devices) override {
    std::vector<Vitals> found;
    for (const std::string& id : devices) {
      const auto body = bodies.find(id);
      found.push_back({});
      if (body == bodies.end()) continue;
      found.back().resets = body->second.resets;
      found.back().seen_s = body->second.seen_s;
      found.back().metrics = {{"latency_ms", 40.0 + body->second.resets}};
    }
    return found;
  }
};

// What is on disk.
struct Kept {
  std::map<std::string, RolloutRecord> rollouts;
  std::map<std::pair<std::string, std::string>, PartRecord> parts;  // rollout, device
  std::map<std::pair<std::string, std::string>, Word> outcomes;     // device, version
};

// None, or one that is strict, or lax.
inline std::vector<MetricGate> random_gates(Dice& dice) {
  if (dice.chance(60)) return {};
  return {{"latency_ms", dice.chance(20), 1000 * dice.below(3)}};
}

inline Plan random_plan(Dice& dice, const std::string& id) {
  Plan plan;
  plan.id = id;
  plan.product = "lamp";
  plan.version = std::to_string(2 + dice.below(3));
  const uint32_t stages = 1 + dice.below(3);
  for (uint32_t index = 0; index < stages; ++index) {
    Stage stage;
    stage.bake_s = 600 * (1 + dice.below(4));
    if (dice.chance(20)) stage.devices = 1 + 3 * index + dice.below(3);
    if (stage.devices == 0) stage.share = 1000 + 3000 * index + dice.below(3000);
    plan.stages.push_back(stage);
  }
  if (dice.chance(70)) plan.stages.push_back({kWhole, 0, 600 * dice.below(3)});
  plan.gates = {1 + dice.below(20), 500 * dice.below(21), 500 * dice.below(21), 0, 600, {}};
  if (dice.chance(50)) plan.gates.health_alpha = 0.3;
  plan.gates.metrics = random_gates(dice);
  plan.on_breach = dice.chance(30) ? OnBreach::take_back : OnBreach::halt;
  if (dice.chance(30)) plan.window = {static_cast<uint16_t>(dice.below(1440)), 600};
  if (dice.chance(30)) plan.at_once_max = 1 + dice.below(3);
  if (dice.chance(30)) plan.at_once_site_max = 1;
  if (dice.chance(20)) plan.bytes_per_s_max = 1000;
  plan.image_bytes = 500 * (1 + dice.below(600));
  plan.attempts_max = 1 + dice.below(3);
  plan.retry_after_s = 600 * dice.below(6);
  plan.time_limit_s = 3600 * (1 + dice.below(12));
  plan.priority = static_cast<int32_t>(dice.below(3));
  plan.takes_late = dice.chance(70);
  plan.needs_approval = dice.chance(20);
  return plan;
}

// Two arms, one of which may keep what it runs.
inline TrialPlan random_trial(Dice& dice, const std::string& id) {
  TrialPlan trial;
  trial.id = id;
  trial.product = "lamp";
  const uint32_t version = 2 + dice.below(2);
  trial.arms = {{"a", dice.chance(50) ? "" : std::to_string(version), 1000},
                {"b", std::to_string(version + 1), 1000}};
  trial.metric = Metric::any_reset;
  trial.watch_s = 600 * (1 + dice.below(12));
  trial.priority = static_cast<int32_t>(dice.below(3));
  trial.failing_max = 2000 * (1 + dice.below(5));
  if (dice.chance(30)) trial.share = 5000;
  if (dice.chance(20)) trial.window = {static_cast<uint16_t>(dice.below(1440)), 600};
  return trial;
}

// What has to hold after each event, by what was so before it.
class HistoryChecks {
 public:
  // A record is about to be adopted.
  void check_step(const RolloutRecord& from, const RolloutRecord& to, bool by_person,
                  int64_t now_s) const {
    const State& a = from.state;
    const State& b = to.state;
    const std::string way = to.plan.id + " " + name(a.phase) + " -> " + name(b.phase);
    require(to.revision == from.revision + 1, way + ": revision");
    require(b.stage == a.stage || b.stage == a.stage + 1, way + ": stage");
    require(b.bound >= a.bound, way + ": bound");
    require(!is_over(a.phase) || a.phase == b.phase, way + ": brought back");
    if (b.stage != a.stage) require(b.phase == Phase::filling, way + ": stage in phase");
    if (a.phase == b.phase && a.stage == b.stage) return;
    require(leads_to(a.phase, b.phase), way);
    if (by_person) return;
    const bool stands = a.phase == Phase::paused || a.phase == Phase::halted;
    require(!stands, way + ": by itself");
    if (a.phase == Phase::waiting) {
      require(!to.plan.needs_approval || a.is_approved, way + ": approval");
    }
    const bool goes_on =
        a.phase == Phase::baking && (b.phase == Phase::filling || b.phase == Phase::complete);
    if (goes_on) {
      require(now_s - std::min(a.since_s, now_s) >= to.plan.stages[a.stage].bake_s,
              way + ": not baked");
    }
    require(b.phase != Phase::filling || a.phase == Phase::waiting || goes_on, way + ": gates");
  }

  // Rollouts, and arms of experiments.
  static std::vector<Book::View> all_views(Book& book, int64_t now_s) {
    std::vector<Book::View> views = book.view("lamp", now_s);
    for (const char* experiment : {"x0", "x1"}) {
      for (const Book::ArmView& arm : book.arms(experiment, now_s)) views.push_back(arm.view);
    }
    return views;
  }

  // Figures are sums, parts go forward only.
  void check_book(Book& book, int64_t now_s) {
    for (const Book::View& view : all_views(book, now_s)) {
      const std::string& id = view.record.plan.id;
      Tally all, stage;
      int64_t pairs = 0;
      for (const PartRecord& record : book.parts(id, "", SIZE_MAX)) {
        add(all, record.part);
        pairs += record.pair.is_over ? 1 : 0;
        if (record.part.stage == view.record.state.stage) add(stage, record.part);
        check_part(record);
      }
      for (const PairSums& sums : view.record.health) {
        require(sums.pairs <= pairs, id + ": a pair is evidence twice");
      }
      require(all == view.all, id + ": tally of all");
      require(stage == view.stage, id + ": tally of the stage");
    }
  }

  void forget() { ends_.clear(); }
  void forget(const PartRecord& record) { ends_.erase({record.rollout, record.device}); }

 private:
  static bool leads_to(Phase a, Phase b) {
    static const std::set<std::pair<Phase, Phase>> kWays = {
        {Phase::waiting, Phase::filling},    {Phase::waiting, Phase::aborted},
        {Phase::filling, Phase::filling},    {Phase::filling, Phase::baking},
        {Phase::filling, Phase::paused},     {Phase::filling, Phase::halted},
        {Phase::filling, Phase::returning},  {Phase::filling, Phase::aborted},
        {Phase::filling, Phase::complete},   {Phase::baking, Phase::filling},
        {Phase::baking, Phase::complete},    {Phase::baking, Phase::paused},
        {Phase::baking, Phase::halted},      {Phase::baking, Phase::returning},
        {Phase::baking, Phase::aborted},     {Phase::paused, Phase::filling},
        {Phase::paused, Phase::baking},      {Phase::paused, Phase::halted},
        {Phase::paused, Phase::returning},   {Phase::paused, Phase::aborted},
        {Phase::halted, Phase::filling},     {Phase::halted, Phase::baking},
        {Phase::halted, Phase::complete},    {Phase::halted, Phase::returning},
        {Phase::halted, Phase::aborted},     {Phase::complete, Phase::halted},
        {Phase::complete, Phase::returning}, {Phase::returning, Phase::returned}};
    return kWays.contains({a, b});
  }

  static void add(Tally& tally, const Part& part) {
    const End end = part.end;
    if (end == End::skipped) {
      ++tally.skipped;
      const bool is_present = part.reason == Reason::installed || part.reason == Reason::control;
      tally.present += is_present ? 1 : 0;
      return;
    }
    ++tally.started;
    if (end == End::confirmed || end == End::returned) ++tally.confirmed;
    if (end == End::returned) ++tally.returned;
    if (end == End::rolled_back) ++tally.rolled_back;
    if (end == End::refused) ++tally.refused;
    if (end == End::failed) ++tally.failed;
    if (end == End::lost) ++tally.lost;
  }

  void check_part(const PartRecord& record) {
    const auto [place, is_new] =
        ends_.try_emplace({record.rollout, record.device}, record.part.end);
    const End a = place->second, b = record.part.end;
    if (is_new || a == b) return;
    place->second = b;
    const bool is_late = a == End::open || a == End::lost || a == End::failed;
    const bool is_fine =
        (a == End::skipped && b == End::open) ||
        (a == End::open && (b == End::lost || b == End::failed)) ||
        (is_late && (b == End::confirmed || b == End::rolled_back || b == End::refused)) ||
        (a == End::confirmed && (b == End::rolled_back || b == End::returned));
    require(is_fine, record.device + " in " + record.rollout + ": " + name(a) + " -> " + name(b));
  }

  std::map<std::pair<std::string, std::string>, End> ends_;  // rollout, device
};

}  // namespace otter::fleet
