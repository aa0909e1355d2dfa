#include "cli/experiment_text.h"

#include <cmath>
#include <cstdio>

#include "cli/answer.h"
#include "cli/table.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

std::optional<double> figure(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

// A member that is an object; without members if it is none.
json::object part_of(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr || !value->is_object() ? json::object() : value->as_object();
}

bool is_share(const json::object& experiment) {
  const std::string metric = shown(experiment, "metric");
  return metric == "confirmed" || metric == "any_reset";
}

// Shares in percent, all else as it is measured.
std::string number(std::optional<double> value, bool is_percent) {
  if (!value.has_value()) return "-";
  char text[64];
  std::snprintf(text, sizeof(text), "%.4g%s", is_percent ? *value * 100 : *value,
                is_percent ? " %" : "");
  return text;
}

std::string interval(const json::object& interval, bool is_percent) {
  if (interval.empty()) return "-";
  const auto end = [&](const char* name) {
    const std::optional<double> value = figure(interval, name);
    return value.has_value() ? number(value, is_percent) : std::string("?");
  };
  return end("low") + " .. " + end("high");
}

std::string chance(std::optional<double> p) {
  if (!p.has_value()) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), *p < 0.0001 ? "%.1e" : "%.4f", *p);
  return text;
}

// What its devices run.
std::string carried_by(const json::object& arm) {
  const std::string version = shown(arm, "version"), config = shown(arm, "config");
  if (config != "-") return "configuration " + config;
  return version == "-" ? "as it is" : version;
}

void print_arms(std::ostream& out, const json::object& experiment) {
  const bool is_percent = is_share(experiment);
  Table table({"ARM", "RUNS", "DEVICES", "ENTERED", "MEASURED", "VALUE", "INTERVAL", "DIFFERENCE",
               "P (ANY TIME)", "FINDING"});
  for (const json::value& item : list_of(experiment, "arms")) {
    const json::object& arm = item.as_object();
    const json::object comparison = part_of(arm, "comparison");
    table.add({shown(arm, "name"), carried_by(arm), shown(arm, "members"), shown(arm, "entered"),
               shown(arm, "measured"), number(figure(arm, "value"), is_percent),
               interval(part_of(arm, "interval"), is_percent),
               comparison.empty() ? "compared with"
                                  : interval(part_of(comparison, "interval"), is_percent),
               comparison.empty() ? "-" : chance(figure(comparison, "p_sequential")),
               comparison.empty() ? "-" : shown(comparison, "finding")});
  }
  table.print(out, false);
}

void print_end(std::ostream& out, const json::object& experiment) {
  const std::string phase = shown(experiment, "phase");
  const std::string winner = shown(experiment, "winner");
  if (phase == "stopped") {
    out << "Stopped: " << shown(experiment, "cause") << ": " << shown(experiment, "detail") << "\n";
  }
  if (phase != "concluded") return;
  if (winner == "-") {
    out << "Concluded: no arm wins (" << shown(experiment, "cause") << ")\n";
    return;
  }
  out << "Concluded: arm " << winner << " wins (" << shown(experiment, "cause") << ")\n";
  if (shown(experiment, "rollout") != "-") {
    out << "It goes out: otter rollout watch " << shown(experiment, "product") << " "
        << shown(experiment, "rollout") << "\n";
  } else {
    out << "Let it out: otter experiment promote " << shown(experiment, "product") << " "
        << shown(experiment, "name") << "\n";
  }
}

}  // namespace

void print_experiment(std::ostream& out, const json::object& experiment) {
  out << shown(experiment, "product") << " " << shown(experiment, "name") << ": "
      << shown(experiment, "phase") << ", measures " << shown(experiment, "metric") << " ("
      << (shown(experiment, "lower_is_better") == "yes" ? "less" : "more") << " is better)\n";
  print_arms(out, experiment);
  print_end(out, experiment);
}

}  // namespace otter::cli
