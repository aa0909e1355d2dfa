// A session as a browser has it: a secret in a cookie, of which the server keeps the hash.
// docs/spec/accounts.md. Any thread.
#pragma once

#include <string>

#include "server/call.h"

namespace otter::server {

struct NewSession {
  std::string secret;
  Token token;  // what is kept of it
};

// A session of the account; nothing is kept yet.
NewSession new_session(const Call& call, const Account& owner);

// Keeps it, and ends those of its account that are over, or too many. Within make_change().
void keep_session(const Call& call, const Token& session);

// What Set-Cookie says of `name`: without a time it would end with the browser; the server ends a
// session in any case.
struct Cookie {
  const char* name;
  std::string value;
  const char* same_site;  // "Strict": not even when a link of another site leads here
  uint32_t age_s = 0;     // [s] 0: it is to be forgotten
};
std::pair<std::string, std::string> set_cookie(const Cookie& cookie);

}  // namespace otter::server
