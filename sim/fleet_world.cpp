#include "sim/fleet_world.h"

#include <algorithm>
#include <random>
#include <stdexcept>

#include "sim/fleet_board.h"
#include "sim/fleet_server.h"

namespace otter::sim {
namespace {

using fleet::Word;

constexpr int64_t kBegin = 1'800'000'000;  // [s since 1970-01-01 UTC]
constexpr int64_t kMinute = 60;            // [s]
constexpr int64_t kDay = 86'400;           // [s]
constexpr int64_t kProposeEvery = 10 * kMinute;
constexpr int64_t kAgainAfter = 5 * kMinute;  // a check-in that got no answer
constexpr int64_t kTrial = kMinute;           // from the reset to the first check-in
constexpr int64_t kPowerUp = kMinute;         // until a board goes on where the power failed
constexpr uint8_t kTrialsMax = 3;             // Source: docs/device.md, "trial_attempts_max"
constexpr uint32_t kBoardsOfSite = 5;
constexpr uint32_t kRevisions = 4;
constexpr double kImageKib = 1024;
constexpr double kBestRate = 200;  // [KiB/s]
constexpr double kMetricUnknown = 100;
constexpr double kMetricNoise = 0.1;  // give or take, of one board's values
constexpr double kMetricWorse = 0.3;  // by the fault, of a board's value
constexpr int64_t kDrainDays = 12;    // for the last words of those that were offline

std::string board_id(uint32_t number) {
  const std::string digits = std::to_string(number);
  return "board-" + std::string(6 - digits.size(), '0') + digits;
}

class World {
 public:
  explicit World(const FleetPlan& plan);
  FleetOutcome run();

 private:
  KnownBoard board_of_chance(uint32_t number, std::mt19937_64& engine);
  void add_board(uint32_t number, std::mt19937_64& engine);
  void wake_at(uint32_t board, int64_t at_s);
  void wake(uint32_t board);
  void live(Board& board);
  void finish_download(Board& board, uint32_t number);
  void finish_trial(Board& board, uint32_t number);
  int64_t download_s(const Board& board);
  int64_t power_cuts_within(int64_t seconds);
  bool is_hit(const Board& board, size_t release);
  void run_version(Board& board, uint8_t version);
  void draw_reset(Board& board);
  void add_metrics(Board& board, const std::vector<fleet::MetricValue>* known);
  void measure(Board& board);
  bool has_fault(const Board& board, ReleaseFault fault) const;
  bool check_in(Board& board, uint32_t number);
  void send_reports(Board& board);
  void report(Board& board, uint8_t release, Word word);
  bool arrives();
  int64_t next_wake_s(const Board& board);
  void draw_curve(uint32_t day);
  void compare(FleetOutcome& outcome);
  Truth& truth(size_t release, uint32_t number) { return truths_[release][number]; }

  const FleetPlan& plan_;
  FleetDice dice_;
  std::vector<Board> boards_;
  std::vector<std::vector<uint32_t>> minutes_;  // who wakes up then
  std::unique_ptr<FleetServer> server_;
  std::vector<std::vector<Truth>> truths_;  // by release and board
  std::vector<std::vector<bool>> ran_;      // by release and board
  FleetOutcome outcome_;
  uint32_t downloads_ = 0;  // under way
  int64_t now_s_ = kBegin;
  bool is_draining_ = false;
};

World::World(const FleetPlan& plan)
    : plan_(plan),
      dice_(plan.seed),
      minutes_(static_cast<size_t>((plan.days + kDrainDays) * kDay / kMinute)),
      truths_(plan.releases.size(), std::vector<Truth>(plan.devices)),
      ran_(plan.releases.size(), std::vector<bool>(plan.devices)) {
  if (plan.devices > 1'000'000 || plan.releases.size() > 200) {
    throw std::runtime_error("a modelled fleet has at most 1,000,000 boards and 200 releases");
  }
  if (!plan.boards.empty() && plan.boards.size() != plan.devices) {
    throw std::runtime_error("a modelled fleet has as many boards as are known, or knows none");
  }
  std::mt19937_64 engine(plan.seed);
  boards_.reserve(plan.devices);
  for (uint32_t number = 0; number < plan.devices; ++number) add_board(number, engine);
  server_ = std::make_unique<FleetServer>(plan_, boards_);
  outcome_.releases.resize(plan.releases.size());
}

KnownBoard World::board_of_chance(uint32_t number, std::mt19937_64& engine) {
  std::gamma_distribution<double> rate(plan_.reset_shape, 1 / plan_.reset_shape);
  KnownBoard board;
  board.id = board_id(number);
  board.revision = static_cast<uint32_t>(dice_.next() % kRevisions);
  board.resets_per_day = rate(engine) * plan_.resets_per_day;
  board.link = dice_.between(0.2, 1);
  board.heap_kib = dice_.between(60, 140);
  board.rssi_dbm = rssi_of_link(board.link);
  board.download_failure = plan_.download_failure;
  return board;
}

void World::add_board(uint32_t number, std::mt19937_64& engine) {
  Board board;
  board.site = static_cast<uint32_t>(dice_.next() % (plan_.devices / kBoardsOfSite + 1));
  const bool is_known = !plan_.boards.empty();
  const KnownBoard known = is_known ? plan_.boards[number] : board_of_chance(number, engine);
  board.id = known.id;
  board.revision = known.revision;
  board.resets_per_s = known.resets_per_day / static_cast<double>(kDay);
  board.download_failure = known.download_failure;
  board.link = static_cast<float>(known.link);
  board.heap_kib = static_cast<float>(known.heap_kib);
  board.rssi = static_cast<float>(-known.rssi_dbm);
  add_metrics(board, is_known ? &known.metrics : nullptr);
  board.runs_since_s = kBegin;
  board.last_reset_s = kBegin;
  draw_reset(board);
  boards_.push_back(board);
  if (is_known ? known.is_off : dice_.chance(plan_.drawer)) return;
  wake_at(number,
          kBegin + static_cast<int64_t>(dice_.unit() * static_cast<double>(plan_.interval_s)));
}

// Those that some plan looks at.
void World::add_metrics(Board& board, const std::vector<fleet::MetricValue>* known) {
  const auto place_of = [](const std::vector<fleet::MetricValue>& in, const std::string& name) {
    return std::ranges::find(in, name, &fleet::MetricValue::name);
  };
  for (const FleetRelease& release : plan_.releases) {
    for (const fleet::MetricGate& gate : release.plan.gates.metrics) {
      if (place_of(board.metrics, gate.name) != board.metrics.end()) continue;
      double value = kMetricUnknown;
      if (known == nullptr) {
        value *= dice_.between(0.5, 1.5);
      } else if (const auto found = place_of(*known, gate.name); found != known->end()) {
        value = found->value;
      }
      board.metrics.push_back({gate.name, value});
    }
  }
}

void World::wake_at(uint32_t board, int64_t at_s) {
  const size_t minute = static_cast<size_t>((at_s - kBegin) / kMinute);
  const size_t next = static_cast<size_t>((now_s_ - kBegin) / kMinute) + 1;
  const size_t when = std::max(minute, boards_.size() < plan_.devices ? minute : next);
  if (when < minutes_.size()) minutes_[when].push_back(board);
}

// The next abnormal reset, by the board's own rate and what its release adds.
void World::draw_reset(Board& board) {
  double rate = board.resets_per_s;
  if (board.version != 0 && board.is_hit) {
    const FleetRelease& release = plan_.releases[board.version - 1];
    const bool crashes = release.fault == ReleaseFault::crash_later;
    if (crashes && now_s_ >= board.runs_since_s + release.after_s) {
      rate += release.crashes_per_day / static_cast<double>(kDay);
    }
    if (release.fault == ReleaseFault::leak) rate += 1 / static_cast<double>(kDay);
  }
  board.next_reset_s =
      now_s_ + 1 + static_cast<int64_t>(std::min(1e9, dice_.exponential(1 / rate)));
}

// What has happened to it since it was heard of last.
void World::live(Board& board) {
  while (board.next_reset_s <= now_s_) {
    ++board.resets;
    board.last_reset_s = board.next_reset_s;
    draw_reset(board);
  }
  if (board.version == 0 || !board.is_hit) return;
  const FleetRelease& release = plan_.releases[board.version - 1];
  const bool is_due = now_s_ - board.runs_since_s >= release.after_s;
  // Its rate has risen since the last draw.
  if (release.fault == ReleaseFault::crash_later && is_due) draw_reset(board);
  if (release.fault == ReleaseFault::lose_wifi && is_due) board.silent_from_s = now_s_;
}

bool World::is_hit(const Board& board, size_t release) {
  const FleetRelease& what = plan_.releases[release];
  if (what.fault == ReleaseFault::none) return false;
  if (what.revision != kAnyRevision && what.revision != board.revision) return false;
  return dice_.chance(what.share);
}

void World::run_version(Board& board, uint8_t version) {
  board.version = version;
  board.runs_since_s = now_s_;
  board.last_reset_s = now_s_;
  board.is_hit = version != 0 && is_hit(board, version - 1u);
  draw_reset(board);
}

void World::report(Board& board, uint8_t release, Word word) {
  board.unsent.push_back({release, word, ++board.reports});
}

bool World::has_fault(const Board& board, ReleaseFault fault) const {
  return board.version != 0 && board.is_hit && plan_.releases[board.version - 1u].fault == fault;
}

// What its application says of itself with a check-in.
void World::measure(Board& board) {
  board.vitals.metrics = board.metrics;
  for (fleet::MetricValue& metric : board.vitals.metrics) {
    metric.value *= 1 + dice_.between(-kMetricNoise, kMetricNoise);
  }
  if (!has_fault(board, ReleaseFault::worse_metrics)) return;
  for (const fleet::MetricGate& gate : plan_.releases[board.version - 1u].plan.gates.metrics) {
    const auto found =
        std::ranges::find(board.vitals.metrics, gate.name, &fleet::MetricValue::name);
    const double loss = kMetricWorse * std::abs(found->value);
    found->value += gate.is_more_better ? -loss : loss;
  }
}

bool World::arrives() {
  ++outcome_.messages;
  const bool arrives = !dice_.chance(plan_.loss);
  outcome_.messages_lost += arrives ? 0 : 1;
  return arrives;
}

// Each until it is acknowledged, as the library does. The server counts a report once; a word that
// ends an update may be noted twice.
void World::send_reports(Board& board) {
  while (!board.unsent.empty()) {
    const BoardReport& first = board.unsent.front();
    if (!arrives()) return;
    const int copies = dice_.chance(plan_.duplication) ? 2 : 1;
    outcome_.messages_doubled += copies == 2 ? 1 : 0;
    for (int copy = 0; copy < copies; ++copy) {
      const bool is_new = first.number > board.reports_seen;
      board.reports_seen = std::max(board.reports_seen, first.number);
      if (is_new || first.word != Word::failed) server_->note(board, first, now_s_);
    }
    if (!arrives()) return;  // the acknowledgement
    board.unsent.erase(board.unsent.begin());
  }
}

// Whether it got its answer.
bool World::check_in(Board& board, uint32_t number) {
  send_reports(board);
  if (!arrives()) return false;
  ++outcome_.check_ins;
  board.vitals.resets = board.resets;
  board.vitals.seen_s = now_s_;
  const double hours = static_cast<double>(now_s_ - board.last_reset_s) / 3600;
  const bool leaks = has_fault(board, ReleaseFault::leak);
  const double left_kib = board.heap_kib - (leaks ? hours * board.heap_kib / 24 : 0);
  board.vitals.heap_bytes = static_cast<uint32_t>(std::max(1.0, left_kib) * 1024);
  board.vitals.rssi_dbm_below_zero =
      static_cast<uint16_t>(board.rssi + static_cast<float>(dice_.between(-3, 3)));
  measure(board);
  const fleet::Choice choice = server_->check_in(board, now_s_);
  if (dice_.chance(plan_.duplication)) {  // the request came twice, the first answer is taken
    ++outcome_.messages_doubled;
    server_->check_in(board, now_s_);
  }
  if (!arrives()) return false;
  if (choice.rollout.empty() || is_draining_) return true;
  const size_t release = static_cast<size_t>(
      std::ranges::find(plan_.releases, choice.version, &FleetRelease::version) -
      plan_.releases.begin());
  if (choice.goes_back) {  // perhaps from its trial, which is over then
    run_version(board, board.previous);
    board.state = BoardState::idle;
    truth(release, number) = Truth::returned;
    report(board, static_cast<uint8_t>(release), Word::rolled_back);
    return true;
  }
  board.state = BoardState::downloading;
  board.target = static_cast<uint8_t>(release + 1);
  ++downloads_;
  return true;
}

int64_t World::power_cuts_within(int64_t seconds) {
  if (plan_.power_cuts_per_day <= 0) return 0;
  const double mean_s = static_cast<double>(kDay) / plan_.power_cuts_per_day;
  int64_t cuts = 0;
  for (double at = dice_.exponential(mean_s); at < static_cast<double>(seconds); ++cuts) {
    at += dice_.exponential(mean_s);
  }
  return cuts;
}

// The server's rate is shared with those that download when it begins. After a power cut it goes
// on with the last block.
int64_t World::download_s(const Board& board) {
  double rate = kBestRate * board.link;
  if (plan_.server_kib_per_s > 0) rate = std::min(rate, plan_.server_kib_per_s / downloads_);
  const int64_t seconds = static_cast<int64_t>(kImageKib / rate) + 2 * kMinute;
  return seconds + power_cuts_within(seconds) * kPowerUp;
}

void World::finish_download(Board& board, uint32_t number) {
  const uint8_t release = static_cast<uint8_t>(board.target - 1);
  board.state = BoardState::idle;
  --downloads_;
  if (dice_.chance(board.download_failure * (1.5 - board.link))) {
    return report(board, release, Word::failed);
  }
  ran_[release][number] = true;
  const bool crashes = plan_.releases[release].fault == ReleaseFault::crash_at_boot;
  if (crashes && is_hit(board, release)) {
    truth(release, number) = Truth::rolled_back;
    return report(board, release, Word::rolled_back);
  }
  board.previous = board.version;
  run_version(board, board.target);
  board.state = BoardState::trial;
  board.trials = 1;
}

// Its server has answered the new image, unless the power failed before.
void World::finish_trial(Board& board, uint32_t number) {
  const uint8_t release = static_cast<uint8_t>(board.version - 1);
  if (power_cuts_within(kTrial) > 0) {
    if (board.trials++ < kTrialsMax) return;
    run_version(board, board.previous);
    truth(release, number) = Truth::rolled_back;
    report(board, release, Word::rolled_back);
  } else {
    truth(release, number) = Truth::confirmed;
    report(board, release, Word::confirmed);
  }
  board.state = BoardState::idle;
  send_reports(board);
}

int64_t World::next_wake_s(const Board& board) {
  if (board.state == BoardState::downloading) return now_s_ + download_s(board);
  if (board.state == BoardState::trial) return now_s_ + kTrial;
  const double interval = static_cast<double>(plan_.interval_s);
  const double gone = plan_.offline_per_day * interval / static_cast<double>(kDay);
  if (!is_draining_ && dice_.chance(gone)) {
    return now_s_ + static_cast<int64_t>(dice_.between(1, 5) * static_cast<double>(kDay));
  }
  return now_s_ + static_cast<int64_t>(interval * dice_.between(0.9, 1.1));
}

void World::wake(uint32_t number) {
  Board& board = boards_[number];
  live(board);
  if (board.silent_from_s <= now_s_) {
    if (board.state == BoardState::downloading) --downloads_;
    return;
  }
  if (board.state == BoardState::downloading) finish_download(board, number);
  if (is_draining_ && board.state == BoardState::idle) {
    send_reports(board);
    if (!board.unsent.empty()) wake_at(number, now_s_ + kAgainAfter);
    return;
  }
  const bool is_answered = check_in(board, number);
  if (!is_answered) return wake_at(number, now_s_ + kAgainAfter);
  if (board.state == BoardState::trial) finish_trial(board, number);
  wake_at(number, next_wake_s(board));
}

void World::draw_curve(uint32_t day) {
  for (size_t release = 0; release < plan_.releases.size(); ++release) {
    const fleet::Book::View view = server_->view(release, now_s_);
    outcome_.releases[release].curve.push_back(
        {day, view.record.state.phase, view.record.state.stage, view.all});
  }
}

// Holds what the server has counted to what happened.
void World::compare(FleetOutcome& outcome) {
  for (size_t release = 0; release < plan_.releases.size(); ++release) {
    ReleaseOutcome& result = outcome.releases[release];
    const FleetRelease& what = plan_.releases[release];
    const fleet::Book::View view = server_->view(release, now_s_);
    result.version = what.version;
    result.phase = view.record.state.phase;
    result.tally = view.all;
    result.halts = server_->halts[release];
    for (FleetHalt& halt : result.halts) halt.at_s -= kBegin;
    result.ran = static_cast<uint32_t>(std::ranges::count(ran_[release], true));
    result.is_contained = result.ran <= what.spread_max * plan_.devices;
    if (view.record.plan.id.empty()) continue;
    const std::vector<fleet::End> ends = server_->ends(release);
    for (uint32_t number = 0; number < plan_.devices; ++number) {
      const auto is_of = [release](const BoardReport& one) { return one.release == release; };
      if (std::ranges::any_of(boards_[number].unsent, is_of)) {
        ++result.undelivered;
        continue;
      }
      const fleet::End end = ends[number];
      const Truth said = end == fleet::End::confirmed     ? Truth::confirmed
                         : end == fleet::End::rolled_back ? Truth::rolled_back
                         : end == fleet::End::returned    ? Truth::returned
                                                          : Truth::none;
      result.differing += said == truth(release, number) ? 0 : 1;
    }
  }
}

FleetOutcome World::run() {
  const int64_t days = plan_.days + kDrainDays;
  const int64_t minutes = plan_.days * kDay / kMinute;
  for (int64_t minute = 0; minute < days * kDay / kMinute; ++minute) {
    now_s_ = kBegin + minute * kMinute;
    is_draining_ = minute >= minutes;
    for (size_t release = 0; release < plan_.releases.size(); ++release) {
      const int64_t at_s = plan_.releases[release].at_s / kMinute * kMinute;
      if (now_s_ - kBegin == at_s) server_->add_rollout(release, plan_.releases[release].plan);
    }
    for (const uint32_t board : minutes_[static_cast<size_t>(minute)]) wake(board);
    std::vector<uint32_t>().swap(minutes_[static_cast<size_t>(minute)]);
    if ((now_s_ - kBegin) % kProposeEvery == 0) server_->propose(now_s_);
    if ((minute + 1) % (kDay / kMinute) == 0 && !is_draining_) {
      draw_curve(static_cast<uint32_t>((minute + 1) / (kDay / kMinute)));
    }
    if (plan_.restarts != 0 && dice_.chance(plan_.restarts / static_cast<double>(minutes))) {
      server_->restart(now_s_);
    }
  }
  server_->check_tallies(now_s_);
  compare(outcome_);
  outcome_.violations = server_->violations;
  return outcome_;
}

}  // namespace

const char* name(ReleaseFault fault) {
  switch (fault) {
    case ReleaseFault::none:
      return "none";
    case ReleaseFault::crash_at_boot:
      return "crash-at-boot";
    case ReleaseFault::crash_later:
      return "crash-later";
    case ReleaseFault::leak:
      return "leak";
    case ReleaseFault::lose_wifi:
      return "lose-wifi";
    case ReleaseFault::worse_metrics:
      return "worse-metrics";
  }
  return "none";
}

bool FleetOutcome::is_fine() const {
  const auto is_good = [](const ReleaseOutcome& release) {
    return release.is_contained && release.differing == 0;
  };
  return violations.empty() && std::ranges::all_of(releases, is_good);
}

FleetOutcome run_fleet(const FleetPlan& plan) { return World(plan).run(); }

fleet::Plan careful_plan() {
  fleet::Plan plan;
  for (const uint32_t share : {100u, 500u, 2000u, 5000u, fleet::kWhole}) {
    plan.stages.push_back({share, 0, kDay});
  }
  return plan;
}

FleetPlan five_releases(uint32_t devices, uint64_t seed) {
  FleetPlan plan;
  plan.devices = devices;
  plan.seed = seed;
  plan.restarts = 4;
  for (const int day : {0, 6, 7, 14, 17}) {
    FleetRelease release;
    release.version = std::to_string(plan.releases.size() + 2);
    release.at_s = day * kDay;
    release.plan = careful_plan();
    plan.releases.push_back(release);
  }
  plan.releases[1].fault = ReleaseFault::crash_at_boot;
  plan.releases[1].spread_max = 0.05;
  plan.releases[3].fault = ReleaseFault::crash_later;
  plan.releases[3].share = 0.3;
  plan.releases[3].spread_max = 0.2;
  return plan;
}

}  // namespace otter::sim
