// Everything that an application image says of itself, and the reasons not to take a file for one.
// docs/spec/esp-image.md. Pure, any thread.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ota/esp_image.h"
#include "publish/firmware_marker.h"
#include "publish/memory_map.h"

namespace otter {

// A file that is not an image that a device could run. what(): one line for a person, with the
// offset and what to do.
struct ImageRefused : std::runtime_error {
  ImageRefused(Error error_in, uint32_t offset_in, const std::string& reason);
  Error error;
  uint32_t offset;  // [bytes from the file's start]
};

struct SegmentReport {
  uint32_t header_offset = 0;  // [bytes from the file's start]
  uint32_t load_address = 0;
  uint32_t data_offset = 0;  // [bytes from the file's start]
  uint32_t data_size = 0;    // [bytes]
  MemoryKind memory = MemoryKind::unknown;
};

struct ImageReport {
  uint32_t size_bytes = 0;        // of the file, signature sector included
  uint32_t image_size_bytes = 0;  // header to checksum or appended hash
  Digest sha256;                  // of the whole file
  ImageHeader header;
  std::vector<SegmentReport> segments;
  uint8_t checksum = 0;
  uint32_t checksum_offset = 0;  // [bytes from the file's start]
  Digest appended_sha256;        // zeros if header.hash_appended is false
  SignatureSector signature;

  // From esp_app_desc_t. What is not printable ASCII is shown as '?'.
  std::string version;
  std::string project_name;
  std::string build_time;
  std::string build_date;
  std::string idf_version;
  uint32_t secure_version = 0;
  Digest app_elf_sha256;  // zeros: the build left none
  uint16_t min_efuse_block_revision = 0;
  uint16_t max_efuse_block_revision = 0;
  uint32_t mmu_page_size = 0;  // [bytes] 0: not stated

  std::optional<FirmwareMarker> marker;

  // The product and the version that firmware states: the marker's where there is one. Either may
  // be no valid identifier or version, or be empty.
  const std::string& stated_product() const { return marker ? marker->product : project_name; }
  const std::string& stated_version() const { return marker ? marker->version : version; }
};

// Reads an application image that a bootloader would boot, whatever guards it against damage.
//
// Errors: ImageRefused{truncated, bad_magic, malformed, too_large, out_of_range, bad_checksum,
//         bad_hash, wrong_chip, no_app_description, trailing_bytes}
// Cost:   hashes the file twice, or three times with a signature sector
ImageReport describe_image(Bytes file);

// Reads an application image that may be published: as describe_image, and it carries its own
// SHA-256. Without one the bootloader has only one byte of checksum to notice damaged flash by.
//
// Errors: those of describe_image; ImageRefused{no_appended_hash}
ImageReport inspect_image(Bytes file);

}  // namespace otter
