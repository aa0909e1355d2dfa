// `otter device`: what runs where, and why an update did not happen; new boards.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/device_verbs.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

struct DeviceOptions {
  std::string config;
  std::string id;
  std::map<std::string, std::string> filters;  // as in the query
  bool json = false;
};

std::string query_of(const std::map<std::string, std::string>& filters) {
  std::string query;
  for (const auto& [name, value] : filters) {
    if (!value.empty()) query += (query.empty() ? "?" : "&") + name + "=" + url_encode(value);
  }
  return query;
}

void list(const DeviceOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config))
          .get_all("/api/v1/devices" + query_of(options.filters), "devices");
  if (options.json) return print_json(answer);
  Table table(
      {"DEVICE", "PRODUCT", "VERSION", "OUTCOME", "OF", "ERROR", "BOOT", "CONFIG", "LAST SEEN"});
  for (const boost::json::value& item : list_of(answer, "devices")) {
    const boost::json::object& device = item.as_object();
    table.add({shown(device, "id"), shown(device, "product"), shown(device, "version"),
               shown(device, "outcome"), shown(device, "outcome_version"), shown(device, "error"),
               shown(device, "boot_state"), shown(device, "config"),
               shown_time(device, "last_seen")});
  }
  table.print(std::cout, wants_colour());
}

void list_reports(const DeviceOptions& options) {
  ApiClient client(load_profile(options.config));
  const boost::json::value answer =
      client.get_all("/api/v1/devices/" + url_encode(options.id) + "/reports", "reports");
  if (options.json) return print_json(answer);
  Table table({"RECEIVED", "VERSION", "OUTCOME", "ERROR", "BOOT", "RESET", "ATTEMPT"});
  for (const boost::json::value& item : list_of(answer, "reports")) {
    const boost::json::object& report = item.as_object();
    table.add({shown_time(report, "received"), shown(report, "version"), shown(report, "outcome"),
               shown(report, "error"), shown(report, "boot_state"), shown(report, "reset_reason"),
               shown(report, "attempt")});
  }
  table.print(std::cout, wants_colour());
}

}  // namespace

void add_device(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("device", "List devices and their reports, make new ones");
  verb->require_subcommand(1);
  auto options = std::make_shared<DeviceOptions>();
  CLI::App* listing = verb->add_subcommand("list", "All devices: version, outcome, last seen");
  listing->add_option("--product", options->filters["product"], "Of this product only");
  listing->add_option("--version", options->filters["version"], "That run this version");
  listing->add_option("--outcome", options->filters["outcome"], "Whose latest update ended so");
  listing->add_option("--boot-state", options->filters["boot_state"], "In this state");
  listing->add_option("--id-prefix", options->filters["id_prefix"], "Whose id begins so");
  listing->callback([options] { list(*options); });
  CLI::App* reports = verb->add_subcommand("reports", "A device's reports, the newest first");
  reports->add_option("id", options->id, "The device's id")->required();
  reports->callback([options] { list_reports(*options); });
  for (CLI::App* sub : {listing, reports}) {
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
  }
  add_device_provision(*verb);
  add_device_flash_args(*verb);
}

}  // namespace otter::cli
