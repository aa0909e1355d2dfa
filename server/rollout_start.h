// What it takes to begin a rollout: its plan, its group, its release. docs/spec/rollout.md. Each is
// a function of its Call; what it can't serve it throws as HttpError. Any thread.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "fleet/book.h"
#include "server/call.h"
#include "server/problem.h"

namespace otter::server {

// A filter, or the name of a group, whose filter it is from now on.
//
// Errors: HttpError `problem` (it is neither)
std::string group_of(const Call& call, const std::string& product, const std::string& text,
                     Problem problem = Problem::invalid_field);

// A release that goes out by rollouts and experiments alone.
//
// Errors: HttpError not_found, invalid_field (it is offered to all, or waits for its approval)
ReleasePtr staged_release(const Call& call, const std::string& product, const std::string& version);

// What goes out.
struct Payload {
  std::string version;          // fleet::Plan::version
  uint32_t config_version = 0;  // 0: it is a release
  uint64_t bytes = 0;
};
// Errors: HttpError as above
Payload release_payload(const Call& call, const std::string& product, const std::string& version);
// Errors: HttpError not_found
Payload configuration_payload(const Call& call, const std::string& product, uint32_t version);

// Keeps it with the handler's change, and acts on it once that is durable.
//
// REQUIRES: within make_change()
// Errors:   HttpError busy (it moved in this moment)
void keep_rollout(const Call& call, const fleet::RolloutRecord& record);

// A rollout of it as `body`, a plan, has it, kept as by keep_rollout(). It has the name that `body`
// states, or one after its version.
//
// Errors: HttpError as above; invalid_field (the plan), exists (a rollout of that name)
fleet::RolloutRecord begin_rollout(const Call& call, const Payload& payload,
                                   boost::json::object body);

}  // namespace otter::server
