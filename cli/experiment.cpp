// `otter experiment`: two or more releases or configurations, or one and none, to devices by
// chance; the better one goes out.
#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/experiment_text.h"
#include "cli/plan_file.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

struct ExperimentOptions {
  std::string config;
  std::string product;
  std::string name;
  std::string plan_file;
  std::vector<std::string> arms;
  std::string metric;
  std::string group;
  std::string watch;
  std::string time_limit;
  std::string reason;
  std::string winner;
  std::string plan_template;
  double share = -1;  // [percent]
  double error_rate = -1;
  double failing_max = -1;  // [percent]
  int64_t devices_min = -1;
  int64_t devices = -1;
  uint32_t interval_s = 2;
  bool has_control = false;
  bool is_draft = false;
  bool back = false;
  bool json = false;
};

std::string path_of(const ExperimentOptions& options) {
  return "/api/v1/products/" + url_encode(options.product) + "/experiments";
}

std::string path_of_one(const ExperimentOptions& options) {
  return path_of(options) + "/" + url_encode(options.name);
}

// "1.2.0" of a release, "config:7" of a configuration.
boost::json::object arm_of(const std::string& name, const std::string& carries) {
  constexpr std::string_view kConfig = "config:";
  if (!carries.starts_with(kConfig)) return {{"name", name}, {"version", carries}};
  uint32_t version = 0;
  const char* const end = carries.data() + carries.size();
  const auto [stop, error] = std::from_chars(carries.data() + kConfig.size(), end, version);
  if (error != std::errc() || stop != end) {
    throw std::runtime_error("--arm " + carries + ": not a configuration's number, as config:7");
  }
  return {{"name", name}, {"config", version}};
}

// Each as above, perhaps with its name: "b=1.2.0"; the control first.
boost::json::array arms_of(const ExperimentOptions& options) {
  boost::json::array arms;
  if (options.has_control) arms.push_back({{"name", "control"}, {"version", nullptr}});
  for (const std::string& text : options.arms) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) {
      const std::string name(1, static_cast<char>('a' + arms.size() - options.has_control));
      arms.push_back(arm_of(name, text));
    } else {
      arms.push_back(arm_of(text.substr(0, equals), text.substr(equals + 1)));
    }
  }
  return arms;
}

boost::json::object plan_of(const ExperimentOptions& options) {
  boost::json::object body;
  if (!options.plan_file.empty()) body = read_plan_file(options.plan_file);
  body["name"] = options.name;
  if (options.has_control || !options.arms.empty()) body["arms"] = arms_of(options);
  if (!options.metric.empty()) body["metric"] = options.metric;
  if (!options.group.empty()) body["group"] = options.group;
  if (!options.watch.empty()) body["watch"] = options.watch;
  if (!options.time_limit.empty()) body["time_limit"] = options.time_limit;
  if (options.share >= 0) body["share"] = options.share;
  if (options.error_rate >= 0) body["error_rate"] = options.error_rate;
  if (options.failing_max >= 0) body["failing_max"] = options.failing_max;
  if (options.devices_min >= 0) body["devices_min"] = options.devices_min;
  if (options.devices >= 0) body["devices"] = options.devices;
  if (options.is_draft) body["draft"] = true;
  return body;
}

void print_answer(const ExperimentOptions& options, const boost::json::value& answer) {
  if (options.json) return print_json(answer);
  print_experiment(std::cout, answer.as_object());
}

void change(const ExperimentOptions& options, const boost::json::object& body) {
  print_answer(options, ApiClient(load_profile(options.config)).patch(path_of_one(options), body));
}

// Without arms it is a draft that begins.
void start(const ExperimentOptions& options) {
  const bool has_plan = options.has_control || !options.arms.empty() || !options.plan_file.empty();
  if (!has_plan) return change(options, {{"action", "start"}});
  print_answer(options,
               ApiClient(load_profile(options.config)).post(path_of(options), plan_of(options)));
}

void list(const ExperimentOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get_all(path_of(options), "experiments");
  if (options.json) return print_json(answer);
  Table table({"EXPERIMENT", "PHASE", "METRIC", "ARMS", "MEASURED", "WINNER", "CAUSE", "SINCE"});
  for (const boost::json::value& item : list_of(answer, "experiments")) {
    const boost::json::object& experiment = item.as_object();
    int64_t measured = 0;
    const boost::json::array arms = list_of(item, "arms");
    for (const boost::json::value& arm : arms) {
      measured += arm.as_object().at("measured").to_number<int64_t>();
    }
    table.add({shown(experiment, "name"), shown(experiment, "phase"), shown(experiment, "metric"),
               std::to_string(arms.size()), std::to_string(measured), shown(experiment, "winner"),
               shown(experiment, "cause"), shown_time(experiment, "since")});
  }
  table.print(std::cout, wants_colour());
}

void show(const ExperimentOptions& options) {
  print_answer(options, ApiClient(load_profile(options.config)).get(path_of_one(options)));
}

void list_devices(const ExperimentOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get_all(path_of_one(options) + "/devices", "devices");
  if (options.json) return print_json(answer);
  Table table({"DEVICE", "ARM", "ENTERED", "END", "VALUE"});
  for (const boost::json::value& item : list_of(answer, "devices")) {
    const boost::json::object& device = item.as_object();
    table.add({shown(device, "id"), shown(device, "arm"), shown_time(device, "entered"),
               shown(device, "end"), shown(device, "value")});
  }
  table.print(std::cout, wants_colour());
}

// Until it is over. Exit code 1 if it was stopped.
void watch(const ExperimentOptions& options) {
  ApiClient client(load_profile(options.config));
  std::string last;
  for (;;) {
    const boost::json::value answer = client.get(path_of_one(options));
    std::ostringstream text;
    if (options.json) {
      text << boost::json::serialize(answer) << "\n";
    } else {
      print_experiment(text, answer.as_object());
    }
    if (text.str() != last) std::cout << text.str() << std::flush;
    last = text.str();
    const std::string phase = shown(answer.as_object(), "phase");
    if (phase == "concluded") return;
    if (phase == "stopped") throw CLI::RuntimeError(1);
    std::this_thread::sleep_for(std::chrono::seconds(options.interval_s));
  }
}

void stop(const ExperimentOptions& options) {
  boost::json::object body = {{"action", "stop"}, {"take_back", options.back}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  change(options, body);
}

void conclude(const ExperimentOptions& options) {
  boost::json::object body = {{"action", "conclude"}};
  if (!options.winner.empty()) body["winner"] = options.winner;
  if (!options.reason.empty()) body["reason"] = options.reason;
  change(options, body);
}

void promote(const ExperimentOptions& options) {
  boost::json::object body;
  if (!options.plan_file.empty()) body = read_plan_file(options.plan_file);
  if (!options.plan_template.empty()) body["template"] = options.plan_template;
  if (!options.group.empty()) body["group"] = options.group;
  if (!options.winner.empty()) body["winner"] = options.winner;
  print_answer(
      options,
      ApiClient(load_profile(options.config)).post(path_of_one(options) + "/rollout", body));
}

void add_plan_options(CLI::App& verb, ExperimentOptions& options) {
  verb.add_option("--arm", options.arms,
                  "A release's version, or config:NUMBER, perhaps with NAME= before it; once for "
                  "each arm");
  verb.add_flag("--control", options.has_control, "An arm whose devices keep what they run");
  verb.add_option("--metric", options.metric, "What is measured of each device")
      ->check(CLI::IsMember({"confirmed", "any_reset", "resets", "heap", "signal"}));
  verb.add_option("--group", options.group, "Which devices: a group's name, or a filter");
  verb.add_option("--share", options.share, "Of the group that takes part [percent]");
  verb.add_option("--watch", options.watch, "How long each device is watched: 24h");
  verb.add_option("--min", options.devices_min, "Measured in each arm before anything is found");
  verb.add_option("--devices", options.devices, "Measured in each arm when it ends at the latest");
  verb.add_option("--time-limit", options.time_limit, "When it ends at the latest: 30d");
  verb.add_option("--error-rate", options.error_rate, "The chance of a false finding: 0.05");
  verb.add_option("--failing-max", options.failing_max, "Of an arm's ended devices [percent]");
  verb.add_option("--plan", options.plan_file, "All of this as JSON")->check(CLI::ExistingFile);
  verb.add_flag("--draft", options.is_draft, "Only note it; `start` without arms begins it");
}

void add_ends(const std::shared_ptr<ExperimentOptions>& options,
              const std::function<CLI::App*(const char*, const char*)>& one) {
  CLI::App* stopping =
      one("stop", "End it without a result; devices keep the release that they run");
  stopping->add_flag("--back", options->back, "Devices return to what they ran before");
  stopping->add_option("--reason", options->reason, "Why, for those who read it later");
  stopping->callback([options] { stop(*options); });
  CLI::App* concluding = one("conclude", "End it with a result of your own");
  concluding->add_option("--winner", options->winner, "The arm; without it none wins");
  concluding->add_option("--reason", options->reason, "Why, for those who read it later");
  concluding->callback([options] { conclude(*options); });
  CLI::App* promoting = one("promote", "Let out what the winner carries, by a rollout");
  promoting->add_option("--winner", options->winner, "Ends an experiment that runs: this arm wins");
  promoting->add_option("--plan", options->plan_file, "Stages and gates as JSON")
      ->check(CLI::ExistingFile);
  promoting->add_option("--template", options->plan_template, "careful, normal or all_at_once")
      ->check(CLI::IsMember({"careful", "normal", "all_at_once"}));
  promoting->add_option("--group", options->group,
                        "Which devices; without it the experiment's group");
  promoting->callback([options] { promote(*options); });
}

}  // namespace

void add_experiment(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "experiment", "Compare releases or configurations on devices drawn by chance");
  verb->require_subcommand(1);
  const auto options = std::make_shared<ExperimentOptions>();
  const auto of_product = [&](const char* name, const char* text) {
    CLI::App* sub = verb->add_subcommand(name, text);
    sub->add_option("product", options->product, "Its product")->required();
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
    return sub;
  };
  const auto one = [&](const char* name, const char* text) {
    CLI::App* sub = of_product(name, text);
    sub->add_option("experiment", options->name, "Its name")->required();
    return sub;
  };
  CLI::App* starting = one("start", "Begin one");
  add_plan_options(*starting, *options);
  starting->callback([options] { start(*options); });
  of_product("list", "A product's experiments")->callback([options] { list(*options); });
  one("show", "Its arms, figures and findings")->callback([options] { show(*options); });
  one("devices", "Arm and figure of each device")->callback([options] { list_devices(*options); });
  CLI::App* watching = one("watch", "Follow it until it is concluded, or stopped (exit code 1)");
  watching->add_option("--interval", options->interval_s, "How often it is asked for [s]");
  watching->callback([options] { watch(*options); });
  add_ends(options, one);
  verb->footer(
      "Example: otter experiment start lamp heap-1 --control --arm 1.2.0 --metric heap && otter "
      "experiment watch lamp heap-1");
}

}  // namespace otter::cli
