// What a request handler works on: a function of a Call alone, without sockets and without a clock
// of its own. A Backend is for any thread, a Call for one.
#pragma once

#include <functional>

#include "ota/wire/crypto.h"
#include "server/blobs.h"
#include "server/http.h"
#include "server/log.h"
#include "server/master_keys.h"
#include "server/settings.h"
#include "server/sightings.h"
#include "server/store.h"
#include "server/target.h"

namespace otter::server {

// What all requests share.
struct Backend {
  const ServerSettings& settings;
  Store& store;
  Blobs& blobs;
  Sightings& sightings;
  Log& log;
  MasterKeys& masters;
  std::function<int64_t()> now_s;  // [s since 1970-01-01 UTC]
};

struct Call {
  const Request& request;
  const Target& target;
  Backend& backend;
  Crypto& crypto;
  int64_t now_s;  // [s since 1970-01-01 UTC]
};

}  // namespace otter::server
