// A change by an operator: what it does and its audit entry, durable together or not at all.
// Any thread.
#pragma once

#include <functional>

#include "server/call.h"

namespace otter::server {

// Runs `work` in Store::atomically(), adds the entry that call.change then tells of, and keeps the
// answer for who asks again (idempotency.h). If it throws, nothing has happened.
//
// REQUIRES: `work` neither takes long nor waits for other threads: their changes wait for it
// Errors: what `work` throws; StoreError
Response make_change(const Call& call, const std::function<Response()>& work);

}  // namespace otter::server
