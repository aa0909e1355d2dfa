// `otter release`: what has been published.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

struct ReleaseOptions {
  std::string config;
  std::string product;
  bool json = false;
};

void list(const ReleaseOptions& options) {
  const std::string query =
      options.product.empty() ? "" : "?product=" + url_encode(options.product);
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get_all("/api/v1/releases" + query, "releases");
  if (options.json) return print_json(answer);
  Table table({"PRODUCT", "CHANNEL", "VERSION", "SEQUENCE", "CHIP", "SIZE", "CREATED", "SHA256"});
  for (const boost::json::value& item : list_of(answer, "releases")) {
    const boost::json::object& release = item.as_object();
    table.add({shown(release, "product"), shown(release, "channel"), shown(release, "version"),
               shown(release, "sequence"), shown(release, "chip"), shown(release, "size"),
               shown_time(release, "created"), shown(release, "sha256").substr(0, 16)});
  }
  table.print(std::cout, wants_colour());
}

}  // namespace

void add_release(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("release", "List releases");
  verb->require_subcommand(1);
  auto options = std::make_shared<ReleaseOptions>();
  CLI::App* listing = verb->add_subcommand("list", "All releases, the newest first");
  listing->add_option("--product", options->product, "Of this product only");
  listing->add_option("--config", options->config, "otter.toml");
  listing->add_flag("--json", options->json, "Print JSON");
  listing->callback([options] { list(*options); });
}

}  // namespace otter::cli
