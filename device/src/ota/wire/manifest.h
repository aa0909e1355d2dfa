// The release manifest: what a publisher signs. docs/spec/manifest.md. Pure, any thread.
#pragma once

#include "ota/wire/chip.h"
#include "ota/wire/digest.h"
#include "ota/wire/json.h"

namespace otter {

constexpr size_t kManifestSizeMax = 4096;             // [bytes]
constexpr uint32_t kBlockSizeMin = 64 * 1024;         // [bytes]
constexpr uint32_t kBlockSizeMax = 1024 * 1024;       // [bytes]
constexpr uint32_t kImageSizeMax = 16 * 1024 * 1024;  // [bytes] partition limit, ESP-IDF v5.5
                                                      // esp_image_format.c
constexpr char kManifestType[] = "application/vnd.otter.manifest.v1+json";

// Views into the manifest's bytes, which must outlive it.
struct Manifest {
  Text product;
  Text channel;
  uint64_t sequence = 0;  // 1 to kSequenceMax (device_facts.h); grows with each release of a
                          // product, channel and key epoch
  Text version;
  uint32_t security_version = 0;
  ChipId chip = kChipUnknown;
  uint16_t revision_min = 0;       // major * 100 + minor
  uint16_t revision_max = 0xFFFF;  // major * 100 + minor
  Json hardware;                   // array of identifiers; empty or null: any
  Json layouts;                    // array of 16 hexadecimal digits; empty or null: any
  uint32_t min_slot_bytes = 0;

  uint32_t image_size_bytes = 0;
  Digest image_sha256;    // of the whole file
  Digest app_elf_sha256;  // from esp_app_desc_t; zeros: the build left none
  uint32_t block_size_bytes = 0;
  Text blocks;  // base64: the first 16 bytes of each block's SHA-256, one after the other

  Text min_from_version;         // empty: any
  bool allow_downgrade = false;  // lets `version` be lower than the running one
  Text min_client;               // empty: any
  int64_t created_s = 0;         // [s since 1970-01-01 UTC]
  int64_t expires_s = 0;         // [s since 1970-01-01 UTC]; 0: never
  Text device;                   // empty: any
  Text group;                    // empty: any
  Text config_digest;            // hexadecimal; empty: none

  uint32_t block_count() const;
  // The last block may be shorter.
  uint32_t block_size_of(uint32_t index) const;
  // The expected digest of block `index` [0, block_count()).
  //
  // Errors: out_of_range
  Error block_digest(uint32_t index, uint8_t (&out)[kBlockDigestSize]) const;
};

// Reads a manifest. Says nothing about its signature: verify that first.
//
// Errors: those of Json::parse; missing_field, wrong_type, out_of_range, malformed,
//         unsupported (another schema), wrong_chip (an unknown name), unknown_critical
Result<Manifest> parse_manifest(Text text);

}  // namespace otter
