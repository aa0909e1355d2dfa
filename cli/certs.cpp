#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/verbs.h"
#include "publish/certificates.h"

namespace otter::cli {
namespace {

constexpr const char* kFolderDefault = "otter-data/certs";

struct CertsOptions {
  CertificateRequest request;
  bool json = false;
};

void add_folder(CLI::App& verb, CertsOptions& options) {
  verb.add_option("--folder", options.request.folder, "Where the certificates are")
      ->default_str(kFolderDefault);
  verb.add_flag("--json", options.json, "Print JSON");
}

void add_names(CLI::App& verb, CertsOptions& options, const std::string& description) {
  verb.add_option("--name", options.request.names, description);
}

boost::json::object to_json(const std::string& file, const CertificateFacts& facts) {
  boost::json::array names;
  for (const std::string& name : facts.names) names.emplace_back(name);
  return {{"file", file},
          {"subject", facts.subject},
          {"issuer", facts.issuer},
          {"names", names},
          {"serial", facts.serial},
          {"not_before", facts.not_before},
          {"not_after", facts.not_after},
          {"days_left", facts.days_left},
          {"authority", facts.authority},
          {"pin", "sha256/" + facts.pin}};
}

void print(const std::string& file, const CertificateFacts& facts) {
  std::cout << file << '\n'
            << "  subject  " << facts.subject << (facts.authority ? " (authority)" : "") << '\n'
            << "  issuer   " << facts.issuer << '\n';
  if (!facts.names.empty()) {
    std::cout << "  names   ";
    for (const std::string& name : facts.names) std::cout << ' ' << name;
    std::cout << '\n';
  }
  std::cout << "  valid    " << facts.not_before << " to " << facts.not_after << " ("
            << facts.days_left << " days left)\n"
            << "  serial   " << facts.serial << '\n'
            << "  pin      sha256/" << facts.pin << '\n';
}

void show(const CertsOptions& options) {
  boost::json::array certificates;
  for (const char* name : {kAuthorityCertificateFile, kServerCertificateFile}) {
    const std::string file = (std::filesystem::path(options.request.folder) / name).string();
    const CertificateFacts facts = read_certificate(file);
    if (options.json) {
      certificates.push_back(to_json(file, facts));
    } else {
      print(file, facts);
    }
  }
  if (!options.json) return;
  std::cout << boost::json::object{{"certificates", certificates}} << '\n';
}

}  // namespace

void add_certs(CLI::App& app) {
  CLI::App* const certs = app.add_subcommand("certs", "Make, renew and show TLS certificates");
  certs->require_subcommand(1);
  const auto options = std::make_shared<CertsOptions>();
  options->request.folder = kFolderDefault;

  CLI::App* const make =
      certs->add_subcommand("make", "Make an authority and a server certificate");
  add_folder(*make, *options);
  add_names(*make, *options, "A DNS name or IP address of the server; may be repeated");
  make->get_option("--name")->required();
  make->add_flag("--replace", options->request.replace,
                 "Overwrite what is there: devices that pin the old authority are lost");
  make->callback([options] {
    make_certificates(options->request);
    show(*options);
  });

  CLI::App* const renew =
      certs->add_subcommand("renew", "Sign a new server certificate; key and pin stay");
  add_folder(*renew, *options);
  add_names(*renew, *options, "In place of the names that it has; may be repeated");
  renew->callback([options] {
    renew_server_certificate(options->request);
    show(*options);
  });

  CLI::App* const print = certs->add_subcommand("show", "Print names, dates and pins");
  add_folder(*print, *options);
  print->callback([options] { show(*options); });
}

}  // namespace otter::cli
