// `otter device coredump`: what crashes have left, and where they happened.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/addr2line.h"
#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/device_verbs.h"
#include "cli/files.h"
#include "cli/table.h"
#include "publish/core_dump.h"
#include "publish/host_crypto.h"

namespace otter::cli {
namespace {

constexpr size_t kElfSizeMax = 512 * 1024 * 1024;  // [bytes]

struct DumpOptions {
  std::string config, id, sha256, output, elf;
  bool json = false;
};

std::string path_of(const DumpOptions& options) {
  return "/api/v1/devices/" + url_encode(options.id) + "/coredumps";
}

std::string crash_member(const boost::json::object& dump, const char* name) {
  const boost::json::value& crash = dump.at("crash");
  return crash.is_object() ? shown(crash.as_object(), name) : "-";
}

std::string crash_address(const boost::json::object& dump) {
  const boost::json::value& crash = dump.at("crash");
  if (!crash.is_object()) return "-";
  return address_text(static_cast<uint32_t>(crash.at("pc").to_number<uint64_t>()));
}

void list(const DumpOptions& options) {
  const boost::json::value answer = ApiClient(load_profile(options.config)).get(path_of(options));
  if (options.json) return print_json(answer);
  Table table({"SHA-256", "RECEIVED", "SIZE", "VERSION", "TASK", "AT", "REASON"});
  for (const boost::json::value& item : list_of(answer, "coredumps")) {
    const boost::json::object& dump = item.as_object();
    table.add({shown(dump, "sha256").substr(0, 12), shown_time(dump, "received"),
               shown(dump, "size"), shown(dump, "version"), crash_member(dump, "task"),
               crash_address(dump), crash_member(dump, "reason")});
  }
  table.print(std::cout, wants_colour());
}

// The whole SHA-256 of the one that is meant: the newest, or that whose begins so.
std::string chosen(ApiClient& client, const DumpOptions& options) {
  const boost::json::array dumps = list_of(client.get(path_of(options)), "coredumps");
  for (const boost::json::value& dump : dumps) {
    const std::string sha256(dump.at("sha256").as_string());
    if (sha256.starts_with(options.sha256)) return sha256;
  }
  throw std::runtime_error("there is no such core dump of " + printable(options.id));
}

struct FetchedDump {
  std::string sha256;
  std::vector<uint8_t> bytes;
};

FetchedDump fetch(const DumpOptions& options) {
  ApiClient client(load_profile(options.config));
  FetchedDump dump;
  dump.sha256 = chosen(client, options);
  const std::string bytes = client.get_text(path_of(options) + "/" + dump.sha256);
  dump.bytes.assign(bytes.begin(), bytes.end());
  HostCrypto crypto;
  const Result<Digest> found = sha256(crypto, dump.bytes);
  if (!found.ok() || dump.sha256 != to_hex(found.value).characters) {
    throw std::runtime_error("the core dump came damaged");
  }
  return dump;
}

void get(const DumpOptions& options) {
  const FetchedDump dump = fetch(options);
  const std::string path = options.output.empty()
                               ? options.id + "-" + dump.sha256.substr(0, 12) + ".coredump"
                               : options.output;
  write_file(path, dump.bytes);
  if (options.json) {
    return print_json({{"path", path}, {"sha256", dump.sha256}, {"size", dump.bytes.size()}});
  }
  std::cout << path << ": " << dump.bytes.size() << " bytes\n";
}

// A dump names the build that it is of; another build's ELF file would tell of other lines.
void require_same_build(const CrashFacts& crash, const std::string& path) {
  HostCrypto crypto;
  const Result<Digest> found = sha256(crypto, read_file(path, kElfSizeMax));
  const std::string hex = found.ok() ? to_hex(found.value).characters : "";
  if (!crash.app_elf_sha256.empty() && hex.starts_with(crash.app_elf_sha256)) return;
  throw std::runtime_error(path +
                           ": another build than the one that crashed, whose ELF file's "
                           "SHA-256 begins with " +
                           crash.app_elf_sha256);
}

std::vector<std::string> backtrace(const CrashFacts& crash, const std::string& elf) {
  require_same_build(crash, elf);
  const std::vector<std::string> names = addr2line_names(crash.machine, crash.chip);
  const std::string program = find_program(names);
  if (program.empty()) {
    throw std::runtime_error("no addr2line for the chip is in the PATH; one of: " + names[0] +
                             ", " + names[1] + ", " + names[2]);
  }
  std::vector<uint32_t> addresses = {crash.pc};
  // The call is the instruction before the one to which it would have gone back.
  if (crash.caller != 0) addresses.push_back(crash.caller - 1);
  return places_of(program, elf, addresses);
}

void show(const DumpOptions& options) {
  const FetchedDump dump = fetch(options);
  const std::optional<CrashFacts> crash = read_core_dump(dump.bytes);
  if (!crash.has_value()) throw std::runtime_error("the dump is not in ESP-IDF's ELF format");
  const std::vector<std::string> places =
      options.elf.empty() ? std::vector<std::string>() : backtrace(*crash, options.elf);
  if (options.json) {
    return print_json({{"sha256", dump.sha256},
                       {"chip", crash->chip},
                       {"app_elf_sha256", crash->app_elf_sha256},
                       {"tasks", crash->tasks},
                       {"task", crash->task},
                       {"pc", crash->pc},
                       {"caller", crash->caller},
                       {"reason", crash->reason},
                       {"places", boost::json::array(places.begin(), places.end())}});
  }
  std::cout << "Chip:    " << (crash->chip.empty() ? "unknown" : crash->chip) << "\n"
            << "Build:   ELF SHA-256 " << crash->app_elf_sha256 << "...\n"
            << "Task:    " << crash->task << ", one of " << crash->tasks << "\n"
            << "At:      " << address_text(crash->pc) << "\n"
            << "Called:  " << address_text(crash->caller) << "\n";
  if (!crash->reason.empty()) std::cout << "Reason:  " << crash->reason << "\n";
  for (const std::string& place : places) std::cout << "         " << printable(place) << "\n";
}

}  // namespace

void add_device_coredump(CLI::App& device) {
  CLI::App* verb = device.add_subcommand("coredump", "What crashes of a device have left");
  verb->require_subcommand(1);
  auto options = std::make_shared<DumpOptions>();
  const auto sub_verb = [&](const std::string& name, const char* text,
                            void (*run)(const DumpOptions&)) {
    CLI::App* sub = verb->add_subcommand(name, text);
    sub->add_option("id", options->id, "The device's id")->required();
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
    sub->footer("Example: otter device coredump " + name + " lamp-7");
    sub->callback([options, run] { run(*options); });
    return sub;
  };
  sub_verb("list", "Its core dumps, the newest first", list);
  CLI::App* getting = sub_verb("get", "Write one into a file, for esp-coredump", get);
  getting->add_option("-o,--output", options->output, "The file; default: ID-SHA256.coredump");
  CLI::App* showing = sub_verb("show", "Which task stopped where", show);
  showing->add_option("--elf", options->elf,
                      "The build's ELF file: then function and line, by the chip's addr2line");
  for (CLI::App* sub : {getting, showing}) {
    sub->add_option("sha256", options->sha256,
                    "Its SHA-256, or how that begins; default: the newest");
  }
}

}  // namespace otter::cli
