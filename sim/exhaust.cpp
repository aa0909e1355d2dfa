#include "sim/exhaust.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "sim/exhaust_task.h"
#include "sim/otadata_states.h"

namespace otter::sim {
namespace {

constexpr uint32_t kOtadataParts = 20;  // even: otadata_start() gives every second one a factory
static_assert(kOtadataParts % 2 == 0);

std::vector<StageOptions> all_stages() {
  std::vector<StageOptions> stages;
  for (const Scenario scenario : kScenarios) {
    for (const bool factory : {false, true}) {
      for (const Past past : kPasts) {
        for (const IdfVersion idf : kIdfVersions) {
          if (first_alike(past, idf) != idf) continue;
          for (const bool encrypted : {false, true}) {
            stages.push_back({scenario, past, idf, factory, encrypted});
          }
        }
      }
    }
  }
  return stages;
}

// A board that has run from factory alone has no other slot to go back to by command.
bool is_possible(const StageOptions& stage) {
  return stage.scenario != Scenario::command || stage.past != Past::fresh || !stage.factory;
}

bool is_usual_board(const StageOptions& stage) {
  return stage.past == Past::updated && !stage.factory;
}

// In the usual extent: configurations that differ in all that matters to otadata and journal.
bool is_nested_here(const StageOptions& stage) {
  if (stage.scenario == Scenario::retries) return false;
  return is_usual_board(stage) || stage.past == Past::fresh;
}

bool is_played(Family family, const StageOptions& stage, Extent extent) {
  if (extent == Extent::full) return true;
  if (family == Family::network && stage.encrypted) return false;
  const bool slow = stage.scenario == Scenario::retries || family == Family::network;
  if (slow && !is_usual_board(stage)) return false;
  return family != Family::nested || is_nested_here(stage);
}

// Each start state belongs to a board with or without factory.
void add_otadata_tasks(std::vector<TaskSpec>& tasks) {
  for (uint32_t part = 0; part < kOtadataParts; ++part) {
    StageOptions stage;
    stage.factory = part % 2 == 1;
    tasks.push_back({Family::otadata, stage, part, kOtadataParts});
  }
}

std::vector<TaskSpec> make_tasks(const ExhaustOptions& options) {
  std::vector<TaskSpec> tasks;
  for (const Family family : kFamilies) {
    if (options.family && *options.family != family) continue;
    if (family == Family::otadata) {
      add_otadata_tasks(tasks);
      continue;
    }
    for (const StageOptions& stage : all_stages()) {
      if (is_possible(stage) && is_played(family, stage, options.extent))
        tasks.push_back({family, stage});
    }
  }
  return tasks;
}

void add(FamilyCount& sum, const FamilyCount& count) {
  sum.worlds += count.worlds;
  sum.power_losses += count.power_losses;
  sum.merged += count.merged;
  sum.violations += count.violations;
}

// Threads take tasks in their order; results are joined in that order too.
class Campaign {
 public:
  explicit Campaign(const ExhaustOptions& options)
      : options_(options), tasks_(make_tasks(options)), results_(tasks_.size()) {}

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
      for (const std::string& finding : task.findings) result.findings.push_back(finding);
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
