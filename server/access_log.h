// One line for each request that was answered or refused. Any thread.
#pragma once

#include "server/http.h"
#include "server/log.h"

namespace otter::server {

// "Answered method=GET path=/firmware/manifest status=200 bytes=612 us=184 device=lamp-7 ...". The
// path without its query: a query is where people put keys by mistake.
void log_access(Log& log, const Exchange& exchange);

}  // namespace otter::server
