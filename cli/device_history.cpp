// `otter device history`: how a device fared over time.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/device_verbs.h"
#include "cli/table.h"

namespace otter::cli {
namespace {

struct HistoryOptions {
  std::string config, id;
  bool json = false;
};

std::string span_of(const boost::json::object& sample) {
  return sample.at("span_s").as_int64() == 3600 ? "hour" : "day";
}

void run(const HistoryOptions& options) {
  ApiClient client(load_profile(options.config));
  const boost::json::value answer =
      client.get_all("/api/v1/devices/" + url_encode(options.id) + "/history", "samples");
  if (options.json) return print_json(answer);
  Table table({"FROM", "SPAN", "VERSION", "BOOT", "UPTIME", "RESETS", "RESET", "HEAP", "RSSI"});
  for (const boost::json::value& item : list_of(answer, "samples")) {
    const boost::json::object& sample = item.as_object();
    table.add({shown_time(sample, "start"), span_of(sample), shown(sample, "version"),
               shown(sample, "boot_state"), shown(sample, "uptime_s"), shown(sample, "resets"),
               shown(sample, "reset_reason"), shown(sample, "heap_bytes"),
               shown(sample, "rssi_dbm")});
  }
  table.print(std::cout, wants_colour());
}

}  // namespace

void add_device_history(CLI::App& device) {
  CLI::App* verb =
      device.add_subcommand("history", "How a device fared by hour or day, the newest first");
  auto options = std::make_shared<HistoryOptions>();
  verb->add_option("id", options->id, "The device's id")->required();
  verb->add_option("--config", options->config, "otter.toml");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: otter device history lamp-7");
  verb->callback([options] { run(*options); });
}

}  // namespace otter::cli
