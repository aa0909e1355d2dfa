// Which account a person of an identity provider has: a part of the Store, of the same rules. Any
// thread.
//
// Errors of every method: StoreError (the database can't be read or written)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace otter::server {

// A person as a provider knows them. The subject never changes and is nobody else's, as names may.
//
// Source: OpenID Connect Core 1.0, section 5.7
struct Identity {
  std::string issuer;
  std::string subject;
  std::string account;    // one has one account, an account may have several
  int64_t created_s = 0;  // [s since 1970-01-01 UTC]
};

// Which identities: those for which all that is stated holds.
struct IdentityQuery {
  std::string issuer = {};
  std::string subject = {};
  std::string account = {};
};

class IdentityStore {
 public:
  virtual ~IdentityStore() = default;

  // False if there is one of that issuer and subject. It goes with its account.
  //
  // REQUIRES: the account is there
  virtual bool add_identity(const Identity& identity) = 0;
  // By issuer and subject.
  virtual std::vector<Identity> identities(const IdentityQuery& query) = 0;
};

}  // namespace otter::server
