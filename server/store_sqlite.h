// The Store in one SQLite file: WAL, foreign keys, synchronous=FULL. One connection writes, any
// number read beside it. Any thread.
#pragma once

#include <memory>
#include <string>

#include "server/metrics.h"
#include "server/store.h"

namespace otter::server {

// The schema's number that this program writes.
int newest_schema();

// Opens or creates the database and brings it to the newest schema.
//
// With `metrics`, which must outlive it, it tells how long its calls take.
//
// Errors: StoreError (no such folder, read-only, not a database, of a newer program)
std::unique_ptr<Store> open_sqlite_store(const std::string& path, Metrics* metrics = nullptr);

}  // namespace otter::server
