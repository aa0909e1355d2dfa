#include "publish/file_kind.h"

#include <algorithm>

#include "ota/esp_image.h"
#include "ota/otadata.h"
#include "ota/partition_table.h"

namespace otter {
namespace {

struct Signature {
  const char* magic;
  size_t size;
  const char* reason;
};

constexpr Signature kSignatures[] = {
    {"\x7F"
     "ELF",
     4,
     "an ELF file: give the .bin that the build makes from it (idf.py build, esptool elf2image)"},
    {"\x1F\x8B", 2, "a gzip archive: unpack it and give the .bin inside"},
    {"PK\x03\x04", 4, "a zip archive: unpack it and give the .bin inside"},
    {"UF2\n", 4, "a UF2 file: give the application's .bin"},
    {"\xAA\x50", 2,
     "a partition table, not an application: give the application's .bin (firmware.bin)"},
};

constexpr char kMergedReason[] =
    "a merged binary (bootloader, partition table and application in one): give the application "
    "image alone, the .bin that is written at 0x10000";

bool is_all(Bytes bytes, uint8_t value) {
  return std::all_of(bytes.data, bytes.data + bytes.size,
                     [value](uint8_t byte) { return byte == value; });
}

bool is_text(Bytes bytes) {
  return std::all_of(bytes.data, bytes.data + bytes.size, [](uint8_t byte) {
    return (byte >= 0x20 && byte != 0x7F) || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

bool is_image_start(Bytes file, size_t offset) {
  return file.part(offset, 1).size == 1 && file.data[offset] == kImageMagic;
}

bool is_table_start(Bytes file, size_t offset) {
  const Bytes row = file.part(offset, kPartitionRowSize);
  return row.size == kPartitionRowSize && load_le16(row.data) == 0x50AA;
}

bool is_otadata(Bytes file) {
  if (file.size != 2 * size_t{kSectorSize}) return false;
  const OtadataEntry first = parse_otadata_entry(file.part(0, kOtadataEntrySize));
  const OtadataEntry second = parse_otadata_entry(file.part(kSectorSize, kOtadataEntrySize));
  return first.crc_ok() || second.crc_ok();
}

bool is_printable(Bytes field) {
  const Text text = as_text(field);
  const size_t size = strnlen(text.data, text.size);
  return size > 0 && is_text(field.part(0, size));
}

// esp_bootloader_desc_t: the magic byte, and the ESP-IDF version 8 bytes further.
bool is_bootloader(Bytes file) {
  const Bytes description = file.part(kAppDescriptionOffset, 80);
  return description.size == 80 && description.data[0] == kBootloaderDescriptionMagic &&
         is_printable(description.part(8, 32));
}

}  // namespace

std::optional<OtherKind> merged_binary(Bytes file) {
  // The offsets at which bootloaders lie in flash; the file begins at 0 or at the bootloader.
  for (const uint32_t bootloader : {0x0u, 0x1000u, 0x2000u}) {
    if (is_image_start(file, bootloader) && is_all(file.part(0, bootloader), 0xFF) &&
        is_table_start(file, kPartitionTableOffset)) {
      return OtherKind{Error::no_app_description, kPartitionTableOffset, kMergedReason};
    }
    const uint32_t table = kPartitionTableOffset - bootloader;
    if (is_image_start(file, 0) && is_table_start(file, table)) {
      return OtherKind{Error::no_app_description, table, kMergedReason};
    }
  }
  return std::nullopt;
}

OtherKind kind_of_non_image(Bytes file) {
  for (const Signature& signature : kSignatures) {
    if (starts_with(as_text(file), Text(signature.magic, signature.size))) {
      return {Error::bad_magic, 0, signature.reason};
    }
  }
  if (const auto merged = merged_binary(file)) return *merged;
  if (is_all(file, 0xFF)) return {Error::bad_magic, 0, "only 0xFF bytes, as erased flash reads"};
  if (is_otadata(file)) {
    return {Error::bad_magic, 0,
            "otadata (the boot selection), not an application: give the application's .bin"};
  }
  if (is_text(file.part(0, 512))) {
    return {Error::bad_magic, 0, "a text file, not an application image"};
  }
  return {Error::bad_magic, 0, "not an ESP image: it does not begin with 0xE9"};
}

OtherKind kind_of_non_app(Bytes file) {
  if (const auto merged = merged_binary(file)) return *merged;
  if (is_bootloader(file)) {
    return {Error::no_app_description, kAppDescriptionOffset,
            "a bootloader, not an application: give the application's .bin (firmware.bin)"};
  }
  return {Error::no_app_description, kAppDescriptionOffset,
          "no application description (esp_app_desc_t): a bootloader, or not built with ESP-IDF"};
}

}  // namespace otter
