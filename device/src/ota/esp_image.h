// The application image that esptool makes and the bootloader loads. docs/spec/esp-image.md.
// Pure but for the Readable and Crypto that are handed in.
#pragma once

#include "ota/flash.h"
#include "ota/wire/chip.h"
#include "ota/wire/crypto.h"

namespace otter {

// Sizes and offsets: esp_image_header_t, esp_image_segment_header_t (esp_app_format.h) and
// esp_app_desc_t (esp_app_desc.h), ESP-IDF v5.5.
constexpr uint8_t kImageMagic = 0xE9;
constexpr size_t kImageHeaderSize = 24;   // [bytes]
constexpr size_t kSegmentHeaderSize = 8;  // [bytes]
constexpr size_t kSegmentsMax = 16;
constexpr uint32_t kSegmentSizeMax = 16 * 1024 * 1024;  // [bytes] exclusive
constexpr size_t kAppDescriptionOffset = 32;  // [bytes] in the image: in its first segment
constexpr size_t kAppDescriptionSize = 256;   // [bytes]
constexpr uint32_t kAppDescriptionMagic = 0xABCD5432;
constexpr uint8_t kBootloaderDescriptionMagic = 80;
constexpr size_t kImageHeadSize = kAppDescriptionOffset + kAppDescriptionSize;  // 288 [bytes]
constexpr uint8_t kChecksumSeed = 0xEF;
constexpr uint16_t kRevisionUnset = 0xFFFF;

struct ImageHeader {
  uint8_t segment_count = 0;
  uint8_t spi_mode = 0;
  uint8_t spi_speed = 0;  // the nibble
  uint8_t spi_size = 0;   // the nibble: 0 is 1 MB, 1 is 2 MB, ...
  uint32_t entry_address = 0;
  uint8_t wp_pin = 0;
  ChipId chip = kChipUnknown;
  uint8_t min_chip_revision_legacy = 0;
  uint16_t min_revision = 0;  // major * 100 + minor; 0: any
  uint16_t max_revision = 0;  // major * 100 + minor; 0 or 0xFFFF: any
  bool hash_appended = false;

  // What a manifest says of revisions: [lowest, highest].
  uint16_t revision_lowest() const { return min_revision; }
  uint16_t revision_highest() const { return max_revision == 0 ? kRevisionUnset : max_revision; }
};

// `raw` starts at the image's first byte.
//
// Errors: truncated, bad_magic, out_of_range (segment count), malformed (the hash flag is neither
//         0 nor 1)
Result<ImageHeader> parse_image_header(Bytes raw);

// Texts are views into `raw`, cut at the first NUL; a field may be full without one.
struct AppDescription {
  uint32_t secure_version = 0;
  Text version;
  Text project_name;
  Text time;
  Text date;
  Text idf_version;
  Digest app_elf_sha256;  // zeros: the build left none
  uint16_t min_efuse_block_revision = 0;
  uint16_t max_efuse_block_revision = 0;
  uint8_t mmu_page_size_log2 = 0;  // 0: the default, 64 KiB
};

// `raw` starts kAppDescriptionOffset bytes into the image.
//
// Errors: truncated, no_app_description
Result<AppDescription> parse_app_description(Bytes raw);

struct ImageSegment {
  uint32_t load_address = 0;
  uint32_t data_offset = 0;  // [bytes from the image's start]
  uint32_t data_size = 0;    // [bytes]
};

struct ImageInfo {
  ImageHeader header;
  ImageSegment segments[kSegmentsMax];
  uint8_t checksum = 0;          // as stored
  uint32_t checksum_offset = 0;  // [bytes]
  Digest appended_sha256;        // as stored; zeros if the header says that there is none
  uint32_t size_bytes = 0;       // header to checksum or appended hash; no signature sector
};

// Where and why an image is refused; `offset` [bytes from the image's start] is the first byte
// that is wrong.
struct ImageFault {
  Error error = Error::ok;
  uint32_t offset = 0;
};

// Reads a whole image as the bootloader does before it boots it: structure, checksum byte, appended
// hash; not what depends on the chip (its id and revision, load addresses, the MMU's pages).
// `image` may be longer than the image in it (a slot is). Occupies HashLane::image.
// `scratch` is working memory of any size >= 64 bytes; larger is faster.
//
// Errors: those of parse_image_header; malformed (a segment's size is no multiple of 4),
//         too_large (a segment of 16 MiB or more), truncated, bad_checksum, bad_hash, flash_io
// Source: esp_image_verify(), ESP-IDF v5.5 bootloader_support/src/esp_image_format.c
ImageFault check_image(Readable& image, Crypto& crypto, MutableBytes scratch, ImageInfo* info);

// A signature sector behind the image (secure boot v2): the image, padded to 64 KiB, is followed by
// one 4 KiB sector. The signatures in it are not verified here.
enum class SignatureKind : uint8_t { none, rsa_3072, ecdsa };
struct SignatureSector {
  SignatureKind kind = SignatureKind::none;
  uint32_t offset = 0;      // [bytes from the image's start]
  uint8_t block_count = 0;  // 1..3
};
constexpr uint32_t kSignatureSectorSize = 4096;

// Looks for a signature sector where one would begin behind an image of `image_size` bytes.
// kind == none if there is none.
//
// Errors: flash_io, bad_checksum (a block's CRC), bad_hash (it signs other bytes)
// Source: ets_secure_boot_sig_block_t, ESP-IDF v5.5 components/esp_rom/*/secure_boot.h
Result<SignatureSector> find_signature(Readable& file, uint32_t image_size, Crypto& crypto,
                                       MutableBytes scratch);

}  // namespace otter
