// The section [openid] of otter.toml: whom people may sign in with besides their password.
// docs/operating.md. Any thread.
#pragma once

#include <string>
#include <vector>

namespace otter::server {

struct OpenIdSettings {
  std::string issuer;              // as the provider spells it; empty: nobody signs in so
  std::string name = "OpenID";     // what the page for signing in calls it
  std::string client_id;           // that the provider knows this server by
  std::string client_secret_file;  // empty: a public client, which PKCE alone protects
  std::string ca;                  // PEM; the only authority trusted for it; empty: the system's
  std::vector<std::string> scopes = {"openid", "profile", "email"};
  std::string account_claim = "preferred_username";
  std::string role_claim = "roles";  // "realm_access.roles": a member of a member
  // Values of role_claim that give this role; the highest counts. Who has none is refused.
  std::vector<std::string> admin;
  std::vector<std::string> publisher;
  std::vector<std::string> operator_;
  std::vector<std::string> viewer;

  bool is_on() const { return !issuer.empty(); }
};

}  // namespace otter::server
