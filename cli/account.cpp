// `otter account`: who may use the server. docs/spec/accounts.md.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/files.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr char kPath[] = "/api/v1/accounts";

struct AccountOptions {
  std::string config;
  std::string name;
  std::string role;
  std::string password_file;
  bool json = false;
};

std::string path_of(const AccountOptions& options) {
  return kPath + ("/" + url_encode(options.name));
}

void print_account(const AccountOptions& options, const json::value& answer) {
  if (options.json) return print_json(answer);
  const json::object& account = answer.as_object();
  std::cout << "Account:  " << shown(account, "name") << "\nRole:     " << shown(account, "role")
            << "\nPassword: " << shown(account, "has_password") << "\n";
}

void add(const AccountOptions& options) {
  json::object body = {{"name", options.name}, {"role", options.role}};
  if (!options.password_file.empty()) body["password"] = read_secret(options.password_file);
  ApiClient client(load_profile(options.config));
  print_account(options, client.post(kPath, body));
}

void list(const AccountOptions& options) {
  const json::value answer = ApiClient(load_profile(options.config)).get(kPath);
  if (options.json) return print_json(answer);
  Table table({"ACCOUNT", "ROLE", "PASSWORD", "OPENID", "CREATED"});
  for (const json::value& item : list_of(answer, "accounts")) {
    const json::object& account = item.as_object();
    table.add({shown(account, "name"), shown(account, "role"), shown(account, "has_password"),
               shown(account, "openid"), shown_time(account, "created")});
  }
  table.print(std::cout, wants_colour());
}

void set_role(const AccountOptions& options) {
  ApiClient client(load_profile(options.config));
  print_account(options, client.patch(path_of(options), json::object{{"role", options.role}}));
}

void set_password(const AccountOptions& options) {
  const json::object body = {{"password", read_secret(options.password_file)}};
  ApiClient client(load_profile(options.config));
  print_account(options, client.patch(path_of(options), body));
}

void remove(const AccountOptions& options) {
  const json::value answer = ApiClient(load_profile(options.config)).remove(path_of(options));
  if (options.json) return print_json(answer);
  std::cout << "removed the account " << printable(options.name)
            << ", its tokens and its sessions\n";
}

void end_sessions(const AccountOptions& options) {
  const json::value answer =
      ApiClient(load_profile(options.config)).remove(path_of(options) + "/sessions");
  if (options.json) return print_json(answer);
  std::cout << "signed " << printable(options.name) << " out everywhere\n";
}

constexpr char kRoles[] = "viewer, operator, publisher or admin";
constexpr char kPasswordFile[] = "The password: a file, or - for standard input";

}  // namespace

void add_account(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("account", "Who may use the server, and with which role");
  verb->require_subcommand(1);
  auto options = std::make_shared<AccountOptions>();
  const auto sub_verb = [&](const char* name, const char* text, void (*run)(const AccountOptions&),
                            bool takes_name) {
    CLI::App* sub = verb->add_subcommand(name, text);
    if (takes_name) sub->add_option("name", options->name, "The account's name")->required();
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
    sub->callback([options, run] { run(*options); });
    return sub;
  };
  CLI::App* adding = sub_verb("add", "Add an account", add, true);
  adding->add_option("--role", options->role, kRoles)->required();
  adding->add_option("--password-file", options->password_file,
                     std::string(kPasswordFile) + "; without one only tokens act for it");
  sub_verb("list", "All accounts", list, false);
  CLI::App* role = sub_verb("role", "Change an account's role; ends its sessions", set_role, true);
  role->add_option("role", options->role, kRoles)->required();
  CLI::App* password =
      sub_verb("password", "Set an account's password; ends its sessions", set_password, true);
  password->add_option("--password-file", options->password_file, kPasswordFile)->required();
  sub_verb("sign-out", "End all sessions of an account", end_sessions, true);
  sub_verb("remove", "Remove an account with its tokens and sessions", remove, true);
  verb->footer("Example: otter account add ada --role publisher --password-file -");
}

}  // namespace otter::cli
