// `otter token`: what programs use the server with. docs/spec/accounts.md.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/clock.h"
#include "cli/secret_id.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "fleet/time_units.h"
#include "publish/durable_file.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr char kPath[] = "/api/v1/tokens";
constexpr uint32_t kDaysMax = 3660;

struct TokenOptions {
  std::string config;
  std::string account;
  std::string role;
  std::string product;
  std::string out;
  std::string id;
  uint32_t days = 0;
  bool json = false;
};

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value expiry_of(const TokenOptions& options) {
  if (options.days == 0) return nullptr;
  return now_s() + options.days * fleet::kDay;
}

// The id of the token that a file holds, if it is one: what it was bound to is not known here.
std::string id_of_token_in(const std::string& path) {
  std::string token;
  std::ifstream(path) >> token;
  return is_secret(token) ? id_of_secret(token) : "";
}

// A token that nobody has can't be used, and one that nobody knows of can't be missed: it is
// revoked if it can't be written.
void write_token(ApiClient& client, const std::string& path, const json::object& answer) {
  const std::string content = std::string(answer.at("token").as_string()) + "\n";
  try {
    write_file_durably(path, {content.data(), content.size()}, kSecretFileMode);
  } catch (const std::runtime_error&) {
    client.remove(kPath + ("/" + url_encode(std::string(answer.at("id").as_string()))));
    throw;
  }
}

// An empty text, as of a variable that is not set, must not count as no restriction.
std::string refuse_empty(const std::string& text) {
  return text.empty() ? "it is empty; leave the option out, or say which" : "";
}

void make(const TokenOptions& options) {
  ApiClient client(load_profile(options.config));
  const json::value answer = client.post(kPath, {{"account", options.account},
                                                 {"role", text_or_null(options.role)},
                                                 {"product", text_or_null(options.product)},
                                                 {"expires", expiry_of(options)}});
  const json::object& token = answer.as_object();
  const std::string replaced = options.out.empty() ? "" : id_of_token_in(options.out);
  if (!options.out.empty()) write_token(client, options.out, token);
  if (!replaced.empty()) {
    std::cerr << "otter: the token that was in " << options.out
              << " is as good as before: otter token revoke " << replaced << "\n";
  }
  if (options.json) return print_json(answer);
  std::cout << "Id:      " << shown(token, "id") << "\nAccount: " << shown(token, "account")
            << "\nRole:    " << shown(token, "role") << "\nProduct: " << shown(token, "product")
            << "\nExpires: " << shown_time(token, "expires") << "\nToken:   ";
  if (options.out.empty()) {
    std::cout << shown(token, "token") << " (shown this once)\n";
  } else {
    std::cout << "in " << printable(options.out) << "\n";
  }
}

void list(const TokenOptions& options) {
  const std::string query =
      options.account.empty() ? "" : "?account=" + url_encode(options.account);
  const json::value answer = ApiClient(load_profile(options.config)).get(kPath + query);
  if (options.json) return print_json(answer);
  Table table({"ID", "KIND", "ACCOUNT", "ROLE", "PRODUCT", "CREATED", "EXPIRES", "USED"});
  for (const json::value& item : list_of(answer, "tokens")) {
    const json::object& token = item.as_object();
    table.add({shown(token, "id"), shown(token, "kind"), shown(token, "account"),
               shown(token, "role"), shown(token, "product"), shown_time(token, "created"),
               shown_time(token, "expires"), shown_time(token, "used")});
  }
  table.print(std::cout, wants_colour());
}

void revoke(const TokenOptions& options) {
  ApiClient client(load_profile(options.config));
  const std::string id = id_of_secret(options.id);
  const json::value answer = client.remove(kPath + ("/" + url_encode(id)));
  if (options.json) return print_json(answer);
  std::cout << "revoked the token " << printable(id) << "\n";
}

}  // namespace

void add_token(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("token", "Make, list and revoke tokens for programs");
  verb->require_subcommand(1);
  auto options = std::make_shared<TokenOptions>();
  const auto sub_verb = [&](const char* name, const char* text, void (*run)(const TokenOptions&)) {
    CLI::App* sub = verb->add_subcommand(name, text);
    sub->add_option("--config", options->config, "otter.toml");
    sub->add_flag("--json", options->json, "Print JSON");
    sub->callback([options, run] { run(*options); });
    return sub;
  };
  CLI::App* making = sub_verb("make", "Make a token; shows it once", make);
  making->add_option("account", options->account, "The account that it acts for")->required();
  making->add_option("--role", options->role, "At most this role; else the account's")
      ->check(refuse_empty);
  making->add_option("--product", options->product, "For this product alone")->check(refuse_empty);
  making->add_option("--days", options->days, "Until it expires; else never")
      ->check(CLI::Range(1U, kDaysMax));
  making->add_option("--out", options->out, "Write it into this file, for its owner alone");
  CLI::App* listing = sub_verb("list", "All tokens and sessions", list);
  listing->add_option("--account", options->account, "Of this account only");
  CLI::App* revoking = sub_verb("revoke", "Revoke a token, or end a session", revoke);
  revoking->add_option("id", options->id, "Its id in the list, or the token")->required();
  verb->footer("Example: otter token make ci --product lamp --days 90 --out ci.token");
}

}  // namespace otter::cli
