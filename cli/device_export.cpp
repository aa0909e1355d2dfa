// `otter device export` and `import`: the labels of many devices as a file.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <set>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/device_verbs.h"
#include "cli/label_lines.h"
#include "cli/table.h"

namespace otter::cli {
namespace {

struct ExportOptions {
  std::string config;
  std::string format = "csv";
  std::string filter;
};

struct ImportOptions {
  std::string config;
  std::string file;
  bool dry_run = false;
  bool json = false;
};

// All labels by the devices' ids.
std::map<std::string, fleet::Labels> labels_by_id(ApiClient& client, const std::string& filter) {
  const std::string query = filter.empty() ? "" : "?filter=" + url_encode(filter);
  const boost::json::value answer = client.get_all("/api/v1/devices" + query, "devices");
  std::map<std::string, fleet::Labels> all;
  for (const boost::json::value& item : list_of(answer, "devices")) {
    const boost::json::object& device = item.as_object();
    all[std::string(device.at("id").as_string())] = labels_of(device);
  }
  return all;
}

void print_csv(const std::map<std::string, fleet::Labels>& all) {
  std::set<std::string> names;
  for (const auto& [id, labels] : all) {
    for (const fleet::Attribute& attribute : labels.attributes) names.insert(attribute.name);
  }
  const fleet::LabelTable table({names.begin(), names.end()});
  std::cout << table.head() << "\n";
  for (const auto& [id, labels] : all) std::cout << table.row(id, labels) << "\n";
}

void print_json_lines(const std::map<std::string, fleet::Labels>& all) {
  for (const auto& [id, labels] : all) {
    fleet::LabelChange change;
    change.tags = labels.tags;
    for (const fleet::Attribute& one : labels.attributes) change.attributes[one.name] = one.value;
    boost::json::object line = {{"id", id}};
    for (const auto& [name, member] : body_of(change)) line[name] = member;
    print_json(line);
  }
}

void print_facts(ApiClient& client, const std::string& filter) {
  const std::string query = filter.empty() ? "" : "?filter=" + url_encode(filter);
  const boost::json::value answer = client.get_all("/api/v1/devices" + query, "devices");
  for (const boost::json::value& device : list_of(answer, "devices")) print_json(device);
}

void export_labels(const ExportOptions& options) {
  ApiClient client(load_profile(options.config));
  if (options.format == "facts") return print_facts(client, options.filter);
  const auto all = labels_by_id(client, options.filter);
  if (options.format == "csv") {
    print_csv(all);
  } else {
    print_json_lines(all);
  }
}

// What became of a file's lines.
struct Import {
  size_t changed = 0;
  size_t unchanged = 0;
  std::vector<LabelLine> refused;
};

// Why the line can't be taken; empty: it was. A request is sent for what it changes alone.
std::string take(const LabelLine& line, std::map<std::string, fleet::Labels>* all,
                 ApiClient* client, Import* import) {
  const auto found = all->find(line.row.device);
  if (found == all->end()) return "there is no such device";
  fleet::Labels after = fleet::changed(found->second, line.row.change);
  const std::string fault = fleet::fault_of(after);
  if (!fault.empty()) return fault;
  if (after == found->second) {
    ++import->unchanged;
    return "";
  }
  if (client != nullptr) {
    try {
      client->patch("/api/v1/devices/" + url_encode(line.row.device), body_of(line.row.change));
    } catch (const ApiError& error) {
      if (!concerns_all(error)) return error.what();
      throw std::runtime_error("line " + std::to_string(line.number) +
                               " and all behind it: " + error.what());
    }
  }
  found->second = std::move(after);
  ++import->changed;
  return "";
}

void print_import(const ImportOptions& options, const Import& import) {
  if (options.json) {
    boost::json::array refused;
    for (const LabelLine& line : import.refused) {
      refused.push_back({{"line", line.number}, {"why", line.fault}});
    }
    return print_json({{"dry_run", options.dry_run},
                       {"changed", import.changed},
                       {"unchanged", import.unchanged},
                       {"refused", std::move(refused)}});
  }
  std::cout << import.changed << (options.dry_run ? " would be changed, " : " changed, ")
            << import.unchanged << " stay as they are\n";
  for (const LabelLine& line : import.refused) {
    std::cerr << "otter: " << printable(options.file) << " line " << line.number << ": "
              << printable(line.fault) << "\n";
  }
}

void import_labels(const ImportOptions& options) {
  std::ifstream file(options.file);
  if (!file) {
    throw std::runtime_error("can't read " + options.file + ": " + std::strerror(errno));
  }
  std::vector<LabelLine> lines = read_label_lines(file);
  if (file.bad()) throw std::runtime_error("can't read " + options.file);
  ApiClient client(load_profile(options.config));
  auto all = labels_by_id(client, "");
  Import import;
  for (LabelLine& line : lines) {
    if (line.fault.empty()) {
      line.fault = take(line, &all, options.dry_run ? nullptr : &client, &import);
    }
    if (!line.fault.empty()) import.refused.push_back(line);
  }
  print_import(options, import);
  if (import.refused.empty()) return;
  throw std::runtime_error(std::to_string(import.refused.size()) + " of " +
                           std::to_string(lines.size()) + " lines can't be taken");
}

}  // namespace

void add_device_export(CLI::App& device) {
  auto exported = std::make_shared<ExportOptions>();
  CLI::App* exporting = device.add_subcommand("export", "Tags and attributes of devices, to edit");
  exporting->add_option("--config", exported->config, "otter.toml");
  exporting
      ->add_option("--format", exported->format,
                   "csv or jsonl; or facts: all of each device, for `otter rehearse --fleet`")
      ->check(CLI::IsMember({"csv", "jsonl", "facts"}));
  exporting->add_option("--filter", exported->filter, "Of these only: docs/spec/filter.md");
  exporting->callback([exported] { export_labels(*exported); });
  auto imported = std::make_shared<ImportOptions>();
  CLI::App* importing =
      device.add_subcommand("import", "Take tags and attributes from a file of that form");
  importing->add_option("file", imported->file, "CSV or JSON lines")->required();
  importing->add_option("--config", imported->config, "otter.toml");
  importing->add_flag("--dry-run", imported->dry_run, "Only say what would be done");
  importing->add_flag("--json", imported->json, "Print JSON");
  importing->callback([imported] { import_labels(*imported); });
}

}  // namespace otter::cli
