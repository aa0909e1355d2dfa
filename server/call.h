// What a request handler works on: a function of a Call alone, without sockets and without a clock
// of its own. A Backend is for any thread, a Call for one.
#pragma once

#include <functional>
#include <optional>

#include "ota/wire/crypto.h"
#include "server/audit.h"
#include "server/blobs.h"
#include "server/device_keys.h"
#include "server/events.h"
#include "server/http.h"
#include "server/key_uses.h"
#include "server/log.h"
#include "server/login_backoff.h"
#include "server/master_keys.h"
#include "server/password.h"
#include "server/readiness.h"
#include "server/report_queue.h"
#include "server/settings.h"
#include "server/sightings.h"
#include "server/store.h"
#include "server/target.h"

namespace otter::server {

class OpenIdProvider;
class PatchWorks;
class Rollouts;

// What keeps passwords from being guessed, and memory from being used up by it.
struct Logins {
  LoginBackoff backoff;
  PasswordPlaces places;
};

// What all requests share.
struct Backend {
  const ServerSettings& settings;
  Store& store;
  Blobs& blobs;
  Sightings& sightings;
  Log& log;
  MasterKeys& masters;
  Lookups& lookups;  // the store, from memory where that is possible
  DeviceKeys& device_keys;
  ReportQueue& reports;
  Metrics& metrics;
  Logins& logins;
  Rollouts& rollouts;
  std::function<int64_t()> now_s;  // [s since 1970-01-01 UTC]
  Events events = {};
  Readiness readiness = {};
  KeyUses key_uses = {};
  OpenIdProvider* openid = nullptr;  // nobody signs in by one
  PatchWorks* patches = nullptr;     // nullptr: devices are offered none
};

// Who sends a request with X-API-Key: access.h.
struct Caller {
  Product product;
  std::optional<Device> device;  // with its own key; else the product's shared key was sent
  DeviceKeySet keys;             // where there is a device: those of the epoch whose key it sent

  // For the log: the device's id, or nothing.
  std::string device_id() const { return device.has_value() ? device->id : ""; }
};

// Who uses the admin API: access.h.
struct Operator {
  std::string account;  // empty: nobody has to be known
  Role role = Role::viewer;
  std::string product;  // the only one that it may touch; empty: any
  Token token;          // what acts for the account
};

struct Call {
  const Request& request;
  const Target& target;
  Backend& backend;
  Crypto& crypto;
  int64_t now_s;       // [s since 1970-01-01 UTC]
  Caller caller = {};  // of a route with Right::key; else empty
  Operator who = {};   // of a route with an operator's right; else empty
  // What the handler says of the change that it makes: make_change().
  mutable AuditedChange change = {};
  // What listeners are told of once the handler's change is durable.
  mutable std::vector<Event> events = {};
  // What is to be done once the handler's change is durable. May not throw.
  mutable std::vector<std::function<void()>> afterwards = {};
  // Keeps the answer together with the change; empty: nobody will ask for it again.
  mutable std::function<void(const Response&)> keep_answer = {};
};

}  // namespace otter::server
