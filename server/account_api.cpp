#include "server/account_api.h"

#include <algorithm>

#include "server/change.h"
#include "server/json_body.h"
#include "server/problem.h"

namespace otter::server {
namespace {

constexpr size_t kRoleSizeMax = 16;

boost::json::object document_of(const Call& call, const Account& account) {
  return {{"name", account.name},
          {"role", name(account.role)},
          {"has_password", !account.password.empty()},
          {"openid", !call.backend.store.identities({.account = account.name}).empty()},
          {"created", account.created_s}};
}

bool is_way_in(const Token& token, int64_t now_s) {
  return token.kind == TokenKind::token && token.role == Role::admin && token.product.empty() &&
         (token.expires_s == 0 || token.expires_s > now_s);
}

bool can_administer(const Call& call, const Account& account) {
  if (account.role != Role::admin) return false;
  if (!account.password.empty()) return true;
  const std::vector<Token> tokens = call.backend.store.tokens({.account = account.name});
  return std::ranges::any_of(tokens,
                             [&](const Token& token) { return is_way_in(token, call.now_s); });
}

// Applies what the body states; null if a member is missing.
void apply(const Call& call, const boost::json::object& body, Account& account) {
  account.role = role_field(body, "role").value_or(account.role);
  const std::string password = password_field(call, body, "password");
  if (!password.empty()) account.password = password;
}

}  // namespace

Account require_account(const Call& call, const std::string& name) {
  std::optional<Account> found = account(call.backend.store, name);
  if (!found.has_value()) throw HttpError(Problem::not_found, "there is no such account");
  return std::move(*found);
}

std::optional<Role> role_field(const boost::json::object& body, const char* name) {
  if (!states(body, name)) return std::nullopt;
  const std::optional<Role> role = role_of_name(string_field(body, name, kRoleSizeMax));
  if (role.has_value()) return role;
  throw HttpError(Problem::invalid_field,
                  "\"" + std::string(name) + "\" must be viewer, operator, publisher or admin");
}

std::string password_field(const Call& call, const boost::json::object& body, const char* name) {
  const std::string password = string_field_or_empty(body, name, kPasswordSizeMax);
  if (password.empty()) return "";
  if (password.size() < kPasswordSizeMin) {
    throw HttpError(Problem::invalid_field, "\"" + std::string(name) + "\" must have at least " +
                                                std::to_string(kPasswordSizeMin) + " characters");
  }
  const PasswordPlaces::Place place(call.backend.logins.places);
  return hash_password(password, call.crypto);
}

void remove_sessions(Store& store, const std::string& account) {
  for (const Token& token : store.tokens({.account = account})) {
    if (token.kind == TokenKind::session) store.remove_token(token.id);
  }
}

void require_an_admin(const Call& call) {
  const std::vector<Account> accounts = call.backend.store.accounts("");
  const bool is_left = std::ranges::any_of(
      accounts, [&](const Account& account) { return can_administer(call, account); });
  if (is_left) return;
  throw HttpError(Problem::last_admin,
                  "no account with the role admin would be left that has a password or a token");
}

Response list_accounts(const Call& call) {
  boost::json::array list;
  for (const Account& account : call.backend.store.accounts("")) {
    list.push_back(document_of(call, account));
  }
  return json_response(200, {{"accounts", std::move(list)}});
}

Response add_account(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  Account added;
  added.name = identifier_field(body, "name");
  if (!role_field(body, "role").has_value()) {
    throw HttpError(Problem::invalid_field, "\"role\" is missing");
  }
  added.created_s = call.now_s;
  apply(call, body, added);  // before the store waits for it
  return make_change(call, [&] {
    if (account(call.backend.store, added.name).has_value()) {
      throw HttpError(Problem::exists, "there is an account " + added.name + " already");
    }
    call.backend.store.put_account(added);
    call.backend.log.info("Account added",
                          {{"account", added.name}, {"remote", call.request.remote}});
    call.change = {"Account added", added.name, nullptr, document_of(call, added)};
    return json_response(201, document_of(call, added));
  });
}

Response change_account(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  Account wanted;
  apply(call, body, wanted);  // before the store waits for it
  return make_change(call, [&] {
    const Account before = require_account(call, call.target.segments.at(3));
    Account after = before;
    after.role = role_field(body, "role").value_or(before.role);
    if (!wanted.password.empty()) after.password = wanted.password;
    call.backend.store.put_account(after);
    remove_sessions(call.backend.store, after.name);
    require_an_admin(call);
    call.backend.log.info("Account changed",
                          {{"account", after.name}, {"remote", call.request.remote}});
    boost::json::object shown = document_of(call, after);
    shown["password_changed"] = !wanted.password.empty();
    call.change = {"Account changed", after.name, document_of(call, before), shown};
    return json_response(200, document_of(call, after));
  });
}

Response remove_account(const Call& call) {
  const Account removed = require_account(call, call.target.segments.at(3));
  const boost::json::object document = document_of(call, removed);
  call.backend.store.remove_account(removed.name);
  require_an_admin(call);
  call.backend.log.info("Account removed",
                        {{"account", removed.name}, {"remote", call.request.remote}});
  call.change = {"Account removed", removed.name, document, nullptr};
  return json_response(200, {{"name", removed.name}});
}

Response end_sessions(const Call& call) {
  const Account owner = require_account(call, call.target.segments.at(3));
  remove_sessions(call.backend.store, owner.name);
  call.change = {"Sessions ended", owner.name};
  return json_response(200, {{"name", owner.name}});
}

}  // namespace otter::server
