// What an exception becomes: the one place where HttpError and StoreError are caught. Any thread.
#pragma once

#include <functional>

#include "server/http.h"
#include "server/log.h"

namespace otter::server {

// What a log line may say of a target: a query is where people put keys by mistake.
std::string without_query(const std::string& target);

// The answer that `work` gives to `request`. What it throws is logged and becomes
// application/problem+json. Never throws.
Response guarded(Log& log, const Request& request, const std::function<Response()>& work);

}  // namespace otter::server
