// Makes application images of any chip and size without a compiler: for trying things, for the
// simulator and for tests. A bootloader would accept them; no chip could run them. Pure, any
// thread.
#pragma once

#include <string>
#include <vector>

#include "ota/esp_image.h"

namespace otter {

// What to make; the same recipe gives the same bytes.
struct ImageRecipe {
  ChipId chip = kChipUnknown;
  std::string product;                // project_name and the marker's product
  std::string version;                // esp_app_desc_t's and the marker's
  std::string behaviour = "healthy";  // of a simulated board, is_behaviour()
  uint32_t size_bytes = 256 * 1024;   // of the file, a multiple of 16
  uint32_t secure_version = 0;
  uint16_t min_revision = 0;               // major * 100 + minor
  uint16_t max_revision = kRevisionUnset;  // major * 100 + minor
  // Images of one seed differ between versions in a few of their functions only, as builds do.
  uint64_t seed = 1;
};

constexpr uint32_t kMadeImageSizeMin = 4096;  // [bytes]

// Errors: std::invalid_argument (an unknown chip or behaviour, a size that is no multiple of 16,
//         below kMadeImageSizeMin or above what the chip can map, an invalid product or version)
std::vector<uint8_t> make_image(const ImageRecipe& recipe);

// Writes checksum and appended SHA-256 anew, after an image of the right structure was changed.
//
// REQUIRES: `image` ends with them
void seal_image(std::vector<uint8_t>& image);

}  // namespace otter
