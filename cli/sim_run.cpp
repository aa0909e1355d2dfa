// `otter sim run`: replays one world that `otter sim exhaust` has run, and tells it.
// `otter sim update`: one update of one device, told from the beginning to the end.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/sim_verbs.h"
#include "cli/trace_text.h"
#include "sim/exhaust.h"
#include "sim/otadata_states.h"
#include "sim/sim_error.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

struct RunFlags {
  uint64_t seed = 1;
  std::string scenario = "full", past = "updated", idf = "5.1";
  bool factory = false, encrypted = false, forgetful = false, json = false, quiet = false;
  std::vector<std::string> cuts;
  std::string net;
  int64_t fail = -1, otadata = -1;
  std::vector<std::string> stuck_bits;
  sim::FlashTraits flash;
};

sim::StageOptions stage_of(const RunFlags& flags) {
  sim::StageOptions options;
  options.scenario = *sim::scenario_named(flags.scenario);
  options.past = *sim::past_named(flags.past);
  options.idf = *sim::idf_named(flags.idf);
  options.factory = flags.factory;
  options.encrypted = flags.encrypted;
  options.forgetful = flags.forgetful;
  return options;
}

sim::Trouble trouble_of(const RunFlags& flags) {
  sim::Trouble trouble;
  for (const std::string& text : flags.cuts) {
    const std::optional<sim::Cut> cut = sim::parse_cut(text);
    if (!cut) throw sim::SimError("--cut " + text + ": not N:before, N:torn:... or N:after");
    trouble.cuts.push_back(*cut);
  }
  if (!flags.net.empty()) {
    trouble.wire = sim::parse_wire_fault(flags.net);
    if (!trouble.wire) throw sim::SimError("--net " + flags.net + ": not REQUEST:BYTE:KIND");
  }
  if (flags.fail >= 0) trouble.failing_operation = static_cast<uint64_t>(flags.fail);
  if (flags.otadata >= 0) trouble.otadata_state = static_cast<uint32_t>(flags.otadata);
  trouble.flash = flags.flash;
  for (const std::string& text : flags.stuck_bits) {
    const std::optional<sim::StuckBit> stuck = sim::parse_stuck_bit(text);
    if (!stuck) throw sim::SimError("--stuck-bit " + text + ": not OFFSET:BIT:VALUE");
    trouble.flash.stuck_bits.push_back(*stuck);
  }
  return trouble;
}

void print_end(const sim::World& world, bool as_json) {
  const sim::Ledger& ledger = world.ledger();
  const std::string trace = trace_text(ledger.trace.value());
  if (!as_json) {
    std::printf(
        "[SIM] the end, after %.1f s: %s runs; %u power losses, %u erases outside of the "
        "slot, trace %s\n",
        static_cast<double>(world.now_ms()) / 1000, world.running().c_str(), ledger.cuts,
        ledger.erases, trace.c_str());
    const sim::NorFlash& flash = world.flash();
    if (flash.traits().time_factor != 0) {
      std::printf("[SIM] flash was busy for %.1f s\n", static_cast<double>(flash.busy_us()) / 1e6);
    }
    for (const sim::Violation& found : ledger.violations) {
      std::printf("[SIM] violation: I%d %s\n", found.invariant, found.what.c_str());
    }
    return;
  }
  json::array violations;
  for (const sim::Violation& found : ledger.violations) {
    violations.push_back({{"invariant", found.invariant}, {"what", found.what}});
  }
  print_json(json::object{{"running", world.running()},
                          {"power_losses", ledger.cuts},
                          {"erases", ledger.erases},
                          {"flash_busy_ms", world.flash().busy_us() / 1000},
                          {"violations", std::move(violations)},
                          {"trace_hash", trace}});
}

void run(const RunFlags& flags) {
  sim::LogSink log;
  if (!flags.json && !flags.quiet) {
    log = [](LogLevel, const std::string& line) { std::cout << line << '\n'; };
  }
  const sim::Trouble trouble = trouble_of(flags);
  const sim::Stage stage(stage_of(flags));
  sim::Workshop workshop;
  const sim::World world = sim::replay(stage, workshop, flags.seed, trouble, log);
  std::cout << std::flush;
  print_end(world, flags.json);
  if (!world.ledger().violations.empty()) throw CLI::RuntimeError(1);
}

void add_stage_options(CLI::App& verb, RunFlags& flags) {
  std::vector<std::string> scenarios, pasts, versions;
  for (const sim::Scenario scenario : sim::kScenarios) scenarios.push_back(name(scenario));
  for (const sim::Past past : sim::kPasts) pasts.push_back(name(past));
  for (const sim::IdfVersion idf : sim::kIdfVersions) versions.push_back(name(idf));
  verb.add_option("--scenario", flags.scenario, "what the update is like")
      ->check(CLI::IsMember(scenarios))
      ->capture_default_str();
  verb.add_option("--past", flags.past, "what ESP-IDF's own functions did with the board before")
      ->check(CLI::IsMember(pasts))
      ->capture_default_str();
  verb.add_option("--idf", flags.idf, "whose functions they were")
      ->check(CLI::IsMember(versions))
      ->capture_default_str();
  verb.add_flag("--factory", flags.factory, "with a factory partition");
  verb.add_flag("--encrypted", flags.encrypted, "with flash encryption: written in 16-byte units");
  verb.add_flag("--forgetful-flash", flags.forgetful, "flash that lies, as in `sim exhaust`");
  verb.add_option("--flash-time", flags.flash.time_factor,
                  "flash operations take time: 1, as long as with a W25Q32JV; 4, with a slow clone")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  verb.add_option("--stuck-bit", flags.stuck_bits,
                  "OFFSET:BIT:VALUE: that bit of flash always reads as 0 or 1");
  verb.add_flag("--json", flags.json, "print JSON");
}

}  // namespace

void add_sim_run(CLI::App& sim) {
  CLI::App* verb = sim.add_subcommand("run", "Replay one world, as `sim exhaust` names it");
  auto flags = std::make_shared<RunFlags>();
  verb->add_option("seed", flags->seed, "the seed")->required();
  add_stage_options(*verb, *flags);
  verb->add_option("--cut", flags->cuts,
                   "power cut at the N-th flash operation since the power came on: N:before, "
                   "N:torn:prefix:BYTES, N:torn:random:SEED, N:torn:bias:P:SEED, N:after; the "
                   "second option is for the second life, and so on");
  verb->add_option("--net", flags->net,
                   "one answer is spoiled: REQUEST:BYTE:KIND with drop, stall, duplicate, "
                   "truncate, whole-file or changed-etag");
  verb->add_flag("--unstable-erase", flags->flash.has_unstable_erase,
                 "after a torn erase, reads differ from one time to the next");
  verb->add_option("--fail", flags->fail, "the N-th flash operation fails, with the power on")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--otadata", flags->otadata, "start from that state of otadata")
      ->check(CLI::Range(size_t{0}, sim::kOtadataStartCount - 1));
  verb->add_flag("--quiet", flags->quiet, "the end alone");
  verb->callback([flags] { run(*flags); });
}

void add_sim_update(CLI::App& sim) {
  CLI::App* verb =
      sim.add_subcommand("update", "One update of one device, told step by step, in virtual time");
  auto flags = std::make_shared<RunFlags>();
  add_stage_options(*verb, *flags);
  verb->add_option("--seed", flags->seed, "what is left to chance follows from it")
      ->capture_default_str();
  verb->callback([flags] { run(*flags); });
}

}  // namespace otter::cli
