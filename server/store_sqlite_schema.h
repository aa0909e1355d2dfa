// The database's tables, as numbered steps. A step is never changed once it was released: a new one
// is appended. The number of the last step is kept in PRAGMA user_version. One thread.
#pragma once

#include <string>

#include "server/store_sqlite_connection.h"

namespace otter::server {

// Brings the database to the newest schema, in one transaction.
//
// Errors: StoreError (written by a newer program, another program's database, can't be written)
void migrate(SqliteConnection& connection, const std::string& path);

// Errors: StoreError (written by a newer program, another program's database)
void refuse_foreign(SqliteConnection& connection, const std::string& path);

}  // namespace otter::server
