// Random histories of a server with rollouts, each from one seed. OTTER_HISTORIES says how many;
// OTTER_HISTORY replays one.
#include <gtest/gtest.h>

#include <cstdlib>

#include "fleet/history_fixture.h"
#include "fleet/time_units.h"

namespace otter::fleet {
namespace {

constexpr uint64_t kHistories = 2000;
constexpr int64_t kBegin = 1'800'000'000;  // [s since 1970-01-01 UTC]
constexpr int64_t kCheckInterval = 600;    // [s]

class History {
 public:
  explicit History(uint64_t seed) : dice_(seed) {
    const uint32_t devices = dice_.chance(10) ? dice_.below(3) : 1 + dice_.below(12);
    for (uint32_t number = 0; number < devices; ++number) add_device();
    open_book();
    add_rollout();
  }

  void run() {
    const uint32_t events = 30 + dice_.below(50);
    for (uint32_t event = 0; event < events; ++event) {
      play_event();
      check();
    }
    end();
  }

 private:
  void play_event() {
    const uint32_t dice = dice_.below(100);
    if (dice < 36) return visit_one();
    if (dice < 40) return pass_quiet_hour();
    if (dice < 52) return work_one();
    if (dice < 66) return deliver_one();
    if (dice < 82) return pass_time();
    if (dice < 88) return change_devices();
    if (dice < 92) return interfere();
    if (dice < 94) return flush(dice_.chance(80));
    if (dice < 95) return add_rollout();
    if (dice < 97) return restart_cleanly();
    return restart_after_crash();
  }

  // All goes well for a while, so that rollouts come far.
  void pass_quiet_hour() {
    for (int round = 0; round < 3; ++round) {
      for (auto& [id, body] : roster_.bodies) {
        visit(body);
        if (dice_.chance(70)) work(body);
        check();
      }
      while (!mail_.empty()) {
        deliver(mail_.size() - 1);
        check();
      }
      now_s_ += 600 + dice_.below(600);
      propose();
    }
  }

  void check() { checks_.check_book(*book_, now_s_); }

  void add_device() {
    Body body;
    body.id = "d" + std::to_string(next_device_++);
    body.site = "s" + std::to_string(dice_.below(3));
    body.created_s = now_s_;
    body.utc_offset_min = static_cast<int32_t>(dice_.below(1500)) - 720;
    body.is_in_group = dice_.chance(85);
    body.is_fit = dice_.chance(90);
    roster_.bodies[body.id] = body;
    ++roster_.change;
  }

  void add_experiment() {
    if (experiments_ == 2) return;
    const TrialPlan trial = random_trial(dice_, "x" + std::to_string(experiments_++));
    for (size_t index = 0; index < trial.arms.size(); ++index) {
      RolloutRecord record;
      record.plan = arm_plan(trial, index);
      record.plan.time_limit_s = 3600 * (1 + dice_.below(12));
      kept_.rollouts[record.plan.id] = record;
      book_->adopt(record);
    }
  }

  void add_rollout() {
    if (dice_.chance(25)) return add_experiment();
    if (kept_.rollouts.size() >= 4) return;
    RolloutRecord record;
    record.plan = random_plan(dice_, "r" + std::to_string(kept_.rollouts.size()));
    if (objection_to(record.plan).has_value()) return;
    kept_.rollouts[record.plan.id] = record;
    book_->adopt(record);
  }

  Body* any_body() {
    if (roster_.bodies.empty()) return nullptr;
    auto body = roster_.bodies.begin();
    std::advance(body, dice_.below(static_cast<uint32_t>(roster_.bodies.size())));
    return &body->second;
  }

  Phase phase_of(const std::string& rollout) const {
    return kept_.rollouts.at(rollout).state.phase;
  }

  void visit_one() {
    Body* const body = any_body();
    if (body != nullptr) visit(*body);
  }

  // A device checks in: what it is offered is what was explained, and is allowed.
  void visit(Body& body) {
    const BodyGuest guest(body);
    const std::vector<Line> lines = book_->explain(guest, now_s_);
    std::string expected;
    int repeated = 0;
    for (const Line& line : lines) {
      const bool speaks = line.decision.offers() || line.decision.reason == Reason::taken_back;
      if (speaks && expected.empty()) expected = line.rollout;
      repeated += line.decision.offers() && !line.decision.starts ? 1 : 0;
    }
    require(repeated <= 1, body.id + " has several open offers");
    std::map<std::string, Tally> before;
    for (const Line& line : lines) {
      before[line.rollout] = book_->view_one(line.rollout, now_s_)->all;
    }
    const Choice choice = book_->choose(guest, now_s_);
    body.seen_s = now_s_;
    require(choice.rollout == expected, body.id + ": chosen otherwise than explained");
    if (choice.rollout.empty()) return;
    if (choice.goes_back) return go_back(body, choice);
    check_offer(body, choice, before.at(choice.rollout));
    if (choice.starts.has_value() && dice_.chance(10)) {
      book_->withdraw(*choice.starts);
      checks_.forget(*choice.starts);
      const Tally after = book_->view_one(choice.rollout, now_s_)->all;
      require(after.started == before.at(choice.rollout).started, "withdrawn, and counted");
      return;
    }
    if (choice.starts.has_value()) {
      keep(*choice.starts);
      book_->confirm(*choice.starts);
    }
    require(kept_.parts.contains({choice.rollout, body.id}), "offered without a durable part");
    body.offered = choice.version;
  }

  void check_offer(const Body& body, const Choice& choice, const Tally& before) {
    const RolloutRecord& kept = kept_.rollouts.at(choice.rollout);
    const Plan& plan = kept.plan;
    const std::string who = body.id + " in " + plan.id;
    require(is_offering(kept.state.phase), who + " is offered in " + name(kept.state.phase));
    require(body.is_in_group || plan.arm.exists(), who + " is offered what others get");
    require(body.is_fit, who + " is offered what it can't have");
    require(!plan.arm.exists() || is_dealt(plan.arm, body.id), who + " is in another arm");
    require(body.version != plan.version, who + " is offered what it runs");
    require(!body.failed.contains(plan.version), who + " is offered what has failed");
    require(window_opens_s(plan.window, now_s_, body.utc_offset_min) == now_s_, who + ": window");
    if (!choice.starts.has_value()) return;
    const Stage& stage = plan.stages.at(kept.state.stage);
    require(stage.share == kWhole || plan.arm.exists() ||
                before.started < quota(stage, roster_.sizes[plan.id]),
            who + " is above the quota");
    require(cohort_place(plan.id, body.id) <= kept.state.bound, who + " is of a later stage");
    require(plan.at_once_max == 0 || before.open() < plan.at_once_max, who + ": too many at once");
    require(plan.takes_late || body.created_s <= kept.state.began_s, who + " is late");
    for (const auto& [id, record] : kept_.rollouts) {
      const Phase phase = record.state.phase;
      const bool holds = id != plan.id && (is_offering(phase) || phase == Phase::paused);
      require(!holds || end_of(id, body.id) != End::open, who + " is busy in " + id);
      const bool is_entered = record.plan.arm.exists() && kept_.parts.contains({id, body.id});
      const bool goes_first = plan.arm.exists() || plan.priority > record.plan.priority;
      require(!holds || !is_entered || goes_first, who + " belongs to " + id);
    }
  }

  End end_of(const std::string& rollout, const std::string& device) {
    for (const PartRecord& record : book_->parts(rollout, "", SIZE_MAX)) {
      if (record.device == device) return record.part.end;
    }
    return End::skipped;
  }

  void go_back(Body& body, const Choice& choice) {
    const Phase phase = phase_of(choice.rollout);
    require(phase == Phase::returning || phase == Phase::returned, "back in another phase");
    require(body.version == choice.version, body.id + " goes back from what it does not run");
    require(end_of(choice.rollout, body.id) == End::confirmed, body.id + " goes back");
    if (dice_.chance(20)) return;
    body.version = "1";
    if (dice_.chance(80)) mail_.push_back({body.id, choice.version, Word::rolled_back});
  }

  void work_one() {
    Body* const body = any_body();
    if (body != nullptr) work(*body);
  }

  // A device comes to something with what it was offered.
  void work(Body& body) {
    if (body.offered.empty()) return;
    const Word word =
        dice_.one_of<Word>({Word::confirmed, Word::confirmed, Word::confirmed, Word::rolled_back,
                            Word::refused, Word::failed, Word::failed});
    if (word == Word::confirmed) body.version = body.offered;
    if (!dice_.chance(10)) mail_.push_back({body.id, body.offered, word});
    if (word == Word::confirmed && dice_.chance(10)) {
      body.version = "1";
      mail_.push_back({body.id, body.offered, Word::rolled_back});
    }
    body.offered.clear();
  }

  void deliver_one() {
    if (!mail_.empty()) deliver(dice_.below(static_cast<uint32_t>(mail_.size())));
  }

  // In any order, some twice, some never.
  void deliver(size_t index) {
    const Mail mail = mail_[index];
    if (!dice_.chance(15)) mail_.erase(mail_.begin() + static_cast<std::ptrdiff_t>(index));
    if (dice_.chance(5)) return;
    const auto body = roster_.bodies.find(mail.device);
    if (body != roster_.bodies.end() &&
        (mail.word == Word::rolled_back || mail.word == Word::refused)) {
      body->second.failed.insert(mail.version);
    }
    if (mail.word != Word::failed) kept_.outcomes[{mail.device, mail.version}] = mail.word;
    book_->note("lamp", mail.version, mail.device, mail.word, now_s_);
  }

  void pass_time() {
    const uint32_t dice = dice_.below(100);
    if (dice < 60) now_s_ += 60 + dice_.below(1200);
    if (dice >= 60 && dice < 85) now_s_ += 3600 * (1 + dice_.below(12));
    if (dice >= 85 && dice < 92) now_s_ += kDay * (1 + dice_.below(9));
    if (dice >= 92) now_s_ -= 600 + dice_.below(static_cast<uint32_t>(5 * kDay));
    for (auto& [id, body] : roster_.bodies) {
      if (dice_.chance(80)) body.seen_s = now_s_;
      if (dice_.chance(10)) ++body.resets;
    }
    propose();
  }

  void propose() {
    roster_.is_down = dice_.chance(3);
    try {
      const std::vector<RolloutRecord> proposed = book_->propose(now_s_);
      const bool can_write = dice_.chance(90);
      flush(can_write);
      for (const RolloutRecord& record : proposed) {
        if (can_write && !dice_.chance(10)) adopt(record, false);
      }
    } catch (const Violation&) {
      throw;
    } catch (const std::runtime_error&) {  // the roster's
    }
    roster_.is_down = false;
  }

  void adopt(const RolloutRecord& record, bool by_person) {
    RolloutRecord& kept = kept_.rollouts.at(record.plan.id);
    if (record.revision != kept.revision + 1) return;  // another one was kept
    checks_.check_step(kept, record, by_person, now_s_);
    kept = record;
    book_->adopt(record);
  }

  void change_devices() {
    if (dice_.chance(20)) return add_device();
    Body* const body = any_body();
    if (body == nullptr) return;
    const uint32_t dice = dice_.below(10);
    if (dice < 5) body->is_in_group = !body->is_in_group;
    if (dice >= 5 && dice < 8) body->is_fit = !body->is_fit;
    if (dice == 8) body->version = std::to_string(1 + dice_.below(4));  // by hand
    if (dice == 9) remove(*body);
    ++roster_.change;
  }

  // It vanishes, or is removed by an operator.
  void remove(const Body& body) {
    const std::string id = body.id;
    roster_.bodies.erase(id);
    if (dice_.chance(50)) return;
    const std::vector<PartRecord> parts = book_->parts_without(id);
    for (const PartRecord& record : parts) {
      keep(record);
      checks_.forget(record);
    }
    book_->drop(parts);
    for (const auto& [rollout, record] : kept_.rollouts) {
      require(end_of(rollout, id) != End::open, id + " is removed, and open in " + rollout);
    }
  }

  // An operator, and perhaps time at the same moment: one of both is kept.
  void interfere() {
    if (kept_.rollouts.empty()) return;
    auto rollout = kept_.rollouts.begin();
    std::advance(rollout, dice_.below(static_cast<uint32_t>(kept_.rollouts.size())));
    const uint32_t dice = dice_.below(10);
    const auto change = [dice](const Plan& plan, const State& state, const Facts& facts) {
      if (dice == 0) return pause(state, facts.now_s);
      if (dice == 1) return halt(state, facts.now_s, "smoke");
      if (dice == 2) return abort(state, facts.now_s);
      if (dice == 3) return take_back(state, facts.now_s, "");
      if (dice == 4) return advance(plan, state, facts);
      if (dice == 5) return approve(state);
      if (dice == 6) return state;
      return resume(state, facts.now_s);
    };
    std::optional<RolloutRecord> wanted = book_->wanted(rollout->first, change, now_s_);
    require(wanted.has_value(), "no such rollout");
    if (dice == 6 && !wanted->plan.arm.exists()) change_gates(*wanted);
    if (dice_.chance(20)) propose();
    if (dice_.chance(90)) adopt(*wanted, true);
  }

  void change_gates(RolloutRecord& record) {
    const std::vector<MetricGate> gates = random_gates(dice_);
    record.health = with_gates(record.health, record.plan.gates.metrics, gates);
    record.plan.gates.metrics = gates;
    ++record.revision;
  }

  void keep(const PartRecord& record) { kept_.parts[{record.rollout, record.device}] = record; }

  void flush(bool succeeds) {
    const std::vector<PartRecord> changed = book_->take_changed_parts();
    if (!succeeds) return book_->return_changed_parts(changed);
    for (const PartRecord& record : changed) keep(record);
  }

  void open_book() {
    book_ = std::make_unique<Book>(roster_, kCheckInterval);
    roster_.changes.clear();
    std::vector<PartRecord> parts;
    for (const auto& [key, record] : kept_.parts) parts.push_back(record);
    for (const auto& [id, record] : kept_.rollouts) book_->adopt(record);
    book_->load(parts);
  }

  // All is kept: the same figures, and the same is said to each device.
  void restart_cleanly() {
    propose();
    flush(true);
    std::map<std::string, std::vector<Line>> before;
    for (const auto& [id, body] : roster_.bodies) before[id] = explain(body);
    std::map<std::string, Tally> tallies;
    for (const Book::View& view : HistoryChecks::all_views(*book_, now_s_)) {
      tallies[view.record.plan.id] = view.all;
    }
    const std::map<std::string, uint64_t> asked = roster_.changes;
    open_book();
    book_->propose(now_s_);
    for (const Book::View& view : HistoryChecks::all_views(*book_, now_s_)) {
      require(view.all == tallies.at(view.record.plan.id), "another tally after a restart");
    }
    for (const auto& [id, body] : roster_.bodies) {
      const std::vector<Line> after = explain(body);
      for (size_t index = 0; index < after.size(); ++index) {
        compare(before.at(id).at(index), after[index], asked);
      }
    }
  }

  std::vector<Line> explain(const Body& body) { return book_->explain(BodyGuest(body), now_s_); }

  // What is known only since the start may differ: the rate of downloads, and the group as it is.
  void compare(const Line& before, const Line& after,
               const std::map<std::string, uint64_t>& asked) const {
    const auto version = asked.find(before.rollout);
    const bool is_fresh = version != asked.end() && version->second == roster_.change;
    const bool is_rate = before.decision.reason == Reason::too_many_bytes;
    if (!is_fresh || is_rate) return;
    require(before.rollout == after.rollout, "another order after a restart");
    require(before.decision.reason == after.decision.reason,
            std::string("after a restart ") + name(after.decision.reason) + ", before " +
                name(before.decision.reason));
  }

  // What was not kept is lost, but outcomes are known from elsewhere.
  void restart_after_crash() {
    open_book();
    for (const auto& [key, record] : kept_.parts) {
      const auto outcome =
          kept_.outcomes.find({record.device, kept_.rollouts.at(record.rollout).plan.version});
      if (outcome == kept_.outcomes.end()) continue;
      book_->note("lamp", outcome->first.second, record.device, outcome->second, now_s_);
    }
    checks_.forget();
    if (dice_.chance(80)) propose();
  }

  // Once enough time has passed, each device has its outcome.
  void end() {
    for (const int64_t wait_s : {int64_t{0}, 2 * kDay, 2 * kCheckInterval}) {
      now_s_ += wait_s;
      for (const RolloutRecord& record : book_->propose(now_s_)) adopt(record, false);
      check();
    }
    for (const Book::View& view : HistoryChecks::all_views(*book_, now_s_)) {
      require(view.all.open() == 0, view.record.plan.id + " has devices without an outcome");
    }
  }

  Dice dice_;
  BodyRoster roster_;
  Kept kept_;
  std::unique_ptr<Book> book_;
  HistoryChecks checks_;
  std::vector<Mail> mail_;
  int64_t now_s_ = kBegin;
  int next_device_ = 0;
  int experiments_ = 0;
};

// What went wrong, or nothing.
std::string violation_of(uint64_t seed) {
  try {
    History(seed).run();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(BookProperty, HoldsInEveryHistory) {
  const uint64_t first = number_from("OTTER_HISTORY", 0);
  const uint64_t count = first != 0 ? 1 : number_from("OTTER_HISTORIES", kHistories);
  uint64_t failures = 0;
  for (uint64_t seed = first; seed < first + count && failures < 5; ++seed) {
    const std::string violation = violation_of(seed);
    failures += violation.empty() ? 0 : 1;
    EXPECT_EQ(violation, "") << "OTTER_HISTORY=" << seed << " replays it";
  }
}

}  // namespace
}  // namespace otter::fleet
