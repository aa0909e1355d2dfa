// Makes the release manifest that a publisher signs. docs/spec/manifest.md. Pure, any thread.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "ota/wire/manifest.h"
#include "publish/image_report.h"

namespace otter {

// A manifest that can't be made. what(): one line that names the option.
struct ManifestError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What the image does not say of itself.
struct ManifestOptions {
  std::string product;
  std::string channel = "stable";
  uint64_t sequence = 0;
  std::string version;
  std::string min_from_version;       // empty: any
  std::string min_client;             // empty: any
  bool allow_downgrade = false;       // to a version below the running one
  int64_t created_s = 0;              // [s since 1970-01-01 UTC]
  int64_t expires_s = 0;              // [s since 1970-01-01 UTC]; 0: never
  std::vector<std::string> hardware;  // identifiers; empty: any
  std::vector<std::string> layouts;   // 16 hexadecimal digits each; empty: any
  uint32_t min_slot_bytes = 0;        // 0: the image, rounded up to a flash sector
  std::string device;                 // binds the release to one device; empty: any
  std::string group;                  // binds it to one group; empty: any
  std::string config_digest;          // SHA-256 of its configuration, hexadecimal; empty: none
};

// The manifest's JSON. The block size is the smallest power of two from 64 KiB on with which it
// fits kManifestSizeMax. What comes out has passed parse_manifest().
//
// REQUIRES: `report` is inspect_image(image)
// Errors:   ManifestError
std::string build_manifest(const ImageReport& report, Bytes image, const ManifestOptions& options);

}  // namespace otter
