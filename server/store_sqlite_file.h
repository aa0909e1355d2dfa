// The database as a file: what backup, restore, fsck and doctor ask of it. It is only read, and not
// brought to another schema, so a server may be running on it. For one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ota/wire/digest.h"

namespace otter::server {

class SqliteConnection;

// A blob that a release needs.
struct NeededBlob {
  Digest sha256;
  uint64_t size_bytes = 0;
  std::string release;  // "lamp 1.0.1", the first that needs it
};

// The newest release of a product and channel that is offered.
struct NewestRelease {
  std::string name;               // "lamp stable 1.0.1"
  std::vector<uint8_t> envelope;  // a frame
};

struct Silence {
  int64_t enrolled = 0;    // devices in all
  int64_t never_seen = 0;  // of them: provisioned, and not switched on yet
  int64_t silent = 0;      // of those that were seen
  std::string longest;     // the one that was not seen for the longest time
};

// Errors of all: StoreError
class DatabaseFile {
 public:
  // Errors: StoreError (there is none, not an otter database, of a newer program)
  explicit DatabaseFile(const std::string& path);
  ~DatabaseFile();

  // The number of the schema that it has.
  int schema();
  // Writes all that is committed now to a new file, while others go on writing.
  //
  // REQUIRES: there is no file `path`
  // Power:    a cut leaves any part of the file
  void snapshot_to(const std::string& path);
  // What SQLite finds wrong with the file and with references between tables, a line each; at most
  // 100 lines.
  //
  // Cost: reads all of it
  std::vector<std::string> faults();
  // By SHA-256.
  std::vector<NeededBlob> needed_blobs();
  // When the newest of devices, releases and reports was written [s since 1970-01-01 UTC]; 0: none.
  int64_t newest_record_s();

  // These need the newest schema.
  std::vector<NewestRelease> newest_releases();
  // The frame of the newest root metadata; empty: there is none.
  std::vector<uint8_t> newest_root();
  int64_t release_key_count();
  // Of enrolled devices, which were not seen since `since_s` [s since 1970-01-01 UTC].
  Silence silence(int64_t since_s);

 private:
  std::string path_;
  std::unique_ptr<SqliteConnection> connection_;
};

}  // namespace otter::server
