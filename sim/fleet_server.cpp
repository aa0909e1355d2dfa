#include "sim/fleet_server.h"

#include <stdexcept>

#include "fleet/cohort.h"

namespace otter::sim {
namespace {

using fleet::End;
using fleet::Phase;
using fleet::Word;

constexpr size_t kViolationsMax = 10;
const std::string kProduct = "board";

void add(fleet::Tally& tally, const fleet::Part& part) {
  const End end = part.end;
  if (end == End::skipped) {
    ++tally.skipped;
    tally.present += part.reason == fleet::Reason::installed ? 1 : 0;
    return;
  }
  ++tally.started;
  tally.confirmed += end == End::confirmed || end == End::returned ? 1 : 0;
  tally.returned += end == End::returned ? 1 : 0;
  tally.rolled_back += end == End::rolled_back ? 1 : 0;
  tally.refused += end == End::refused ? 1 : 0;
  tally.failed += end == End::failed ? 1 : 0;
  tally.lost += end == End::lost ? 1 : 0;
}

}  // namespace

class FleetServer::Visitor : public fleet::Guest {
 public:
  Visitor(const FleetServer& server, const Board& board) : server_(server), board_(board) {}
  const std::string& id() const override { return board_.id; }
  const std::string& product() const override { return kProduct; }
  const std::string& site() const override { return server_.sites_[board_.site]; }
  int64_t created_s() const override { return 0; }
  bool is_in_group(const fleet::Plan&) const override { return true; }
  fleet::Fit fit(const fleet::Plan& plan) const override {
    size_t release = 0;
    while (server_.plan_.releases[release].version != plan.version) ++release;
    const uint8_t outcome = server_.outcomes_[release][server_.index_of(board_.id)];
    const bool has_failed = outcome == static_cast<uint8_t>(Word::rolled_back) + 1 ||
                            outcome == static_cast<uint8_t>(Word::refused) + 1;
    return {board_.version == release + 1, board_.version > release + 1 ? "older" : nullptr,
            has_failed};
  }

 private:
  const FleetServer& server_;
  const Board& board_;
};

FleetServer::FleetServer(const FleetPlan& plan, const std::vector<Board>& boards)
    : halts(plan.releases.size()),
      plan_(plan),
      boards_(boards),
      ids_(plan.releases.size()),
      outcomes_(plan.releases.size(), std::vector<uint8_t>(boards.size())) {
  for (const Board& board : boards) {
    const bool is_new = indices_.emplace(board.id, indices_.size()).second;
    if (!is_new) throw std::runtime_error(board.id + ": a board of that name is there already");
    while (sites_.size() <= board.site) sites_.push_back("site-" + std::to_string(sites_.size()));
  }
  open_book();
}

void FleetServer::open_book() {
  book_ = std::make_unique<fleet::Book>(*this, plan_.interval_s);
  for (const auto& [id, record] : records_) book_->adopt(record);
  for (const auto& [id, parts] : parts_) {
    std::vector<fleet::PartRecord> kept;
    kept.reserve(parts.size());
    for (const auto& [device, record] : parts) kept.push_back(record);
    book_->load(kept);
  }
}

void FleetServer::add_rollout(size_t release, const fleet::Plan& plan) {
  fleet::RolloutRecord record;
  record.plan = plan;
  record.plan.id = "rollout-" + std::to_string(release + 1);
  record.plan.product = kProduct;
  record.plan.version = plan_.releases[release].version;
  if (const auto found = objection_to(record.plan)) {
    throw std::runtime_error(record.plan.version + ": " + *found);
  }
  ids_[release] = record.plan.id;
  records_[record.plan.id] = record;
  book_->adopt(record);
}

void FleetServer::keep(const fleet::PartRecord& record) {
  parts_[record.rollout][record.device] = record;
}

void FleetServer::violate(const std::string& what) {
  if (violations.size() < kViolationsMax) violations.push_back(what);
}

fleet::Choice FleetServer::check_in(const Board& board, int64_t now_s) {
  const fleet::Choice choice = book_->choose(Visitor(*this, board), now_s);
  if (choice.rollout.empty() || choice.goes_back) return choice;
  const fleet::RolloutRecord& record = records_.at(choice.rollout);
  if (!is_offering(record.state.phase)) {
    violate(board.id + " is offered " + choice.version + " while it is " +
            name(record.state.phase));
  }
  if (choice.starts.has_value()) check_start(*choice.starts, now_s);
  return choice;
}

void FleetServer::check_start(const fleet::PartRecord& record, int64_t now_s) {
  const auto view = book_->view_one(record.rollout, now_s);
  const fleet::Stage& stage = view->record.plan.stages[view->record.state.stage];
  if (stage.share != fleet::kWhole && view->all.started > view->quota) {
    violate(record.device + " is above the quota of " + record.rollout);
  }
  const uint64_t place = fleet::cohort_place(record.rollout, record.device);
  if (place > view->record.state.bound) violate(record.device + " is of a later stage");
  keep(record);
  book_->confirm(record);
}

void FleetServer::note(const Board& board, const BoardReport& report, int64_t now_s) {
  const std::string& version = plan_.releases[report.release].version;
  if (report.word != Word::failed) {
    outcomes_[report.release][index_of(board.id)] = static_cast<uint8_t>(report.word) + 1;
  }
  book_->note(kProduct, version, board.id, report.word, now_s);
}

void FleetServer::adopt(const fleet::RolloutRecord& record, int64_t now_s) {
  fleet::RolloutRecord& kept = records_.at(record.plan.id);
  const fleet::State& before = kept.state;
  const fleet::State& after = record.state;
  const std::string way = record.plan.id + " " + name(before.phase) + " -> " + name(after.phase);
  const bool rises = after.stage == before.stage || after.stage == before.stage + 1;
  if (!rises || after.bound < before.bound) violate(way + " goes backwards");
  const bool stands = before.phase == Phase::halted || is_over(before.phase);
  if (stands && after.phase != before.phase) violate(way + " by itself");
  const bool stops = after.phase == Phase::halted || after.phase == Phase::returning;
  if (stops && before.phase != after.phase) {
    const uint32_t started = book_->view_one(record.plan.id, now_s)->all.started;
    for (size_t release = 0; release < ids_.size(); ++release) {
      if (ids_[release] != record.plan.id) continue;
      halts[release].push_back({now_s, after.cause, after.detail, started});
    }
  }
  kept = record;
  book_->adopt(record);
}

void FleetServer::propose(int64_t now_s) {
  const std::vector<fleet::RolloutRecord> proposed = book_->propose(now_s);
  for (const fleet::PartRecord& record : book_->take_changed_parts()) keep(record);
  for (const fleet::RolloutRecord& record : proposed) adopt(record, now_s);
}

// What changed since it was kept is lost; outcomes were kept as they came.
void FleetServer::restart(int64_t now_s) {
  std::vector<fleet::Tally> before;
  for (const std::string& id : ids_) {
    if (!id.empty()) before.push_back(book_->view_one(id, now_s)->all);
  }
  open_book();
  for (size_t release = 0; release < ids_.size(); ++release) {
    for (const auto& [device, record] : parts_[ids_[release]]) {
      const uint8_t outcome = outcomes_[release][index_of(device)];
      if (outcome == 0) continue;
      book_->note(kProduct, plan_.releases[release].version, device, static_cast<Word>(outcome - 1),
                  now_s);
    }
  }
  propose(now_s);
  size_t next = 0;
  for (const std::string& id : ids_) {
    if (id.empty()) continue;
    const fleet::Tally after = book_->view_one(id, now_s)->all;
    if (after.started != before[next].started || after.confirmed != before[next].confirmed) {
      violate(id + " has other figures after a restart");
    }
    ++next;
  }
}

fleet::Book::View FleetServer::view(size_t release, int64_t now_s) {
  return ids_[release].empty() ? fleet::Book::View() : *book_->view_one(ids_[release], now_s);
}

std::vector<End> FleetServer::ends(size_t release) {
  std::vector<End> ends(boards_.size(), End::skipped);
  for (const fleet::PartRecord& record : book_->parts(ids_[release], "", SIZE_MAX)) {
    ends[index_of(record.device)] = record.part.end;
  }
  return ends;
}

void FleetServer::check_tallies(int64_t now_s) {
  for (size_t release = 0; release < ids_.size(); ++release) {
    if (ids_[release].empty()) continue;
    fleet::Tally all;
    for (const fleet::PartRecord& record : book_->parts(ids_[release], "", SIZE_MAX)) {
      add(all, record.part);
    }
    if (!(all == view(release, now_s).all)) violate(ids_[release] + ": its tally is no sum");
  }
}

std::vector<fleet::Member> FleetServer::members(const fleet::Plan& plan) {
  std::vector<fleet::Member> found;
  found.reserve(boards_.size());
  for (const Board& board : boards_) {
    found.push_back({fleet::cohort_place(plan.id, board.id), board.id});
  }
  return found;
}

std::vector<fleet::Vitals> FleetServer::vitals(const std::vector<std::string>& devices) {
  std::vector<fleet::Vitals> found;
  found.reserve(devices.size());
  for (const std::string& device : devices) found.push_back(boards_[index_of(device)].vitals);
  return found;
}

}  // namespace otter::sim
