#include "server/experiments.h"

#include "server/experiment_documents.h"
#include "server/rollouts.h"

namespace otter::server {
namespace {

fleet::ArmFigures figures_of(const fleet::Book::ArmView& arm) {
  const fleet::State& state = arm.view.record.state;
  return {arm.values, state.phase == fleet::Phase::halted ? state.detail : ""};
}

void tell(const Audience& audience, const fleet::TrialRecord& record, int64_t now_s) {
  const fleet::TrialState& state = record.state;
  audience.log.info("Experiment moved",
                    {{"experiment", record.plan.id},
                     {"phase", name(state.phase)},
                     {"cause", name(state.cause)},
                     {"winner", state.winner ? record.plan.arms[*state.winner].name : ""},
                     {"detail", state.detail}});
  audience.events.publish({"experiment", record.plan.product, experiment_event(record)}, now_s);
}

}  // namespace

std::vector<fleet::ArmFigures> ExperimentView::figures() const {
  std::vector<fleet::ArmFigures> figures;
  for (const fleet::Book::ArmView& arm : arms) figures.push_back(figures_of(arm));
  figures.resize(record.plan.arms.size());
  return figures;
}

void Experiments::load() {
  const std::lock_guard<std::mutex> lock(lock_);
  for (fleet::TrialRecord& record : store_.experiments()) {
    records_[record.plan.id] = std::move(record);
  }
}

void Experiments::adopt(const fleet::TrialRecord& record) {
  const std::lock_guard<std::mutex> lock(lock_);
  fleet::TrialRecord& known = records_[record.plan.id];
  if (record.revision > known.revision) known = record;
}

std::vector<ExperimentView> Experiments::view(const std::string& product, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<ExperimentView> views;
  for (const auto& [id, record] : records_) {
    if (!product.empty() && record.plan.product != product) continue;
    views.push_back({record, book_.arms(id, now_s)});
  }
  return views;
}

std::optional<ExperimentView> Experiments::view_one(const std::string& id, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  const auto found = records_.find(id);
  if (found == records_.end()) return std::nullopt;
  return ExperimentView{found->second, book_.arms(id, now_s)};
}

std::vector<fleet::RolloutRecord> Experiments::arms_of(const fleet::TrialRecord& record,
                                                       int64_t now_s) {
  std::vector<fleet::RolloutRecord> arms;
  for (size_t index = 0; index < record.plan.arms.size(); ++index) {
    fleet::RolloutRecord arm;
    arm.plan = arm_plan(record.plan, index);
    arm.created_by = record.created_by;
    arm.created_s = now_s;
    arm.state.since_s = now_s;
    arm.revision = 1;
    arms.push_back(std::move(arm));
  }
  return arms;
}

std::vector<fleet::RolloutRecord> Experiments::ended_arms(const std::string& id, AtEnd end,
                                                          int64_t now_s) {
  std::vector<fleet::RolloutRecord> ended;
  for (const fleet::Book::ArmView& arm : book_.arms(id, now_s)) {
    const fleet::RolloutRecord& before = arm.view.record;
    const auto change = [&](const fleet::Plan& plan, const fleet::State& state,
                            const fleet::Facts&) {
      if (end == AtEnd::keep || plan.arm.keeps()) return fleet::abort(state, now_s);
      return fleet::take_back(state, now_s, "the experiment was stopped");
    };
    fleet::RolloutRecord after = *book_.wanted(before.plan.id, change, now_s);
    if (after.revision > before.revision) ended.push_back(std::move(after));
  }
  return ended;
}

// False if somebody else was quicker; then nothing has changed.
bool Experiments::keep(const fleet::TrialRecord& record,
                       const std::vector<fleet::RolloutRecord>& arms) {
  struct Overtaken {};
  try {
    store_.atomically([&] {
      if (!store_.put_experiment(record)) throw Overtaken();
      for (const fleet::RolloutRecord& arm : arms) {
        if (!store_.put_rollout(arm)) throw Overtaken();
      }
    });
  } catch (const Overtaken&) {
    return false;
  }
  return true;
}

void Experiments::tick(const Audience& audience, int64_t now_s) {
  std::vector<fleet::TrialRecord> running;
  {
    const std::lock_guard<std::mutex> lock(lock_);
    for (const auto& [id, record] : records_) {
      if (record.state.phase == fleet::TrialPhase::running) running.push_back(record);
    }
  }
  for (fleet::TrialRecord& record : running) {
    const ExperimentView view = {record, book_.arms(record.plan.id, now_s)};
    const fleet::TrialState next = step(record.plan, record.state, view.figures(), now_s);
    if (next == record.state) continue;
    const bool has_moved = next.phase != record.state.phase;
    record.state = next;
    ++record.revision;
    std::vector<fleet::RolloutRecord> arms;
    if (has_moved) arms = ended_arms(record.plan.id, AtEnd::keep, now_s);
    if (!keep(record, arms)) continue;
    for (const fleet::RolloutRecord& arm : arms) book_.adopt(arm);
    adopt(record);
    if (has_moved) tell(audience, record, now_s);
  }
}

}  // namespace otter::server
