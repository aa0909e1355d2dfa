// What devices send besides reports: their log when they are asked for it, core dumps after
// crashes. docs/spec/device-log.md, docs/spec/core-dump.md. Each is a function of its Call. Any
// thread.
#pragma once

#include "server/call.h"

namespace otter::server {

constexpr size_t kLogBodyMax = 4 * 1024;        // [bytes]
constexpr size_t kDumpPieceMax = 16 * 1024;     // [bytes]
constexpr uint32_t kDumpSizeMax = 1024 * 1024;  // [bytes]

// POST /firmware/log: text; ends the command that asked for it.
//
// Errors: HttpError unauthorized, not_enrolled (not with a device's own key), not_found (nobody has
//         asked for it)
Response take_log(const Call& call);

// POST /firmware/dump?sha256=&size=&offset=: a piece, or an empty one that asks how far the dump
// has come. {"kept": bytes} are here then; all of them: the dump is durable, and may be erased.
//
// Errors: HttpError unauthorized, not_enrolled (not with a device's own key), bad_query,
//         too_large (the dump), hash_differs (its whole)
Response take_dump(const Call& call);

}  // namespace otter::server
