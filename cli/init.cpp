// `otter init`: keys, certificates, database and settings of a new server.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/clock.h"
#include "cli/verbs.h"
#include "server/data_folder.h"

namespace otter::cli {
namespace {

struct InitOptions {
  server::InitRequest request;
  bool if_needed = false;
  bool json = false;
};

void print_result(const server::InitRequest& request, const server::InitResult& result) {
  const server::DataFolder& data = result.data;
  std::cout << "Settings:      " << result.config_file << "\n"
            << "Data folder:   " << data.path << "\n"
            << "Devices trust: " << data.certificates() << "/ca.crt\n"
            << "Release keys:  " << data.keys() << "/release-1.pem, release-2.pem\n"
            << "Root key:      " << data.keys() << "/root-1.pem (keep it offline)\n"
            << "Admin token:   " << result.admin_token << " (also in " << data.admin_token()
            << ")\n";
  if (!request.product.empty()) {
    std::cout << "Product:       " << request.product << "\n"
              << "API key:       " << result.api_key << " (shown this once)\n"
              << "HMAC secret:   " << result.hmac_secret << " (shown this once)\n";
  }
  std::cout << "Next:          otter serve\n";
}

boost::json::object document_of(const server::InitRequest& request,
                                const server::InitResult& result) {
  boost::json::object document = {{"config", result.config_file},
                                  {"data", result.data.path},
                                  {"admin_token", result.admin_token}};
  if (request.product.empty()) return document;
  document["product"] = request.product;
  document["api_key"] = result.api_key;
  document["hmac_secret"] = result.hmac_secret;
  return document;
}

void init(const InitOptions& options) {
  if (options.if_needed && server::is_initialised(options.request.folder)) {
    std::cout << options.request.folder << " is initialised already; nothing was changed\n";
    return;
  }
  const server::InitResult result = server::make_data_folder(options.request, now_s());
  if (options.json) return print_json(document_of(options.request, result));
  print_result(options.request, result);
}

}  // namespace

void add_init(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("init", "Make keys, certificates, database and otter.toml");
  auto options = std::make_shared<InitOptions>();
  server::InitRequest& request = options->request;
  verb->add_option("--folder", request.folder, "Where otter.toml and otter-data/ go")
      ->capture_default_str();
  verb->add_option("--name", request.names, "A DNS name or IP address of this server; repeatable")
      ->expected(1)
      ->take_all();
  verb->add_option("--listen", request.listen, "Address and port")->capture_default_str();
  CLI::Option* product = verb->add_option("--product", request.product, "The first product's name");
  verb->add_option("--chip", request.chip, "Its chip, as esp32c3")->needs(product);
  verb->add_flag("--if-needed", options->if_needed, "An initialised folder is no error");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->callback([options] { init(*options); });
}

}  // namespace otter::cli
