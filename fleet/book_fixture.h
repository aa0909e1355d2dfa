// A small fleet for tests of rollouts: devices whose facts a test sets, and a Book over them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "fleet/book.h"
#include "fleet/cohort.h"
#include "fleet/time_units.h"

namespace otter::fleet {

constexpr int64_t kStart = 1'800'000'000;  // [s since 1970-01-01 UTC]
constexpr int64_t kHour = 3600;            // [s]
constexpr int64_t kCheckInterval = 600;    // [s]

// A device, as a server sees it.
struct Lamp {
  std::string id;
  std::string site = "198.51.100.1";
  std::string version = "1";
  int64_t created_s = kStart - kDay;
  int32_t utc_offset_min = 0;
  bool is_in_group = true;
  const char* unfit = nullptr;
  std::set<std::string> failed;  // versions that have failed on it
  Vitals vitals;
};

class LampGuest : public Guest {
 public:
  explicit LampGuest(const Lamp& lamp) : lamp_(lamp) {}
  const std::string& id() const override { return lamp_.id; }
  const std::string& product() const override { return product_; }
  const std::string& site() const override { return lamp_.site; }
  int64_t created_s() const override { return lamp_.created_s; }
  int32_t utc_offset_min() const override { return lamp_.utc_offset_min; }
  bool is_in_group(const Plan&) const override { return lamp_.is_in_group; }
  Fit fit(const Plan& plan) const override {
    return {lamp_.version == plan.version, lamp_.unfit, lamp_.failed.contains(plan.version)};
  }

 private:
  const Lamp& lamp_;
  std::string product_ = "lamp";
};

class LampRoster : public Roster {
 public:
  std::map<std::string, Lamp> lamps;

  explicit LampRoster(int count) {
    for (int number = 0; number < count; ++number) {
      Lamp lamp;
      lamp.id = "lamp-" + std::to_string(number);
      lamps[lamp.id] = lamp;
    }
  }
  std::vector<Member> members(const Plan& plan) override {
    std::vector<Member> found;
    for (const auto& [id, lamp] : lamps) {
      if (plan.arm.exists() && !is_dealt(plan.arm, id)) continue;
      if (lamp.is_in_group) found.push_back({cohort_place(plan.id, id), id});
    }
    return found;
  }
  std::vector<Vitals> vitals(const std::vector<std::string>& devices) override {
    std::vector<Vitals> found;
    for (const std::string& id : devices) found.push_back(lamps.at(id).vitals);
    return found;
  }
  // By place, the first that gets it first.
  std::vector<std::string> ids_by_place(const Plan& plan) {
    std::map<uint64_t, std::string> sorted;
    for (const auto& [id, lamp] : lamps) sorted[cohort_place(plan.id, id)] = id;
    std::vector<std::string> ids;
    for (const auto& [place, id] : sorted) ids.push_back(id);
    return ids;
  }
};

// Stages of 10 %, 50 % and all, without health.
inline Plan staged_plan() {
  Plan plan;
  plan.id = "r1";
  plan.product = "lamp";
  plan.version = "2";
  plan.stages = {{1000, 0, kHour}, {5000, 0, kHour}, {kWhole, 0, kHour}};
  plan.gates.health_alpha = 0;
  plan.image_bytes = 1'000'000;
  return plan;
}

// One stage for all.
inline Plan whole_plan() {
  Plan plan = staged_plan();
  plan.stages = {{kWhole, 0, 0}};
  return plan;
}

// A Book, the fleet and the clock, with what a server does around them.
struct Desk {
  LampRoster roster;
  Book book{roster, kCheckInterval};
  int64_t now_s = kStart;

  explicit Desk(int count) : roster(count) {}

  void begin(const Plan& plan) {
    RolloutRecord record;
    record.plan = plan;
    book.adopt(record);
    step();
  }
  // One propose(), adopted.
  void step() {
    for (const RolloutRecord& record : book.propose(now_s)) book.adopt(record);
  }
  // Time passes, in which the server proposes as often as it should.
  void pass(int64_t seconds) {
    for (; seconds > kCheckInterval; seconds -= kCheckInterval) jump(kCheckInterval);
    jump(seconds);
  }
  // The clock jumps, or the server slept.
  void jump(int64_t seconds) {
    now_s += seconds;
    step();
  }
  // A check-in whose part is not on disk yet.
  Choice ask(const std::string& id) {
    Lamp& lamp = roster.lamps.at(id);
    lamp.vitals.seen_s = now_s;
    return book.choose(LampGuest(lamp), now_s);
  }
  Choice visit(const std::string& id) {
    Choice choice = ask(id);
    if (choice.starts.has_value()) book.confirm(*choice.starts);
    return choice;
  }
  // All check in; who was offered something.
  std::vector<std::string> visit_all() {
    std::vector<std::string> offered;
    for (const auto& [id, lamp] : roster.lamps) {
      const Choice choice = visit(id);
      if (!choice.rollout.empty() && !choice.goes_back) offered.push_back(id);
    }
    return offered;
  }
  Decision decision(const std::string& id, const std::string& rollout = "r1") {
    for (const Line& line : book.explain(LampGuest(roster.lamps.at(id)), now_s)) {
      if (line.rollout == rollout) return line.decision;
    }
    return {};
  }
  void report(const std::string& id, Word word, const std::string& version = "2") {
    Lamp& lamp = roster.lamps.at(id);
    if (word == Word::confirmed) lamp.version = version;
    if (word == Word::rolled_back || word == Word::refused) lamp.failed.insert(version);
    book.note("lamp", version, id, word, now_s);
  }
  // All check in, and those that are offered it install it.
  size_t visit_and_confirm() {
    const std::vector<std::string> offered = visit_all();
    for (const std::string& id : offered) report(id, Word::confirmed);
    return offered.size();
  }
  Book::View view(const std::string& rollout = "r1") {
    return book.view_one(rollout, now_s).value();
  }
  Phase phase(const std::string& rollout = "r1") { return view(rollout).record.state.phase; }
  End end_of(const std::string& id, const std::string& rollout = "r1") {
    for (const PartRecord& record : book.parts(rollout, "", SIZE_MAX)) {
      if (record.device == id) return record.part.end;
    }
    return End::skipped;
  }
  // What a person wants, kept and adopted; whether it could be had.
  bool want(const std::function<State(const Plan&, const State&, const Facts&)>& change,
            const std::string& rollout = "r1") {
    const RolloutRecord wanted = book.wanted(rollout, change, now_s).value();
    const bool is_new = wanted.revision > view(rollout).record.revision;
    book.adopt(wanted);
    return is_new;
  }
};

// Another Book that is given what this one would have kept.
inline void restart(Desk& from, Desk& to) {
  to.now_s = from.now_s;
  to.roster.lamps = from.roster.lamps;
  std::vector<PartRecord> parts;
  for (const Book::View& view : from.book.view("lamp", from.now_s)) {
    to.book.adopt(view.record);
    const auto more = from.book.parts(view.record.plan.id, "", SIZE_MAX);
    parts.insert(parts.end(), more.begin(), more.end());
  }
  to.book.load(parts);
  to.step();
}

// A person's wish, as Desk::want() takes it.
inline State aborted(const Plan&, const State& state, const Facts& facts) {
  return abort(state, facts.now_s);
}

}  // namespace otter::fleet
