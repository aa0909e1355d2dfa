#include "sim/exhaust.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "sim/exhaust_plan.h"
#include "sim/otadata_states.h"

namespace otter::sim {
namespace {

void add(FamilyCount& sum, const FamilyCount& count) {
  sum.worlds += count.worlds;
  sum.power_losses += count.power_losses;
  sum.merged += count.merged;
  sum.violations += count.violations;
  sum.full_depth += count.full_depth;
}

// Threads take tasks in their order; results are joined in that order too.
class Campaign {
 public:
  explicit Campaign(const ExhaustOptions& options)
      : options_(options), tasks_(plan_exhaust(options)), results_(tasks_.size()) {}

  ExhaustResult run() {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < options_.jobs; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
    return join();
  }

 private:
  void work() {
    for (size_t index = next_++; index < tasks_.size(); index = next_++) {
      if (options_.is_cancelled && options_.is_cancelled()) return;
      results_[index] = ExhaustTask(tasks_[index], options_).run();
      const std::lock_guard lock(mutex_);
      ++done_;
      power_losses_ += results_[index].count.power_losses;
      const double fraction = static_cast<double>(done_) / static_cast<double>(tasks_.size());
      if (options_.progress) options_.progress(fraction, power_losses_);
    }
  }

  ExhaustResult join() {
    ExhaustResult result;
    TraceHash trace;
    for (size_t i = 0; i < tasks_.size(); ++i) {
      TaskResult& task = results_[i];
      add(result.families[tasks_[i].family], task.count);
      add(result.sum, task.count);
      trace.add(task.trace.value());
      result.erases_most = std::max(result.erases_most, task.erases_most);
      for (const std::string& finding : task.findings) {
        if (result.findings.size() < kFindingsMax) result.findings.push_back(finding);
      }
    }
    result.trace_hash = trace.value();
    return result;
  }

  const ExhaustOptions& options_;
  std::vector<TaskSpec> tasks_;
  std::vector<TaskResult> results_;
  std::atomic<size_t> next_ = 0;
  std::mutex mutex_;
  size_t done_ = 0;
  uint64_t power_losses_ = 0;
};

}  // namespace

const char* name(Family family) {
  constexpr const char* kNames[] = {"single", "nested", "random", "otadata", "network", "flash"};
  return kNames[static_cast<size_t>(family)];
}

ExhaustResult exhaust(const ExhaustOptions& options) { return Campaign(options).run(); }

World prepare_world(const Stage& stage, Workshop& workshop, uint64_t seed) {
  World world(stage, workshop, seed);
  const Past past = stage.options().past;
  const bool is_at_rest = past == Past::fresh || past == Past::updated;
  if (is_at_rest && stage.options().scenario != Scenario::confirm) world.live(LifePlan());
  world.offer(0);
  if (stage.options().scenario != Scenario::command) return world;
  world.live(LifePlan());
  world.command_rollback();
  return world;
}

World replay(const Stage& stage, Workshop& workshop, uint64_t seed, const Trouble& trouble,
             const LogSink& log) {
  World world = prepare_world(stage, workshop, seed);
  if (trouble.otadata_state) world.set_otadata(otadata_start(*trouble.otadata_state).otadata);
  world.set_flash_traits(trouble.flash);
  LifePlan plan;
  plan.failing_operation = trouble.failing_operation;
  plan.wire = trouble.wire;
  plan.log = log;
  LifeEnd end = LifeEnd::cut;
  for (size_t i = 0; end == LifeEnd::cut && i < trouble.cuts.size(); ++i) {
    plan.cut = trouble.cuts[i];
    end = world.live(plan);
    plan = LifePlan();
    plan.log = log;
    if (log && end == LifeEnd::cut) {
      log(LogLevel::info, "[SIM] the power fails: " + text_of(trouble.cuts[i]));
    }
  }
  if (end == LifeEnd::cut) end = world.live(plan);
  world.check_end(end == LifeEnd::settled);
  world.check_further_update();
  return world;
}

std::string replay_command(const StageOptions& options, uint64_t seed, const Trouble& trouble) {
  return "otter sim run " + std::to_string(seed) + text_of(options) + text_of(trouble);
}

}  // namespace otter::sim
