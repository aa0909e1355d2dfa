// The command line of server_load. Pure, any thread.
#pragma once

#include <chrono>
#include <string>

#include "bench/server_load_requests.h"

namespace otter::bench {

struct LoadOptions {
  // What connections do: stay and send on ("keep"), end after one answer ("new", and "resume" with
  // a session ticket), stay and wait until standard input ends ("idle"); or each device comes once
  // and again until it is served ("return").
  std::string mode = "keep";
  uint16_t port = 8443;
  size_t connections = 64;
  std::chrono::milliseconds duration{3000};
  std::chrono::milliseconds spread{0};  // "return": over which the devices come first
  size_t devices = 1000;
  size_t addresses = 1;      // of this machine that they come from
  size_t device_step = 1;    // devices number 0, step, 2 * step, ...
  bool poll = false;         // never sleep: waking the load is then no part of the server's time
  std::string acknowledged;  // file: the ids of reports that were acknowledged, one a line
  Target target;
};

// Errors: throws std::runtime_error: one clear line
LoadOptions parse_options(int count, char** words);

extern const char* const kLoadUsage;

}  // namespace otter::bench
