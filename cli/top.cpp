// `otter top`: the fleet in the terminal, drawn anew until `q`; elsewhere once.
#include <CLI/CLI.hpp>
#include <ctime>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/screen.h"
#include "cli/table.h"
#include "cli/top_text.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

struct TopOptions {
  std::string config;
  std::string product;
  unsigned interval_s = 5;
  bool once = false;
  bool json = false;
};

FleetCount count_of(ApiClient& client, const std::string& product) {
  return count_from_json(
      client.get("/api/v1/products/" + url_encode(product) + "/fleet").as_object());
}

FleetPicture look(ApiClient& client, const TopOptions& options) {
  FleetPicture picture;
  const std::string only = options.product.empty() ? "" : "?product=" + url_encode(options.product);
  const json::value products = client.get_all("/api/v1/products" + only, "products");
  for (const json::value& item : list_of(products, "products")) {
    const std::string name = item.at("name").as_string().c_str();
    picture.products.push_back(count_of(client, name));
    const json::value rollouts =
        client.get_all("/api/v1/products/" + url_encode(name) + "/rollouts", "rollouts");
    for (const json::value& rollout : list_of(rollouts, "rollouts")) {
      if (!has_ended(rollout.as_object())) picture.rollouts.push_back(rollout);
    }
  }
  return picture;
}

json::object document_of(const FleetPicture& picture) {
  json::array products;
  for (const FleetCount& count : picture.products) {
    json::object versions;
    for (const auto& [version, devices] : count.versions) versions[version] = devices;
    products.push_back(json::object{{"product", count.product},
                                    {"devices", count.devices},
                                    {"versions", std::move(versions)},
                                    {"other_versions", count.other_versions},
                                    {"failing", count.failing},
                                    {"crashed", count.crashed},
                                    {"overdue", count.overdue}});
  }
  return {{"products", std::move(products)}, {"rollouts", picture.rollouts}};
}

std::vector<std::string> screen_of(ApiClient& client, const TopOptions& options) {
  std::vector<std::string> lines = {"otter top   " + format_time(std::time(nullptr)) + "   every " +
                                    std::to_string(options.interval_s) + " s, q ends it"};
  lines.emplace_back("");
  try {
    for (std::string& line : draw_fleet(look(client, options))) lines.push_back(std::move(line));
  } catch (const ApiError& error) {
    lines.emplace_back(error.what());  // it may be back in a moment
  }
  return lines;
}

void top(const TopOptions& options) {
  ApiClient client(load_profile(options.config));
  if (!options.json && !options.once && is_screen()) {
    Screen screen;
    do {
      screen.draw(screen_of(client, options), wants_colour());
    } while (screen.wait(options.interval_s));
    return;
  }
  const FleetPicture picture = look(client, options);
  if (options.json) return print_json(document_of(picture));
  for (const std::string& line : draw_fleet(picture)) std::cout << line << "\n";
}

}  // namespace

void add_top(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("top", "The fleet in the terminal, live");
  auto options = std::make_shared<TopOptions>();
  verb->add_option("--product", options->product, "This one alone");
  verb->add_option("--interval", options->interval_s, "How often it is drawn anew [s]")
      ->check(CLI::Range(1U, 3600U))
      ->capture_default_str();
  verb->add_flag("--once", options->once, "Print it once, as where there is no terminal");
  verb->add_option("--config", options->config, "otter.toml");
  verb->add_flag("--json", options->json, "Print JSON, once");
  verb->callback([options] { top(*options); });
}

}  // namespace otter::cli
