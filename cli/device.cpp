// `otter device`: what runs where, and why an update did not happen; new boards.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/device_verbs.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "ota/wire/version.h"

namespace otter::cli {
namespace {

struct DeviceOptions {
  std::string config;
  std::string id;
  std::vector<std::string> ids;
  std::string file;
  std::string product;
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
  Table table({"DEVICE", "PRODUCT", "STANDING", "VERSION", "OUTCOME", "OF", "ERROR", "BOOT",
               "CONFIG", "RESETS", "LAST SEEN"});
  for (const boost::json::value& item : list_of(answer, "devices")) {
    const boost::json::object& device = item.as_object();
    table.add({shown(device, "id"), shown(device, "product"), shown(device, "standing"),
               shown(device, "version"), shown(device, "outcome"), shown(device, "outcome_version"),
               shown(device, "error"), shown(device, "boot_state"), shown(device, "config"),
               shown(device, "resets"), shown_time(device, "last_seen")});
  }
  table.print(std::cout, wants_colour());
}

// Members that are times; 0 and null: never.
constexpr std::string_view kTimes[] = {"created", "last_seen", "command_requested", "command_told"};

void show(const DeviceOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get("/api/v1/devices/" + url_encode(options.id));
  if (options.json) return print_json(answer);
  const boost::json::object& device = answer.as_object();
  Table table({"WHAT", "IS"});
  for (const auto& [key, value] : device) {
    const std::string name(key);
    const bool is_time = std::ranges::find(kTimes, name) != std::end(kTimes);
    table.add({name, is_time ? shown_time(device, name.c_str()) : shown(device, name.c_str())});
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

constexpr size_t kIdsInARequest = 1000;  // the server takes no more

// A line each; empty lines and those that begin with # say nothing.
std::vector<std::string> ids_in(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("can't read " + path + ": " + std::strerror(errno));
  std::vector<std::string> ids;
  size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.front() == '#') continue;
    if (!is_identifier(line)) {
      throw std::runtime_error(path + " line " + std::to_string(number) + ": \"" + printable(line) +
                               "\" can't be a device's id");
    }
    ids.push_back(line);
  }
  if (file.bad()) throw std::runtime_error("can't read " + path);
  return ids;
}

void allow(const DeviceOptions& options) {
  std::vector<std::string> ids = options.ids;
  if (!options.file.empty()) {
    for (std::string& id : ids_in(options.file)) ids.push_back(std::move(id));
  }
  if (ids.empty()) throw std::runtime_error("name the devices, or a file with an id in each line");
  ApiClient client(load_profile(options.config));
  const std::string path = "/api/v1/products/" + url_encode(options.product) + "/devices";
  int64_t changed = 0;
  boost::json::array revoked;
  for (size_t begin = 0; begin < ids.size(); begin += kIdsInARequest) {
    const size_t end = std::min(ids.size(), begin + kIdsInARequest);
    const boost::json::array part(ids.begin() + static_cast<ptrdiff_t>(begin),
                                  ids.begin() + static_cast<ptrdiff_t>(end));
    const boost::json::value answer = client.post(path, {{"ids", part}});
    changed += answer.at("changed").as_int64();
    for (const boost::json::value& id : answer.at("revoked").as_array()) revoked.push_back(id);
  }
  if (options.json) {
    return print_json({{"product", options.product},
                       {"ids", ids.size()},
                       {"changed", changed},
                       {"revoked", std::move(revoked)}});
  }
  std::cout << ids.size() << " devices of " << printable(options.product) << " named: " << changed
            << " more get a key when they ask\n";
  for (const boost::json::value& id : revoked) {
    std::cerr << "otter: " << printable(id.as_string().c_str())
              << " stays revoked: otter device approve lets it in\n";
  }
}

void set_standing(const DeviceOptions& options, const char* standing) {
  ApiClient client(load_profile(options.config));
  const boost::json::value answer =
      client.patch("/api/v1/devices/" + url_encode(options.id), {{"standing", standing}});
  if (options.json) return print_json(answer);
  std::cout << printable(options.id) << ": " << shown(answer.as_object(), "standing") << "\n";
}

void remove(const DeviceOptions& options) {
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).remove("/api/v1/devices/" + url_encode(options.id));
  if (options.json) return print_json(answer);
  std::cout << printable(options.id) << " of " << shown(answer.as_object(), "product")
            << " is removed\n";
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
  listing->add_option("--filter", options->filters["filter"],
                      "As 'tag = \"kitchen\" and version < 1.4.0': docs/spec/filter.md");
  listing->callback([options] { list(*options); });
  CLI::App* showing = verb->add_subcommand("show", "One device: all that is known of it");
  showing->add_option("id", options->id, "The device's id")->required();
  showing->callback([options] { show(*options); });
  CLI::App* reports = verb->add_subcommand("reports", "A device's reports, the newest first");
  reports->add_option("id", options->id, "The device's id")->required();
  reports->callback([options] { list_reports(*options); });
  listing->add_option("--standing", options->filters["standing"],
                      "plain, pending, allowed, enrolled or revoked");
  CLI::App* allowing =
      verb->add_subcommand("allow", "Let devices of a product in that have not been there yet");
  allowing->add_option("ids", options->ids, "Their ids");
  allowing->add_option("--file", options->file, "A file with an id in each line");
  allowing->add_option("--product", options->product, "Their product")->required();
  allowing->callback([options] { allow(*options); });
  CLI::App* approving =
      verb->add_subcommand("approve", "Let a device in that waits, or was revoked");
  CLI::App* revoking =
      verb->add_subcommand("revoke", "Shut a device out: its key opens nothing from now on");
  CLI::App* removing = verb->add_subcommand(
      "delete", "Forget a device that is no more, with its labels and reports");
  for (CLI::App* sub : {approving, revoking, removing}) {
    sub->add_option("id", options->id, "The device's id")->required();
  }
  approving->callback([options] { set_standing(*options, "allowed"); });
  revoking->callback([options] { set_standing(*options, "revoked"); });
  removing->callback([options] { remove(*options); });
  for (CLI::App* sub : {listing, showing, reports, allowing, approving, revoking, removing}) {
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
  }
  add_device_labels(*verb);
  add_device_export(*verb);
  add_device_provision(*verb);
  add_device_flash_args(*verb);
  add_device_command(*verb);
  add_device_history(*verb);
  add_device_logs(*verb);
  add_device_coredump(*verb);
}

}  // namespace otter::cli
