#include "server/token_api.h"

#include <algorithm>

#include "server/account_api.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/problem.h"
#include "server/query.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr int64_t kTimeMax = int64_t{1} << 53;  // [s] what every JSON reader takes

boost::json::value number_or_null(int64_t number) {
  return number == 0 ? boost::json::value(nullptr) : boost::json::value(number);
}

boost::json::object document_of(const Token& token) {
  const boost::json::value product =
      token.product.empty() ? boost::json::value(nullptr) : boost::json::value(token.product);
  return {{"id", token.id},
          {"kind", name(token.kind)},
          {"account", token.account},
          {"role", name(token.role)},
          {"product", product},
          {"created", token.created_s},
          {"expires", number_or_null(token.expires_s)},
          {"used", number_or_null(token.used_s)}};
}

// The account's role, but that what is good for one product can administer nothing.
Role asked_role(const boost::json::object& body, const Account& owner, bool is_for_one_product) {
  const Role role_max = is_for_one_product ? std::min(owner.role, Role::publisher) : owner.role;
  const Role role = role_field(body, "role").value_or(role_max);
  if (role <= role_max) return role;
  throw HttpError(Problem::invalid_field,
                  std::string("\"role\" may be at most ") + name(role_max) +
                      (role > owner.role ? ", the account's" : " for one product"));
}

Token read_token(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  const Account owner = require_account(call, identifier_field(body, "account"));
  Token token;
  token.account = owner.name;
  const bool is_for_one = states(body, "product");
  if (is_for_one) token.product = string_field(body, "product", kSegmentSizeMax);
  if (is_for_one) known_product(call, token.product);
  token.role = asked_role(body, owner, is_for_one);
  token.created_s = call.now_s;
  const std::optional<int64_t> expires_s = integer_field(body, "expires", kTimeMax);
  if (expires_s.has_value() && *expires_s <= call.now_s) {
    throw HttpError(Problem::invalid_field, "\"expires\" is over");
  }
  token.expires_s = expires_s.value_or(0);  // never
  return token;
}

}  // namespace

Response list_tokens(const Call& call) {
  allow_parameters(call, {"account"});
  const std::string owner = parameter(call, "account");
  if (!owner.empty() && !account(call.backend.store, owner).has_value()) {
    throw HttpError(Problem::bad_query, "there is no account " + owner);
  }
  boost::json::array list;
  for (const Token& token : call.backend.store.tokens({.account = owner})) {
    list.push_back(document_of(token));
  }
  return json_response(200, {{"tokens", std::move(list)}});
}

Response add_token(const Call& call) {
  Token token = read_token(call);
  const std::string secret = make_secret(call.crypto, kAdminTokenPrefix);
  token.hash = hash_secret(call.crypto, secret);
  token.id = token_id_of(token.hash);
  call.backend.store.put_token(token);
  call.backend.log.info(
      "Token made",
      {{"token", token.id}, {"account", token.account}, {"remote", call.request.remote}});
  boost::json::object document = document_of(token);
  call.change = {"Token made", token.id, nullptr, document};
  document["token"] = secret;
  return json_response(201, document);
}

Response revoke_token(const Call& call) {
  const std::vector<Token> found = call.backend.store.tokens({.id = call.target.segments.at(3)});
  if (found.empty()) throw HttpError(Problem::not_found, "there is no such token");
  const Token& token = found.front();
  call.backend.store.remove_token(token.id);
  require_an_admin(call);
  call.backend.log.info(
      "Token revoked",
      {{"token", token.id}, {"account", token.account}, {"remote", call.request.remote}});
  call.change = {"Token revoked", token.id, document_of(token), nullptr};
  return json_response(200, {{"id", token.id}});
}

}  // namespace otter::server
