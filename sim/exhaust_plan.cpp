#include "sim/exhaust_plan.h"

#include <array>
#include <set>

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

// Where configurations and keys are kept does not depend on the board's past.
bool is_about_documents(Scenario scenario) {
  return scenario == Scenario::config || scenario == Scenario::bad_config ||
         scenario == Scenario::keys;
}

// The way that the image comes neither.
bool is_about_patches(Scenario scenario) {
  return scenario == Scenario::patch || scenario == Scenario::compressed;
}

bool is_usual_board(const StageOptions& stage) {
  return stage.past == Past::updated && !stage.factory;
}

// In the usual extent: configurations that differ in all that matters to otadata and journal.
bool is_nested_here(const StageOptions& stage) {
  if (stage.scenario == Scenario::retries || stage.scenario == Scenario::bad_config) return false;
  if (is_about_documents(stage.scenario) && stage.encrypted) return false;
  return is_usual_board(stage) || stage.past == Past::fresh;
}

bool is_played(Family family, const StageOptions& stage, Extent extent) {
  if (extent == Extent::full) return true;
  if (family == Family::network && stage.encrypted) return false;
  // A patch is decoded anew after each cut: one cut, at each operation.
  const bool cuts_often = family == Family::nested || family == Family::random;
  if (cuts_often && is_about_patches(stage.scenario)) return false;
  const bool slow = stage.scenario == Scenario::retries || family == Family::network ||
                    is_about_documents(stage.scenario) || is_about_patches(stage.scenario);
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

}  // namespace

std::vector<StageOptions> distinct_stages(uint64_t seed) {
  std::set<std::array<uint64_t, 3>> starts;
  std::vector<StageOptions> stages;
  for (const StageOptions& options : all_stages()) {
    if (!is_possible(options)) continue;
    const Stage stage(options);
    Workshop workshop;
    const uint64_t start = prepare_world(stage, workshop, seed).state_hash();
    if (starts.insert({static_cast<uint64_t>(options.scenario), options.factory, start}).second) {
      stages.push_back(options);
    }
  }
  return stages;
}

std::vector<TaskSpec> plan_exhaust(const ExhaustOptions& options) {
  const std::vector<StageOptions> stages = distinct_stages(options.seed);
  std::vector<TaskSpec> tasks;
  for (const Family family : kFamilies) {
    if (options.family && *options.family != family) continue;
    if (family == Family::otadata) {
      add_otadata_tasks(tasks);
      continue;
    }
    for (const StageOptions& stage : stages) {
      if (is_played(family, stage, options.extent)) tasks.push_back({family, stage});
    }
  }
  for (TaskSpec& task : tasks) task.stage.forgetful = options.forgetful;
  return tasks;
}

}  // namespace otter::sim
