#include "server/session_api.h"

#include "server/access.h"
#include "server/account_api.h"
#include "server/change.h"
#include "server/json_body.h"
#include "server/peer_address.h"
#include "server/problem.h"
#include "server/session.h"

namespace otter::server {
namespace {

constexpr size_t kNameSizeMax = 64;

// The account, if the password is its own.
//
// Errors: HttpError unauthorized, too_many_requests
Account account_of(const Call& call, const std::string& name, const std::string& password) {
  const LoginAttempt attempt = {name, address_key(call.request.remote)};
  const PasswordPlaces::Place place(call.backend.logins.places);
  const int64_t wait_s = call.backend.logins.backoff.begin(attempt, call.now_s);
  if (wait_s > 0) {
    throw HttpError(Problem::too_many_requests, "too many attempts failed; wait",
                    {{"Retry-After", std::to_string(wait_s)}});
  }
  std::optional<Account> found = account(call.backend.store, name);
  if (!is_password(password, found.has_value() ? found->password : "")) {
    // Without WWW-Authenticate: a browser would ask by itself.
    throw HttpError(Problem::unauthorized, "name or password is wrong");
  }
  call.backend.logins.backoff.succeeded(attempt);
  return std::move(*found);
}

boost::json::object document_of(const Operator& who) {
  const auto text = [](const std::string& value) {
    return value.empty() ? boost::json::value(nullptr) : boost::json::value(value);
  };
  const int64_t expires_s = who.token.expires_s;
  return {
      {"account", who.account},
      {"role", name(who.role)},
      {"product", text(who.product)},
      {"kind", name(who.token.kind)},
      {"expires", expires_s == 0 ? boost::json::value(nullptr) : boost::json::value(expires_s)}};
}

}  // namespace

Response begin_session(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  const std::string name = string_field(body, "name", kNameSizeMax);
  const std::string password = string_field(body, "password", kPasswordSizeMax);
  const Account owner = account_of(call, name, password);
  const NewSession session = new_session(call, owner);
  Call signed_in = call;
  signed_in.who = {owner.name, owner.role, "", session.token};
  make_change(signed_in, [&] {
    keep_session(call, session.token);
    signed_in.change = {"Signed in", owner.name};
    return Response();
  });
  call.backend.log.info("Signed in", {{"account", owner.name}, {"remote", call.request.remote}});
  boost::json::object document = document_of(signed_in.who);
  document["csrf_token"] = csrf_token_of(call.crypto, session.secret);
  Response response = json_response(201, document);
  response.headers.push_back(
      set_cookie({kSessionCookie, session.secret, "Strict", call.backend.settings.session_max_s}));
  return response;
}

Response show_session(const Call& call) {
  boost::json::object document = document_of(call.who);
  if (call.who.token.kind == TokenKind::session) {
    document["csrf_token"] = csrf_token_of(call.crypto, cookie_of(call.request, kSessionCookie));
  }
  return json_response(200, document);
}

Response end_session(const Call& call) {
  if (call.who.token.kind != TokenKind::session) {
    throw HttpError(Problem::not_found, "a token has no session; revoke it");
  }
  call.backend.store.remove_token(call.who.token.id);
  call.change = {"Signed out", call.who.account};
  Response response = json_response(200, {{"account", call.who.account}});
  response.headers.push_back(set_cookie({kSessionCookie, "", "Strict", 0}));
  return response;
}

Response change_password(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  const std::string& name = call.who.account;
  account_of(call, name, string_field(body, "password", kPasswordSizeMax));
  const std::string password = password_field(call, body, "new_password");
  if (password.empty()) throw HttpError(Problem::invalid_field, "\"new_password\" is missing");
  return make_change(call, [&] {
    Account owner = require_account(call, name);
    owner.password = password;
    call.backend.store.put_account(owner);
    const bool is_going_on = call.who.token.kind == TokenKind::session &&
                             token(call.backend.store, call.who.token.hash).has_value();
    remove_sessions(call.backend.store, owner.name);
    if (is_going_on) call.backend.store.put_token(call.who.token);
    call.change = {"Password changed", owner.name};
    return json_response(200, {{"account", owner.name}});
  });
}

}  // namespace otter::server
