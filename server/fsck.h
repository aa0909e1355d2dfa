// Holds a data folder to what it must be: database, images, leftovers, modes. docs/operating.md.
// It only reads, so a server may be running on the folder. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/data_folder.h"

namespace otter::server {

// X(word). `missing`, `damaged`, `unreadable`: an image that a release needs. `unreferenced`: a
// blob that no release needs. `temporary`: half-written, and nobody is writing it. `unknown`: no
// file of otter's among the blobs. `mode`: others may read or write it. `owner`: another user's
// than the folder.
#define OTTER_FINDINGS(X) \
  X(database)             \
  X(missing)              \
  X(damaged)              \
  X(unreadable)           \
  X(unreferenced)         \
  X(temporary)            \
  X(unknown)              \
  X(mode)                 \
  X(owner)

enum class FindingKind : uint8_t {
#define OTTER_FINDING_ENUM(word) word,
  OTTER_FINDINGS(OTTER_FINDING_ENUM)
#undef OTTER_FINDING_ENUM
};

const char* name(FindingKind kind);

struct Finding {
  FindingKind kind;
  std::string path;
  std::string detail;  // what it means, and what to do next
  bool repaired = false;
};

struct FsckReport {
  std::vector<Finding> findings;
  int64_t images = 0;  // that were read
  uint64_t size_bytes = 0;
};

struct FsckRequest {
  DataFolder data;
  // Removes files of kind `temporary`, and nothing else.
  bool repair = false;
  int64_t now_s = 0;  // [s since 1970-01-01 UTC]
  // False: that an image is there is enough; a damaged one is not found.
  bool read_images = true;
};

// Errors: StoreError (the database can't be opened), std::runtime_error (the folder can't be read)
// Power:  a cut in a repair leaves some of the files that it was to remove
// Cost:   reads all of the database and of the images
FsckReport check_data_folder(const FsckRequest& request);

}  // namespace otter::server
