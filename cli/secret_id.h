// The ids of keys and tokens, by which the server knows them. Pure, any thread.
#pragma once

#include <string>

#include "publish/host_crypto.h"
#include "server/account.h"
#include "server/secrets.h"

namespace otter::cli {

inline bool is_secret(const std::string& text) {
  return text.starts_with(server::kAdminTokenPrefix) || text.starts_with(server::kApiKeyPrefix);
}

// What was given; if that is the key or token itself, its id, so that it goes into no request's
// path and from there into no log.
inline std::string id_of_secret(const std::string& id_or_secret) {
  if (!is_secret(id_or_secret)) return id_or_secret;
  HostCrypto crypto;
  return server::token_id_of(server::hash_secret(crypto, id_or_secret));
}

}  // namespace otter::cli
