// Who uses the admin API: accounts, and the tokens and sessions that act for them.
// docs/spec/accounts.md. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ota/wire/crypto.h"
#include "server/role.h"

namespace otter::server {

// Times are [s since 1970-01-01 UTC].
struct Account {
  std::string name;
  Role role = Role::viewer;
  std::string password;  // its hash, password.h; empty: none, so that only tokens act for it
  int64_t created_s = 0;
};

enum class TokenKind : uint8_t {
  token,    // sent by programs as Authorization: Bearer
  session,  // sent by browsers as a cookie
};
const char* name(TokenKind kind);

// What acts for an account. It may at most what the account may.
struct Token {
  std::string id;  // token_id_of() its hash
  Digest hash;     // of its secret, secrets.h
  TokenKind kind = TokenKind::token;
  std::string account;
  Role role = Role::viewer;  // at most this one
  std::string product;       // the only one that it may touch; empty: any
  int64_t created_s = 0;
  int64_t expires_s = 0;  // 0: never
  int64_t used_s = 0;     // to the minute; 0: never
};

// How a token is called where it is listed: 12 hexadecimal digits of its hash.
std::string token_id_of(const Digest& hash);

// Which tokens: those for which all that is stated holds.
struct TokenQuery {
  std::string account = {};  // empty: of all
  std::string id = {};       // empty: any
  std::optional<Digest> hash = {};
};

// The account with which `otter init` begins.
constexpr char kFirstAccount[] = "admin";

}  // namespace otter::server
