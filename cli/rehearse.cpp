// `otter rehearse`: what a rollout's plan would do with a release, good or bad, before it is real.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "cli/answer.h"
#include "cli/fleet_file.h"
#include "cli/fleet_text.h"
#include "cli/plan_file.h"
#include "cli/verbs.h"
#include "fleet/time_units.h"
#include "server/rollout_json.h"

namespace otter::cli {
namespace {

using sim::ReleaseFault;

constexpr double kServerRateMin = 1;  // [KiB/s]

struct RehearsalFlags {
  std::string plan_file;
  std::string fleet_file;
  std::string fault = "none";
  std::string limit = "20%";
  sim::FleetPlan fleet;
  bool json = false;
};

// "20%" or "0.2"; nothing if it is neither.
std::optional<double> share_from(const std::string& text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest(stop, static_cast<size_t>(text.data() + text.size() - stop));
  if (error != std::errc() || (!rest.empty() && rest != "%")) return std::nullopt;
  if (rest == "%") value /= 100;
  return value >= 0 && value <= 1 ? std::optional(value) : std::nullopt;
}

void read_fault(const std::string& text, sim::FleetRelease& release) {
  const std::string word = text.substr(0, text.find('='));
  for (const ReleaseFault fault :
       {ReleaseFault::none, ReleaseFault::crash_at_boot, ReleaseFault::crash_later,
        ReleaseFault::leak, ReleaseFault::lose_wifi, ReleaseFault::worse_metrics}) {
    if (word != name(fault)) continue;
    release.fault = fault;
    if (word == text) return;
    const std::optional<double> share = share_from(text.substr(word.size() + 1));
    if (!share.has_value()) throw std::runtime_error("--fault " + text + ": not a share, as 30%");
    release.share = *share;
    return;
  }
  throw std::runtime_error("--fault " + text +
                           ": none, crash-at-boot, crash-later, leak, lose-wifi or worse-metrics, "
                           "and =SHARE");
}

fleet::Plan read_plan(const std::string& path) {
  const boost::json::object plan = read_plan_file(path);
  try {
    return server::plan_from_json(plan);
  } catch (const std::exception& wrong) {
    throw std::runtime_error(path + ": " + wrong.what());
  }
}

// Its bake times, and time to fill each stage.
uint32_t days_of(const fleet::Plan& plan) {
  int64_t bake_s = 0;
  for (const fleet::Stage& stage : plan.stages) bake_s += stage.bake_s;
  const int64_t days = bake_s / fleet::kDay + 2 * static_cast<int64_t>(plan.stages.size()) + 2;
  return static_cast<uint32_t>(std::min(days, int64_t{365}));
}

void rehearse(const RehearsalFlags& flags) {
  sim::FleetPlan fleet = flags.fleet;
  sim::FleetRelease release;
  release.plan = read_plan(flags.plan_file);
  release.plan.start_s = 0;
  release.plan.needs_approval = false;
  release.version = release.plan.version.empty() ? "next" : release.plan.version;
  read_fault(flags.fault, release);
  const bool is_bad = release.fault != ReleaseFault::none;
  if (release.fault == ReleaseFault::worse_metrics && release.plan.gates.metrics.empty()) {
    throw std::runtime_error(
        "--fault worse-metrics: the plan has no gates.metrics, so that none is "
        "looked at: docs/spec/rollout.md");
  }
  const std::optional<double> limit = share_from(flags.limit);
  if (!limit.has_value()) throw std::runtime_error("--limit " + flags.limit + ": not a share");
  if (fleet.server_kib_per_s != 0 && fleet.server_kib_per_s < kServerRateMin) {
    throw std::runtime_error("--server-rate: 0 for any, or at least 1 KiB/s");
  }
  if (is_bad) release.spread_max = *limit;
  if (fleet.days == 0) fleet.days = days_of(release.plan);
  if (!flags.fleet_file.empty()) {
    fleet.boards = read_fleet(flags.fleet_file, release.plan, fleet.interval_s);
    fleet.devices = static_cast<uint32_t>(fleet.boards.size());
  }
  fleet.releases.push_back(release);
  const sim::FleetOutcome outcome = sim::run_fleet(fleet);
  if (flags.json) {
    print_json(fleet_json(fleet, outcome));
  } else {
    print_curve(std::cout, fleet, 0, outcome);
    print_fleet(std::cout, fleet, outcome);
    for (const sim::FleetHalt& halt : outcome.releases[0].halts) {
      std::cout << "stopped: " << halt.detail << '\n';
    }
  }
  if (!outcome.is_fine()) throw CLI::RuntimeError(1);
}

}  // namespace

void add_rehearse(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "rehearse",
      "Play a rollout's plan to a modelled fleet, or to a model of yours: how long it takes, and "
      "how far a bad release would come; exit code 1 if further than --limit");
  auto flags = std::make_shared<RehearsalFlags>();
  flags->fleet.devices = 2000;
  flags->fleet.days = 0;
  flags->fleet.loss = 0.02;
  flags->fleet.duplication = 0.01;
  verb->add_option("plan", flags->plan_file, "JSON, docs/spec/rollout.md")->required();
  verb->add_option("--fault", flags->fault,
                   "what the release does: none, crash-at-boot, crash-later, leak, lose-wifi, "
                   "worse-metrics; with =SHARE on that share of the boards")
      ->capture_default_str();
  verb->add_option("--limit", flags->limit, "the share of boards that may ever run a bad release")
      ->capture_default_str();
  CLI::Option* devices = verb->add_option("--devices", flags->fleet.devices, "boards");
  devices->check(CLI::Range(1, 1'000'000))->capture_default_str();
  CLI::Option* copied =
      verb->add_option("--fleet", flags->fleet_file,
                       "the boards: what `otter device export --format facts` has written");
  copied->check(CLI::ExistingFile)->excludes(devices);
  verb->add_option("--days", flags->fleet.days, "how long; default: as the plan needs")
      ->check(CLI::Range(1, 365));
  verb->add_option("--interval", flags->fleet.interval_s, "seconds between two check-ins")
      ->check(CLI::Range(60, 86'400))
      ->capture_default_str();
  verb->add_option("--seed", flags->fleet.seed, "what is left to chance follows from it")
      ->capture_default_str();
  verb->add_option("--loss", flags->fleet.loss, "the share of messages that are lost")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  verb->add_option("--resets", flags->fleet.resets_per_day, "abnormal resets of a board and day")
      ->excludes(copied)
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  verb->add_option("--offline", flags->fleet.offline_per_day,
                   "the chance of a board and day to be gone for one to five days")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb->add_option("--power-cuts", flags->fleet.power_cuts_per_day,
                   "of a board and day: a download goes on, a trial begins anew")
      ->check(CLI::Range(0.0, 10'000.0))
      ->capture_default_str();
  verb->add_option("--server-rate", flags->fleet.server_kib_per_s,
                   "KiB/s of all downloads together; 0: more than they take")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  verb->add_flag("--json", flags->json, "print JSON");
  verb->callback([flags] { rehearse(*flags); });
}

}  // namespace otter::cli
