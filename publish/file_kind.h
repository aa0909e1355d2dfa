// What a file is that is no application image: so that the refusal can say what was given and what
// to give in its place. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ota/wire/error.h"

namespace otter {

// A file of another kind. `offset` [bytes from the file's start] is where it shows.
struct OtherKind {
  Error error = Error::bad_magic;
  uint32_t offset = 0;
  std::string reason;
};

// Recognises ELF, gzip, zip, UF2 and text files, partition tables, otadata, merged binaries that
// begin with erased flash. For files that do not begin with the image magic.
OtherKind kind_of_non_image(Bytes file);

// Recognises bootloaders and merged binaries that begin with one. For files that begin with a whole
// image that has no application description.
OtherKind kind_of_non_app(Bytes file);

// True for ESP-IDF's merged "factory" binary, beginning at address 0 or at the bootloader; then
// `offset` is the partition table's.
std::optional<OtherKind> merged_binary(Bytes file);

}  // namespace otter
