// The database's tables, as numbered steps. A step is never changed once it was released: a new one
// is appended. The number of the last step is kept in PRAGMA user_version. One thread.
#pragma once

#include <string>

#include "server/store_sqlite_connection.h"

namespace otter::server {

// Brings the database to the schema of that number, in one transaction; one that is further stays
// as it is.
//
// REQUIRES: schema <= newest_schema()
// Errors: StoreError (written by a newer program, another program's database, can't be written)
void migrate(SqliteConnection& connection, const std::string& path, int schema);

// The statements of a step.
//
// REQUIRES: 1 <= number <= newest_schema()
const char* schema_step(int number);

// Errors: StoreError (written by a newer program, another program's database)
void refuse_foreign(SqliteConnection& connection, const std::string& path);

}  // namespace otter::server
