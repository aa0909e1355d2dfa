// What an operator needs to know when something is wrong, a line each, with what to do next. It
// changes nothing, and a server may be running. docs/operating.md. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "publish/https_client.h"
#include "server/fetch.h"
#include "server/settings.h"

namespace otter::server {

enum class Health : uint8_t { ok, warn, fail };

struct Diagnosis {
  std::string check;  // "certificate"
  Health health = Health::ok;
  std::string detail;  // what was found
  std::string advice;  // what to do next; empty: nothing
};

struct DiskRoom {
  uint64_t free_bytes = 0;
  bool has_inodes = true;  // for new files
};

// How a request on the way that devices take ended.
struct Contact {
  Error error = Error::ok;
  std::string detail;   // in the words of the system or of OpenSSL
  unsigned status = 0;  // of HTTP
};

// What lies outside of settings and data folder.
struct Surroundings {
  int64_t now_s = 0;  // [s since 1970-01-01 UTC]
  std::function<DiskRoom(const std::string& path)> room;
  // Asks for `/healthz` with only the authority of `ca_file` trusted; empty: the system's.
  std::function<Contact(const std::string& url, const std::string& ca_file)> contact;
  Fetcher fetch;  // asks an identity provider
};

// Of this machine.
Surroundings real_surroundings();

// In the order in which a person would look. What can't be judged says so as a line of its own;
// nothing is thrown but for want of memory.
std::vector<Diagnosis> diagnose(const Settings& settings, const Surroundings& surroundings);

// "ok", "warn", "fail"
const char* name(Health health);

}  // namespace otter::server
