// `otter sim reachability`: every history of updates, and whether a good image still boots after
// it.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/sim_verbs.h"
#include "sim/otadata_text.h"
#include "sim/reachability.h"
#include "sim/vendor_hazards.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr size_t kLossesShown = 8;

struct ReachabilityArguments {
  std::string rules = "otter";
  std::string idf = "all";
  bool with_factory = false;
  bool without_factory = false;
  int slot_count = 2;
  bool power_cuts = true;
  bool all_losses = false;
  bool json = false;
};

// What one line of the answer is about.
struct Case {
  std::string rules;
  std::optional<sim::IdfVersion> idf;  // nothing: of no consequence
  sim::BenchLayout layout;
};

const char* kind_name(sim::LossKind kind) {
  return kind == sim::LossKind::bad_loops ? "a bad image loops" : "nothing boots";
}

std::string idf_name(const Case& each) { return each.idf ? sim::name(*each.idf) : "any"; }

sim::Reachability explore(const Case& each, bool power_cuts) {
  if (each.rules == "otter") {
    return sim::explore(*sim::make_otter_rules(each.layout), {each.layout, power_cuts});
  }
  const auto vendor = sim::make_vendor_rules(*each.idf, each.layout);
  sim::Reachability found = sim::explore(*vendor, {each.layout, false});
  if (each.rules == "vendor") return found;
  return sim::explore_from(*sim::make_otter_rules(each.layout), {each.layout, power_cuts},
                           found.reached);
}

std::vector<sim::IdfVersion> versions(const std::string& wanted) {
  std::vector<sim::IdfVersion> out;
  for (const sim::IdfVersion idf : sim::kIdfVersions) {
    if (wanted == "all" || wanted == sim::name(idf)) out.push_back(idf);
  }
  return out;
}

std::vector<Case> cases(const ReachabilityArguments& arguments) {
  std::vector<Case> out;
  const bool both = arguments.with_factory == arguments.without_factory;
  for (const bool has_factory : {false, true}) {
    if (!both && has_factory != arguments.with_factory) continue;
    const sim::BenchLayout layout = {static_cast<uint8_t>(arguments.slot_count), has_factory,
                                     false};
    if (arguments.rules == "otter") {
      out.push_back({arguments.rules, std::nullopt, layout});
      continue;
    }
    for (const sim::IdfVersion idf : versions(arguments.idf)) {
      out.push_back({arguments.rules, idf, layout});
    }
  }
  return out;
}

json::object to_json(const Case& each, const sim::Reachability& found) {
  json::array losses;
  for (const sim::Loss& loss : found.losses) {
    losses.push_back({{"kind", kind_name(loss.kind)},
                      {"otadata", loss.otadata},
                      {"history", json::array(loss.history.begin(), loss.history.end())}});
  }
  return {{"rules", each.rules},
          {"idf", idf_name(each)},
          {"slots", each.layout.slot_count},
          {"factory", each.layout.has_factory},
          {"states", found.states},
          {"transitions", found.transitions},
          {"misled_starts", found.misled_starts},
          {"lost_states", found.lost_states},
          {"losses", std::move(losses)}};
}

void print_loss(const sim::Loss& loss) {
  std::cout << "  " << loss.otadata << ", " << kind_name(loss.kind) << ":";
  for (size_t i = 0; i < loss.history.size(); ++i) {
    std::cout << (i == 0 ? " " : ", ") << loss.history[i];
  }
  std::cout << '\n';
}

void print_case(const Case& each, const sim::Reachability& found, bool all_losses) {
  std::cout << each.rules << " rules";
  if (each.rules == "mixed") std::cout << " (ESP-IDF's functions, then Otter)";
  if (each.idf) std::cout << ", ESP-IDF " << idf_name(each);
  std::cout << ", " << int{each.layout.slot_count} << " slots"
            << (each.layout.has_factory ? ", factory" : ", no factory") << ": " << found.states
            << " states, " << found.transitions << " transitions, " << found.lost_states << " lost";
  if (found.misled_starts > 0) std::cout << ", " << found.misled_starts << " starts misled";
  std::cout << '\n';
  const size_t shown = all_losses ? found.losses.size() : kLossesShown;
  for (size_t i = 0; i < found.losses.size() && i < shown; ++i) print_loss(found.losses[i]);
  if (found.losses.size() > shown) {
    std::cout << "  and " << found.losses.size() - shown << " more: --all-losses\n";
  }
}

// The known ways to lose a device, one line each.
void print_hazards(sim::IdfVersion idf) {
  for (const sim::VendorHazard& hazard : sim::vendor_hazards()) {
    const auto rules = sim::make_vendor_rules(idf, hazard.layout);
    const auto replayed = sim::replay(*rules, hazard.layout, hazard.history, hazard.start);
    if (!replayed) continue;
    std::cout << "hazard, ESP-IDF " << sim::name(idf) << ": " << hazard.name << ": "
              << sim::to_text(replayed->before_restart) << ", "
              << (replayed->loss ? kind_name(*replayed->loss) : "rolls back") << '\n';
  }
}

void run_reachability(const ReachabilityArguments& arguments) {
  bool otter_loses = false;
  json::array answer;
  for (const Case& each : cases(arguments)) {
    const sim::Reachability found = explore(each, arguments.power_cuts);
    otter_loses |= each.rules != "vendor" && found.lost_states > 0;
    if (arguments.json) {
      answer.push_back(to_json(each, found));
    } else {
      print_case(each, found, arguments.all_losses);
    }
  }
  if (arguments.json) print_json(answer);
  if (arguments.rules == "vendor" && !arguments.json) {
    for (const sim::IdfVersion idf : versions(arguments.idf)) print_hazards(idf);
  }
  if (otter_loses) throw std::runtime_error("Otter's rules lose a device; the histories are above");
}

}  // namespace

void add_sim_reachability(CLI::App& sim) {
  CLI::App* verb = sim.add_subcommand(
      "reachability", "Try every history of updates: does a good image always boot?");
  auto arguments = std::make_shared<ReachabilityArguments>();
  verb->add_option("--rules", arguments->rules,
                   "otter, vendor (ESP-IDF's own functions), or mixed (these first, then Otter)")
      ->check(CLI::IsMember({"otter", "vendor", "mixed"}))
      ->capture_default_str();
  verb->add_option("--idf", arguments->idf, "ESP-IDF's version, for vendor and mixed")
      ->check(CLI::IsMember({"all", "5.1", "5.5.0", "5.5.4", "6.0", "6.1"}))
      ->capture_default_str();
  verb->add_option("--slots", arguments->slot_count, "OTA slots")
      ->check(CLI::Range(2, 3))
      ->capture_default_str();
  verb->add_flag("--factory", arguments->with_factory, "only with a factory partition");
  verb->add_flag("--no-factory", arguments->without_factory, "only without one");
  verb->add_flag("--power-cuts,!--no-power-cuts", arguments->power_cuts,
                 "Otter's rules: cut the power before each flash operation (default)");
  verb->add_flag("--all-losses", arguments->all_losses, "print every loss");
  verb->add_flag("--json", arguments->json, "print JSON");
  verb->callback([arguments] { run_reachability(*arguments); });
}

}  // namespace otter::cli
