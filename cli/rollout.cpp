// `otter rollout`: a release goes out in stages. `otter explain`: why a device doesn't get one.
#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/plan_file.h"
#include "cli/rollout_health.h"
#include "cli/rollout_preflight.h"
#include "cli/rollout_watch.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

struct RolloutOptions {
  std::string config;
  std::string product;
  std::string name;
  std::string plan_file;
  std::string plan_template;
  std::string group;
  std::string reason;
  std::string device;
  double failing_max = -1;    // [percent]
  double confirmed_min = -1;  // [percent]
  double error_rate = -1;
  std::vector<std::string> metrics;  // name:less:10
  bool without_metrics = false;
  uint32_t interval_s = 2;
  bool dry_run = false;
  bool json = false;
};

std::string path_of(const RolloutOptions& options) {
  return "/api/v1/products/" + url_encode(options.product) + "/rollouts";
}

std::string path_of_one(const RolloutOptions& options) {
  return path_of(options) + "/" + url_encode(options.name);
}

// The group is the plan's, unless it is stated.
void start(const RolloutOptions& options) {
  boost::json::object body;
  if (!options.plan_file.empty()) body = read_plan_file(options.plan_file);
  if (options.dry_run) {
    const boost::json::value* group = body.if_contains("group");
    const bool is_planned = group != nullptr && group->is_string() && options.group.empty();
    return print_preflight(
        options.config,
        {options.product, options.name,
         is_planned ? std::string(group->as_string()) : options.group, options.json});
  }
  body["version"] = options.name;
  if (!options.plan_template.empty()) body["template"] = options.plan_template;
  if (!options.group.empty()) body["group"] = options.group;
  ApiClient client(load_profile(options.config));
  const boost::json::value answer = client.post(path_of(options), body);
  if (options.json) return print_json(answer);
  print_rollout(std::cout, answer.as_object());
  std::cout << "Watch it: otter rollout watch " << printable(options.product) << " "
            << shown(answer.as_object(), "name") << "\n";
}

void list(const RolloutOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get_all(path_of(options), "rollouts");
  if (options.json) return print_json(answer);
  Table table(
      {"ROLLOUT", "VERSION", "PHASE", "STAGE", "CONFIRMED", "FAILING", "OPEN", "OF", "CAUSE"});
  for (const boost::json::value& item : list_of(answer, "rollouts")) {
    const boost::json::object& rollout = item.as_object();
    const RolloutCounts counts = counts_of(rollout);
    table.add({shown(rollout, "name"), shown(rollout, "version"), shown(rollout, "phase"),
               shown(rollout, "stage") + "/" + shown(rollout, "stages"),
               std::to_string(counts.confirmed), std::to_string(counts.failing),
               std::to_string(counts.open), shown(rollout, "members"), shown(rollout, "cause")});
  }
  table.print(std::cout, wants_colour());
}

void show(const RolloutOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get(path_of_one(options));
  if (options.json) return print_json(answer);
  print_rollout(std::cout, answer.as_object());
  print_health(std::cout, answer.as_object());
}

void list_devices(const RolloutOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get_all(path_of_one(options) + "/devices", "devices");
  if (options.json) return print_json(answer);
  Table table({"DEVICE", "END", "STAGE", "STARTED", "ENDED", "ATTEMPTS"});
  for (const boost::json::value& item : list_of(answer, "devices")) {
    const boost::json::object& device = item.as_object();
    table.add({shown(device, "id"), shown(device, "end"), shown(device, "stage"),
               shown_time(device, "started"), shown_time(device, "ended"),
               shown(device, "attempts")});
  }
  table.print(std::cout, wants_colour());
}

// Until it needs nobody any more, or somebody. Exit code 1 if it was halted or taken back.
void watch(const RolloutOptions& options) {
  ApiClient client(load_profile(options.config));
  RolloutWatch watch(std::cout, wants_colour());
  for (;;) {
    const boost::json::value answer = client.get(path_of_one(options));
    const boost::json::object& rollout = answer.as_object();
    if (options.json) {
      print_json(answer);
      std::cout.flush();
    } else {
      watch.draw(rollout);
    }
    const std::string phase = shown(rollout, "phase");
    if (phase == "complete") return;
    if (phase == "halted" || phase == "returned" || phase == "aborted") {
      throw CLI::RuntimeError(1);
    }
    std::this_thread::sleep_for(std::chrono::seconds(options.interval_s));
  }
}

void act(const RolloutOptions& options, const char* action) {
  boost::json::object body = {{"action", action}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).patch(path_of_one(options), body);
  if (options.json) return print_json(answer);
  print_rollout(std::cout, answer.as_object());
}

// Of the spelling alone; what a gate may be the server says.
boost::json::object metric_gate(const std::string& text) {
  const size_t better = text.find(':');
  const size_t allowance = better == std::string::npos ? better : text.find(':', better + 1);
  boost::json::object gate = {{"name", text.substr(0, better)}};
  if (better != std::string::npos) {
    gate["better"] = text.substr(better + 1, allowance - better - 1);
  }
  if (allowance != std::string::npos) {
    double percent = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + allowance + 1, end, percent);
    if (error != std::errc() || stop != end || !std::isfinite(percent)) {
      throw std::runtime_error("--metric " + text + ": NAME:less or NAME:more, and :PERCENT");
    }
    gate["allowance"] = percent;
  }
  return gate;
}

void set_gates(const RolloutOptions& options) {
  boost::json::object gates;
  if (options.failing_max >= 0) gates["failing_max"] = options.failing_max;
  if (options.confirmed_min >= 0) gates["confirmed_min"] = options.confirmed_min;
  if (options.error_rate >= 0) gates["health_error_rate"] = options.error_rate;
  if (options.without_metrics) gates["metrics"] = boost::json::array();
  if (!options.metrics.empty()) {
    boost::json::array metrics;
    for (const std::string& metric : options.metrics) metrics.push_back(metric_gate(metric));
    gates["metrics"] = std::move(metrics);
  }
  if (gates.empty()) {
    throw std::runtime_error(
        "say which: --failing-max, --confirmed-min, --health-error-rate, --metric or --no-metrics");
  }
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).patch(path_of_one(options), {{"gates", gates}});
  if (options.json) return print_json(answer);
  print_rollout(std::cout, answer.as_object());
  print_health(std::cout, answer.as_object());
}

void explain(const RolloutOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config))
          .get("/api/v1/devices/" + url_encode(options.device) + "/explanation");
  if (options.json) return print_json(answer);
  print_explanation(std::cout, answer.as_object());
}

void add_actions(CLI::App& verb, const std::shared_ptr<RolloutOptions>& options,
                 const std::function<CLI::App*(const char*, const char*)>& one) {
  struct Action {
    const char* name;
    const char* word;
    const char* text;
  };
  constexpr Action kActions[] = {
      {"approve", "approve", "Let it begin, which another account has made"},
      {"pause", "pause", "Offer it to nobody until it is resumed"},
      {"resume", "resume", "Go on after a pause or a halt"},
      {"halt", "halt", "Stop it, and say that something is wrong"},
      {"advance", "advance", "Begin the next stage without waiting"},
      {"abort", "abort", "End it; devices that run the release keep it"},
      {"back", "take_back", "Devices that run the release return to what they ran before"},
  };
  for (const Action& action : kActions) {
    CLI::App* sub = one(action.name, action.text);
    sub->add_option("--reason", options->reason, "Why, for those who read it later");
    sub->callback([options, word = action.word] { act(*options, word); });
  }
  verb.footer(
      "Example: otter rollout start lamp 1.2.0 --template careful && otter rollout watch lamp "
      "1.2.0");
}

}  // namespace

void add_rollout(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("rollout", "Let a release out in stages, and watch it");
  verb->require_subcommand(1);
  auto options = std::make_shared<RolloutOptions>();
  const auto of_product = [&](const char* name, const char* text) {
    CLI::App* sub = verb->add_subcommand(name, text);
    sub->add_option("product", options->product, "Its product")->required();
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
    return sub;
  };
  const auto one = [&](const char* name, const char* text) {
    CLI::App* sub = of_product(name, text);
    sub->add_option("rollout", options->name, "Its name, as `otter rollout list` shows it")
        ->required();
    return sub;
  };
  CLI::App* starting = of_product("start", "Begin to let a staged release out");
  starting->add_option("version", options->name, "The release's version")->required();
  starting->add_option("--plan", options->plan_file, "Stages and gates as JSON")
      ->check(CLI::ExistingFile);
  starting->add_option("--template", options->plan_template, "careful, normal or all_at_once")
      ->check(CLI::IsMember({"careful", "normal", "all_at_once"}));
  starting->add_option("--group", options->group, "Which devices: a group's name, or a filter");
  starting->add_flag("--dry-run", options->dry_run,
                     "Begin nothing: say which devices can't take it, and why");
  starting->callback([options] { start(*options); });
  of_product("list", "A product's rollouts")->callback([options] { list(*options); });
  one("show", "How far it is")->callback([options] { show(*options); });
  one("devices", "What became of each device")->callback([options] { list_devices(*options); });
  CLI::App* watching = one("watch", "Follow it until it is complete, or stopped (exit code 1)");
  watching->add_option("--interval", options->interval_s, "How often it is asked for [s]");
  watching->callback([options] { watch(*options); });
  CLI::App* gates = one("gates", "Loosen or tighten its gates");
  gates->add_option("--failing-max", options->failing_max, "Of ended devices [percent]");
  gates->add_option("--confirmed-min", options->confirmed_min, "Of ended devices [percent]");
  gates->add_option("--health-error-rate", options->error_rate, "0 switches the health gate off");
  CLI::Option* metrics = gates->add_option(
      "--metric", options->metrics,
      "NAME:less or NAME:more, which is better, and :PERCENT that a device may be worse than one "
      "that is not updated. State all that are to be watched: others are dropped");
  gates->add_flag("--no-metrics", options->without_metrics, "Watch none of the application")
      ->excludes(metrics);
  gates->callback([options] { set_gates(*options); });
  add_actions(*verb, options, one);
}

void add_explain(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("explain", "Why a device does or doesn't get a release");
  auto options = std::make_shared<RolloutOptions>();
  verb->add_option("device", options->device, "The device's id")->required();
  verb->add_option("--config", options->config, "otter.toml");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->callback([options] { explain(*options); });
  verb->footer("Example: otter explain lamp-7");
}

}  // namespace otter::cli
