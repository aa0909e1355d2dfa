// `otter product versions` and `otter product failures`: a fleet over time.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/product_verbs.h"
#include "cli/table.h"

namespace otter::cli {
namespace {

struct HistoryOptions {
  std::string config, name;
  uint32_t days = 30;
  bool json = false;
};

boost::json::value ask(const HistoryOptions& options, const char* view) {
  return ApiClient(load_profile(options.config))
      .get("/api/v1/products/" + url_encode(options.name) + "/" + view +
           "?days=" + std::to_string(options.days));
}

void count_versions(const HistoryOptions& options) {
  const boost::json::value answer = ask(options, "versions");
  if (options.json) return print_json(answer);
  Table table({"DAY", "VERSION", "DEVICES"});
  for (const boost::json::value& item : list_of(answer, "counts")) {
    const boost::json::object& count = item.as_object();
    table.add(
        {format_day(count.at("day").as_int64()), shown(count, "version"), shown(count, "devices")});
  }
  table.print(std::cout, wants_colour());
}

void rank_failures(const HistoryOptions& options) {
  const boost::json::value answer = ask(options, "failures");
  if (options.json) return print_json(answer);
  Table table({"DEVICES", "REPORTS", "OUTCOME", "ERROR", "VERSION", "LAST"});
  for (const boost::json::value& item : list_of(answer, "failures")) {
    const boost::json::object& failure = item.as_object();
    table.add({shown(failure, "devices"), shown(failure, "reports"), shown(failure, "outcome"),
               shown(failure, "error"), shown(failure, "version"), shown_time(failure, "last")});
  }
  table.print(std::cout, wants_colour());
}

}  // namespace

void add_product_history(CLI::App& product) {
  auto options = std::make_shared<HistoryOptions>();
  const auto sub_verb = [&](const std::string& name, const char* text,
                            void (*run)(const HistoryOptions&)) {
    CLI::App* sub = product.add_subcommand(name, text);
    sub->add_option("name", options->name, "The product's name")->required();
    sub->add_option("--days", options->days, "Of how many days, today included");
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
    sub->footer("Example: otter product " + name + " lamp --days 30");
    sub->callback([options, run] { run(*options); });
  };
  sub_verb("versions", "How many of its devices ran which version, day by day", count_versions);
  sub_verb("failures", "Why its updates failed, what most devices say first", rank_failures);
}

}  // namespace otter::cli
