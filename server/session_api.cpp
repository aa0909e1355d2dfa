#include "server/session_api.h"

#include <algorithm>

#include "server/access.h"
#include "server/account_api.h"
#include "server/change.h"
#include "server/json_body.h"
#include "server/peer_address.h"
#include "server/problem.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr char kSessionPrefix[] = "ots_";
constexpr size_t kNameSizeMax = 64;
constexpr size_t kSessionsMax = 20;  // of one account; the oldest ends

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

// Makes room for one more session of the account.
void end_old_sessions(const Call& call, const std::string& account) {
  std::vector<Token> sessions = call.backend.store.tokens({.account = account});
  std::erase_if(sessions, [](const Token& token) { return token.kind != TokenKind::session; });
  for (size_t i = 0; i < sessions.size(); ++i) {
    const bool is_over = call.now_s >= sessions[i].expires_s;
    if (is_over || i + kSessionsMax <= sessions.size()) {
      call.backend.store.remove_token(sessions[i].id);
    }
  }
}

Token new_session(const Call& call, const Account& owner, const std::string& secret) {
  Token session;
  session.hash = hash_secret(call.crypto, secret);
  session.id = token_id_of(session.hash);
  session.kind = TokenKind::session;
  session.account = owner.name;
  session.role = owner.role;
  session.created_s = call.now_s;
  session.expires_s = call.now_s + call.backend.settings.session_max_s;
  session.used_s = call.now_s;
  return session;
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

// A cookie without a time ends with the browser; the server ends it in any case.
//
// Source: RFC 6265 section 4.1, draft-ietf-httpbis-rfc6265bis section 4.1.2.7 (SameSite)
std::string cookie_of(const std::string& secret, uint32_t age_s) {
  return std::string(kSessionCookie) + "=" + secret +
         "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(age_s);
}

}  // namespace

Response begin_session(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  const std::string name = string_field(body, "name", kNameSizeMax);
  const std::string password = string_field(body, "password", kPasswordSizeMax);
  const Account owner = account_of(call, name, password);
  const std::string secret = make_secret(call.crypto, kSessionPrefix);
  Call signed_in = call;
  signed_in.who = {owner.name, owner.role, "", new_session(call, owner, secret)};
  make_change(signed_in, [&] {
    end_old_sessions(call, owner.name);
    call.backend.store.put_token(signed_in.who.token);
    signed_in.change = {"Signed in", owner.name};
    return Response();
  });
  call.backend.log.info("Signed in", {{"account", owner.name}, {"remote", call.request.remote}});
  boost::json::object document = document_of(signed_in.who);
  document["csrf_token"] = csrf_token_of(call.crypto, secret);
  Response response = json_response(201, document);
  response.headers.emplace_back("Set-Cookie",
                                cookie_of(secret, call.backend.settings.session_max_s));
  return response;
}

Response show_session(const Call& call) {
  boost::json::object document = document_of(call.who);
  if (call.who.token.kind == TokenKind::session) {
    document["csrf_token"] = csrf_token_of(call.crypto, session_secret(call.request));
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
  response.headers.emplace_back("Set-Cookie", cookie_of("", 0));
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
