// `otter audit`: the log of who changed what, exported and verified. docs/spec/audit.md.
#include "server/audit.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/files.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "publish/file_descriptor.h"
#include "publish/host_crypto.h"

namespace otter::cli {
namespace {

using server::AuditHead;

struct AuditOptions {
  std::string config;
  std::string file;
  std::string head;
  bool offline = false;
  bool json = false;
};

std::string text_of(const AuditHead& head) {
  return std::to_string(head.number) + ":" + to_hex(head.hash).characters;
}

AuditHead head_of(const std::string& text) {
  AuditHead head;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, head.number);
  const size_t colon = static_cast<size_t>(stop - text.data());
  const Result<Digest> hash = digest_from_hex(stop == end ? "" : text.substr(colon + 1));
  if (error != std::errc() || stop == end || *stop != ':' || head.number == 0 || !hash.ok()) {
    throw std::runtime_error("--head must be NUMBER:HASH, as `otter audit verify` prints it");
  }
  head.hash = hash.value;
  return head;
}

// An entry that the log must have; `where` says who has noted it.
struct Noted {
  AuditHead head;
  std::string where;
};

// Follows a log, entry by entry.
class Chain {
 public:
  // Errors: AuditError
  void follow(std::string_view line) {
    head_ = server::follow(head_, line, crypto_);
    for (const Noted& noted : noted_) {
      if (noted.head.number != head_.number || noted.head.hash == head_.hash) continue;
      throw server::AuditError("entry " + std::to_string(head_.number) + " is another one than " +
                               noted.where + " has");
    }
  }
  // To be called before the log reaches it.
  void expect(const Noted& noted) { noted_.push_back(noted); }
  // Errors: AuditError: the log ends before an entry that it must have
  void end() const {
    for (const Noted& noted : noted_) {
      if (noted.head.number <= head_.number) continue;
      throw server::AuditError("it ends behind entry " + std::to_string(head_.number) +
                               ", but there was an entry " + std::to_string(noted.head.number) +
                               ", which " + noted.where + " has: its end was cut off");
    }
  }
  const AuditHead& head() const { return head_; }

 private:
  HostCrypto crypto_;
  AuditHead head_;
  std::vector<Noted> noted_;
};

uint64_t number_of(const std::string& line) {
  const boost::json::value entry = boost::json::parse(line);
  return static_cast<uint64_t>(entry.at("number").as_int64());
}

// Each of the server's entries behind number `after`, with `take`; its newline is not in it.
template <typename Take>
void fetch(ApiClient& client, uint64_t after, Take take) {
  while (true) {
    std::istringstream lines(client.get_text("/api/v1/audit?after=" + std::to_string(after)));
    std::string last;
    for (std::string line; std::getline(lines, line); last = line) take(line);
    if (last.empty()) return;
    // As it says, not as many as came: one may be missing.
    const uint64_t next = number_of(last);
    if (next <= after) throw server::AuditError("the server's log goes back behind " + last);
    after = next;
  }
}

// Follows a file that was exported.
//
// Errors: std::runtime_error (it can't be read), AuditError naming file and line
void follow_file(const std::string& path, Chain& chain) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path);
  size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    try {
      // A last line without its newline was cut off, however whole it looks.
      if (file.eof()) throw server::AuditError("the line has no end");
      chain.follow(line);
    } catch (const server::AuditError& error) {
      throw server::AuditError(path + " line " + std::to_string(number) + ": " + error.what());
    }
  }
}

void follow_server(const AuditOptions& options, Chain& chain) {
  ApiClient client(load_profile(options.config));
  try {
    fetch(client, 0, [&](const std::string& line) { chain.follow(line); });
    chain.end();
  } catch (const server::AuditError& error) {
    throw server::AuditError(std::string("the server's log: ") + error.what());
  }
}

void verify_chains(const AuditOptions& options) {
  std::vector<Noted> noted;
  if (!options.head.empty()) noted.push_back({head_of(options.head), "--head"});
  Chain of_file;
  if (!options.file.empty()) {
    for (const Noted& one : noted) of_file.expect(one);
    follow_file(options.file, of_file);
    if (options.offline) of_file.end();
    if (of_file.head().number != 0) noted.push_back({of_file.head(), options.file});
  }
  Chain of_server;
  for (const Noted& one : noted) of_server.expect(one);
  if (!options.offline) follow_server(options, of_server);
  const AuditHead& head = options.offline ? of_file.head() : of_server.head();
  if (options.json) {
    return print_json({{"entries", head.number}, {"head", text_of(head)}});
  }
  std::cout << "whole: " << head.number << " entries\nhead:  " << text_of(head)
            << "\nNote the head elsewhere: it is what shows that the end was cut off.\n";
}

// 1 is an alarm: that it could not be looked at must not be one.
void verify(const AuditOptions& options) {
  try {
    verify_chains(options);
  } catch (const server::AuditError&) {
    throw;
  } catch (const std::exception& error) {
    std::cerr << "otter: " << error.what() << std::endl;
    throw CLI::RuntimeError(2);
  }
}

// An export that was cut off, by a full disk or a power cut, leaves a line without an end, which
// the server still has.
void remove_torn_line(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path);
  uintmax_t whole = 0;
  for (std::string line; std::getline(file, line) && !file.eof();) whole += line.size() + 1;
  if (whole == std::filesystem::file_size(path)) return;
  std::filesystem::resize_file(path, whole);
  std::cerr << "otter: " << printable(path) << ": its last line was cut off; fetched again\n";
}

void export_to_file(const AuditOptions& options) {
  Chain chain;
  if (std::filesystem::exists(options.file)) {
    remove_torn_line(options.file);
    follow_file(options.file, chain);
  }
  const uint64_t before = chain.head().number;
  FileDescriptor out(options.file, O_WRONLY | O_CREAT | O_APPEND);
  ApiClient client(load_profile(options.config));
  fetch(client, before, [&](const std::string& line) {
    chain.follow(line);
    out.write_all(as_bytes(line + "\n"));
  });
  out.sync();
  std::cerr << chain.head().number - before << " entries more, " << chain.head().number
            << " in all\n";
}

void export_log(const AuditOptions& options) {
  if (!options.file.empty()) return export_to_file(options);
  ApiClient client(load_profile(options.config));
  fetch(client, 0, [](const std::string& line) { std::cout << line << '\n'; });
}

void list(const AuditOptions& options) {
  if (options.json) return export_log(options);  // an object a line
  ApiClient client(load_profile(options.config));
  Table table({"NUMBER", "TIME", "ACCOUNT", "FROM", "ACTION", "SUBJECT"});
  fetch(client, 0, [&](const std::string& line) {
    const boost::json::value value = boost::json::parse(line);
    const boost::json::object& entry = value.as_object();
    table.add({shown(entry, "number"), shown_time(entry, "time"), shown(entry, "account"),
               shown(entry, "remote"), shown(entry, "action"), shown(entry, "subject")});
  });
  table.print(std::cout, wants_colour());
}

}  // namespace

void add_audit(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("audit", "The log of who changed what");
  verb->require_subcommand(1);
  auto options = std::make_shared<AuditOptions>();
  const auto sub_verb = [&](const char* name, const char* text, void (*run)(const AuditOptions&)) {
    CLI::App* sub = verb->add_subcommand(name, text);
    sub->add_option("--config", options->config, "otter.toml");
    sub->callback([options, run] { run(*options); });
    return sub;
  };
  sub_verb("list", "All entries, the oldest first", list)
      ->add_flag("--json", options->json, "Print JSON, an entry a line");
  CLI::App* exporting = sub_verb("export", "All entries as JSON lines", export_log);
  exporting->add_option("-o,--out", options->file,
                        "Into this file; one that is there is verified, and goes on where it ends");
  CLI::App* verifying = sub_verb(
      "verify", "Was an entry changed, removed or reordered? 1 if so, 2 if that can't be known",
      verify);
  CLI::Option* file = verifying->add_option(
      "file", options->file, "What was exported; it is compared with the server's log");
  verifying->add_flag("--offline", options->offline, "Without the server")->needs(file);
  verifying->add_option("--head", options->head, "NUMBER:HASH of an entry that must be there");
  verifying->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: otter audit export -o audit.jsonl && otter audit verify audit.jsonl");
}

}  // namespace otter::cli
