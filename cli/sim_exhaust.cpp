// `otter sim exhaust`: every power cut, every lie of the network, every refusal of the flash.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/sim_verbs.h"
#include "cli/trace_text.h"
#include "sim/exhaust.h"

namespace otter::cli {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

struct ExhaustFlags {
  sim::ExhaustOptions options;
  std::string family;
  bool tiny = false, quick = false, longest = false, json = false;
  double hours = 0;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

json::object count_json(const sim::FamilyCount& count) {
  return {{"worlds", count.worlds},
          {"power_losses", count.power_losses},
          {"merged", count.merged},
          {"violations", count.violations},
          {"full_depth", count.full_depth}};
}

json::object result_json(const sim::ExhaustResult& result, const ExhaustFlags& flags,
                         double seconds) {
  json::object out = count_json(result.sum);
  json::object families;
  for (const auto& [family, count] : result.families) families[name(family)] = count_json(count);
  out["erases_most"] = result.erases_most;
  out["families"] = std::move(families);
  json::array findings;
  for (const std::string& finding : result.findings) findings.push_back(json::string(finding));
  out["findings"] = std::move(findings);
  out["trace_hash"] = trace_text(result.trace_hash);
  out["seed"] = flags.options.seed;
  out["seconds"] = static_cast<int64_t>(seconds + 0.5);
  return out;
}

void print_result(const sim::ExhaustResult& result, const ExhaustFlags& flags, double seconds) {
  std::printf("%-10s %10s %13s %10s %11s\n", "family", "worlds", "power losses", "merged",
              "violations");
  const auto row = [](const char* label, const sim::FamilyCount& count) {
    std::printf("%-10s %10llu %13llu %10llu %11llu\n", label,
                static_cast<unsigned long long>(count.worlds),
                static_cast<unsigned long long>(count.power_losses),
                static_cast<unsigned long long>(count.merged),
                static_cast<unsigned long long>(count.violations));
  };
  for (const auto& [family, count] : result.families) row(name(family), count);
  row("all", result.sum);
  std::printf("at most %u erases outside of the slots; seed %llu, trace %s, %.0f s\n",
              result.erases_most, static_cast<unsigned long long>(flags.options.seed),
              trace_text(result.trace_hash).c_str(), seconds);
}

void show_progress(double fraction, uint64_t power_losses) {
  std::fprintf(stderr, "\r%3.0f %%, %llu power losses", fraction * 100,
               static_cast<unsigned long long>(power_losses));
  if (fraction >= 1) std::fprintf(stderr, "\n");
  std::fflush(stderr);
}

// Rounds with one seed after the other, until the hours are over.
void run(ExhaustFlags& flags) {
  const Clock::time_point start = Clock::now();
  sim::ExhaustOptions& options = flags.options;
  for (const sim::Family family : sim::kFamilies) {
    if (flags.family == name(family)) options.family = family;
  }
  if (flags.tiny) options.extent = sim::Extent::tiny;
  if (flags.quick) options.extent = sim::Extent::quick;
  if (flags.longest) options.extent = sim::Extent::full;
  if (::isatty(STDERR_FILENO) != 0) options.progress = show_progress;
  const double limit = flags.hours * 3600;
  if (limit > 0) options.is_cancelled = [=] { return seconds_since(start) > limit; };
  bool broken = false;
  do {
    const sim::ExhaustResult result = sim::exhaust(options);
    for (const std::string& finding : result.findings) std::cerr << finding << '\n';
    const double seconds = seconds_since(start);
    if (flags.json) print_json(result_json(result, flags, seconds));
    if (!flags.json) print_result(result, flags, seconds);
    broken = broken || result.sum.violations > 0;
    ++options.seed;
  } while (limit > 0 && seconds_since(start) < limit);
  if (broken) throw CLI::RuntimeError(1);
}

}  // namespace

void add_sim_exhaust(CLI::App& sim) {
  CLI::App* verb = sim.add_subcommand(
      "exhaust", "Cut the power at every flash operation of an update, in every way, and check");
  auto flags = std::make_shared<ExhaustFlags>();
  std::vector<std::string> families;
  for (const sim::Family family : sim::kFamilies) families.push_back(name(family));
  verb->add_option("--seed", flags->options.seed, "what is left to chance follows from it")
      ->capture_default_str();
  verb->add_option("--family", flags->family, "one family alone")->check(CLI::IsMember(families));
  verb->add_option("--jobs", flags->options.jobs, "threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  CLI::Option* quick = verb->add_flag("--quick", flags->quick, "a tenth of it");
  CLI::Option* tiny = verb->add_flag("--tiny", flags->tiny, "a hundredth of it");
  CLI::Option* longest =
      verb->add_flag("--long", flags->longest, "every prefix in every configuration: hours");
  verb->add_option("--hours", flags->hours, "with --long: one round after the other, so long")
      ->needs(longest)
      ->check(CLI::NonNegativeNumber);
  longest->excludes(quick)->excludes(tiny);
  quick->excludes(tiny);
  verb->add_flag("--forgetful-flash", flags->options.forgetful,
                 "flash that lies: a power cut undoes the operation before it as well, which no "
                 "device can stand; to see what a violation looks like");
  verb->add_flag("--json", flags->json, "print JSON");
  verb->callback([flags] { run(*flags); });
}

}  // namespace otter::cli
