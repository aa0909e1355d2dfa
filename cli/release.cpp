// `otter release`: what has been published; `otter approve`: what a second person lets out.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/patch_lines.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

struct ReleaseOptions {
  std::string config;
  std::string product;
  std::string version;
  bool json = false;
};

std::string state_of(const boost::json::object& release) {
  if (shown(release, "pending") == "yes") return "pending";
  return shown(release, "staged") == "yes" ? "staged" : "offered";
}

void list(const ReleaseOptions& options) {
  const std::string query =
      options.product.empty() ? "" : "?product=" + url_encode(options.product);
  const boost::json::value answer =
      ApiClient(load_profile(options.config)).get_all("/api/v1/releases" + query, "releases");
  if (options.json) return print_json(answer);
  Table table({"PRODUCT", "CHANNEL", "VERSION", "SEQUENCE", "CHIP", "SIZE", "CREATED", "BY",
               "STATE", "SHA256"});
  for (const boost::json::value& item : list_of(answer, "releases")) {
    const boost::json::object& release = item.as_object();
    table.add({shown(release, "product"), shown(release, "channel"), shown(release, "version"),
               shown(release, "sequence"), shown(release, "chip"), shown(release, "size"),
               shown_time(release, "created"), shown(release, "published_by"), state_of(release),
               shown(release, "sha256").substr(0, 16)});
  }
  table.print(std::cout, wants_colour());
}

void show(const ReleaseOptions& options) {
  const boost::json::value answer = ApiClient(load_profile(options.config))
                                        .get("/api/v1/releases/" + url_encode(options.product) +
                                             "/" + url_encode(options.version));
  if (options.json) return print_json(answer);
  const boost::json::object& release = answer.as_object();
  for (const char* field : {"product", "channel", "version", "sequence", "chip", "size", "sha256",
                            "manifest", "published_by", "notes"}) {
    std::cout << std::string(field) << ": " << shown(release, field) << "\n";
  }
  std::cout << "state: " << state_of(release) << "\n";
  for (const std::string& line : patch_lines(release)) std::cout << "patch: " << line << "\n";
}

void approve(const ReleaseOptions& options) {
  ApiClient client(load_profile(options.config));
  const boost::json::value answer = client.post("/api/v1/releases/" + url_encode(options.product) +
                                                    "/" + url_encode(options.version) + "/approval",
                                                boost::json::object());
  if (options.json) return print_json(answer);
  const std::string by = shown(answer.as_object(), "approved_by");
  std::cout << printable(options.product) << " " << printable(options.version)
            << (by == "-" ? " needs no approval: it is offered" : " is approved by " + by) << "\n";
}

}  // namespace

void add_approve(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("approve", "Let a pending release out, which another account published");
  auto options = std::make_shared<ReleaseOptions>();
  verb->add_option("product", options->product, "Its product")->required();
  verb->add_option("version", options->version, "Its version")->required();
  verb->add_option("--config", options->config, "otter.toml");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->callback([options] { approve(*options); });
  verb->footer("Example: otter approve lamp 1.2.0");
}

void add_release(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("release", "List and show releases");
  verb->require_subcommand(1);
  auto options = std::make_shared<ReleaseOptions>();
  CLI::App* listing = verb->add_subcommand("list", "All releases, the newest first");
  listing->add_option("--product", options->product, "Of this product only");
  listing->add_option("--config", options->config, "otter.toml");
  listing->add_flag("--json", options->json, "Print JSON");
  listing->callback([options] { list(*options); });
  CLI::App* showing = verb->add_subcommand("show", "One release, and the patches to it");
  showing->add_option("product", options->product, "Its product")->required();
  showing->add_option("version", options->version, "Its version")->required();
  showing->add_option("--config", options->config, "otter.toml");
  showing->add_flag("--json", options->json, "Print JSON");
  showing->callback([options] { show(*options); });
}

}  // namespace otter::cli
