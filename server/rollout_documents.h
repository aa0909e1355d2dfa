// Rollouts as the admin API shows them. docs/spec/rollout.md. Pure, any thread.
#pragma once

#include <boost/json.hpp>

#include "server/call.h"
#include "server/rollout_guest.h"

namespace otter::server {

boost::json::object tally_document(const fleet::Tally& tally);
boost::json::object rollout_document(const fleet::Book::View& view);
boost::json::object part_document(const fleet::PartRecord& record);
// What listeners are told of a rollout that has moved.
boost::json::object rollout_event(const fleet::RolloutRecord& record);

// Why a device does or doesn't get what, in the order in which it is decided.
//
// Errors: StoreError
boost::json::object explanation_document(const Call& call, const Device& device,
                                         const RolloutGuest& guest);

}  // namespace otter::server
