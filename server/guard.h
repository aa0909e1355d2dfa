// What an exception becomes: the one place where HttpError and StoreError are caught. Any thread.
#pragma once

#include <functional>

#include "server/http.h"
#include "server/log.h"

namespace otter::server {

// The answer that `work` gives to `request`. What it throws is logged and becomes
// application/problem+json. Never throws.
Response guarded(Log& log, const Request& request, const std::function<Response()>& work);

}  // namespace otter::server
