#include "publish/image_report.h"

#include <algorithm>
#include <cstdio>

#include "publish/file_kind.h"
#include "publish/host_crypto.h"
#include "publish/memory_image.h"

namespace otter {
namespace {

constexpr uint32_t kFileSizeMax = 16 * 1024 * 1024 + 64 * 1024;  // [bytes] with its signature
constexpr size_t kScratchSize = 64 * 1024;                       // [bytes]
constexpr uint32_t kMmuPageSizeDefault = 64 * 1024;              // [bytes]
// The page sizes that a chip can be set to, ESP-IDF v5.5 components/hal Kconfig MMU_PAGE_SIZE.
constexpr uint8_t kMmuPageLog2Min = 13;
constexpr uint8_t kMmuPageLog2Max = 16;
// Offsets in the header, ESP-IDF v5.5 esp_app_format.h.
constexpr uint32_t kSegmentCountOffset = 1;
constexpr uint32_t kChipOffset = 12;
constexpr uint32_t kMinRevisionOffset = 15;
constexpr uint32_t kHashFlagOffset = 23;

std::string offset_text(uint32_t offset) {
  char text[48];
  snprintf(text, sizeof(text), "offset %u (0x%X)", offset, offset);
  return text;
}

std::string printable(Text text) {
  std::string out(text.data, text.size);
  std::replace_if(out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return out;
}

[[noreturn]] void refuse(const OtherKind& kind) {
  throw ImageRefused(kind.error, kind.offset, kind.reason);
}

void check_size(Bytes file) {
  if (file.size == 0) throw ImageRefused(Error::truncated, 0, "the file is empty");
  if (file.size > kFileSizeMax) {
    throw ImageRefused(Error::too_large, kFileSizeMax,
                       "the file has " + std::to_string(file.size) +
                           " bytes; a partition for applications has at most 16 MiB");
  }
}

void check_header(Bytes file) {
  if (file.data[0] != kImageMagic) refuse(kind_of_non_image(file));
  if (file.size < kImageHeaderSize) {
    throw ImageRefused(Error::truncated, static_cast<uint32_t>(file.size),
                       "the file ends inside the image header");
  }
  const uint8_t count = file.data[kSegmentCountOffset];
  if (count == 0 || count > kSegmentsMax) {
    throw ImageRefused(
        Error::out_of_range, kSegmentCountOffset,
        "the header counts " + std::to_string(count) + " segments; an image has 1 to 16");
  }
  const ChipId chip = load_le16(file.data + kChipOffset);
  if (find_chip(chip) == nullptr) {
    throw ImageRefused(Error::wrong_chip, kChipOffset,
                       "chip id " + std::to_string(chip) + " is of no known ESP32 chip");
  }
}

// What check_image() found wrong, in words.
std::string structure_reason(Error error, Bytes file) {
  switch (error) {
    case Error::truncated:
      return "the file ends too early, after " + std::to_string(file.size) +
             " bytes: copy or download it again";
    case Error::malformed:
      return "a segment's size is not a multiple of 4 bytes";
    case Error::too_large:
      return "a segment's size is 16 MiB or more";
    case Error::bad_checksum:
      return "the checksum does not fit the segments: the file was changed or damaged";
    case Error::bad_hash:
      return "the SHA-256 at the image's end does not fit: the file was changed or damaged";
    default:
      break;
  }
  const Text text = meaning(error);
  return std::string(text.data, text.size);
}

ImageInfo check_structure(Bytes file, Crypto& crypto, MutableBytes scratch) {
  MemoryImage readable(file);
  ImageInfo info;
  const ImageFault fault = check_image(readable, crypto, scratch, &info);
  if (fault.error != Error::ok) {
    if (const auto merged = merged_binary(file)) refuse(*merged);
    throw ImageRefused(fault.error, fault.offset, structure_reason(fault.error, file));
  }
  return info;
}

std::string trailing_reason(Bytes trailing) {
  const std::string count = std::to_string(trailing.size);
  const bool erased = std::all_of(trailing.data, trailing.data + trailing.size,
                                  [](uint8_t byte) { return byte == 0xFF; });
  if (erased) return count + " bytes of 0xFF follow the image: it was read back from flash";
  return count + " bytes follow the image that belong to nothing";
}

// What follows the image: nothing, or one signature sector.
SignatureSector check_trailer(Bytes file, const ImageInfo& info, Crypto& crypto,
                              MutableBytes scratch) {
  MemoryImage readable(file);
  const Result<SignatureSector> found = find_signature(readable, info.size_bytes, crypto, scratch);
  if (!found.ok()) {
    throw ImageRefused(found.error, info.size_bytes,
                       found.error == Error::bad_hash
                           ? "the signature sector behind the image signs other bytes"
                           : "the signature sector behind the image is damaged");
  }
  const uint32_t end = found.value.kind == SignatureKind::none
                           ? info.size_bytes
                           : found.value.offset + kSignatureSectorSize;
  if (file.size > end) {
    throw ImageRefused(Error::trailing_bytes, end, trailing_reason(file.part(end)));
  }
  return found.value;
}

void check_revisions(const ImageHeader& header) {
  if (header.revision_lowest() <= header.revision_highest()) return;
  throw ImageRefused(Error::out_of_range, kMinRevisionOffset,
                     "the lowest chip revision is above the highest");
}

// The page that mapped segments must lie on. Images from before ESP-IDF v5.3 state none, and chips
// with a choice of pages may then have used a smaller one.
//
// Source: SOC_MMU_PAGE_SIZE_CONFIGURABLE, ESP-IDF v5.5 components/soc/*/soc_caps.h
uint32_t mapping_page(const ImageReport& report) {
  if (report.mmu_page_size != 0) return report.mmu_page_size;
  const Text chip = chip_name(report.header.chip);
  const bool fixed = chip == "esp32" || chip == "esp32s2" || chip == "esp32s3" ||
                     chip == "esp32c3" || chip == "esp32p4";
  return fixed ? kMmuPageSizeDefault : 1u << kMmuPageLog2Min;
}

// The bootloader refuses to map a segment whose place in the file does not match its address.
//
// Source: process_segment(), ESP-IDF v5.5 bootloader_support/src/esp_image_format.c
void check_mapping(const ImageReport& report) {
  const uint32_t page = mapping_page(report);
  for (const SegmentReport& segment : report.segments) {
    if (!is_mapped(segment.memory)) continue;
    if ((segment.data_offset ^ segment.load_address) % page == 0) continue;
    throw ImageRefused(Error::malformed, segment.header_offset,
                       "a segment mapped from flash does not lie on its page: it can't boot");
  }
}

void add_description(const AppDescription& description, ImageReport* report) {
  report->version = printable(description.version);
  report->project_name = printable(description.project_name);
  report->build_time = printable(description.time);
  report->build_date = printable(description.date);
  report->idf_version = printable(description.idf_version);
  report->secure_version = description.secure_version;
  report->app_elf_sha256 = description.app_elf_sha256;
  report->min_efuse_block_revision = description.min_efuse_block_revision;
  report->max_efuse_block_revision = description.max_efuse_block_revision;
  const uint8_t log2 = description.mmu_page_size_log2;
  const bool stated = log2 >= kMmuPageLog2Min && log2 <= kMmuPageLog2Max;
  report->mmu_page_size = stated ? 1u << log2 : 0;
}

void add_structure(const ImageInfo& info, ImageReport* report) {
  report->image_size_bytes = info.size_bytes;
  report->header = info.header;
  report->checksum = info.checksum;
  report->checksum_offset = info.checksum_offset;
  report->appended_sha256 = info.appended_sha256;
  for (uint8_t i = 0; i < info.header.segment_count; ++i) {
    const ImageSegment& segment = info.segments[i];
    const MemoryKind memory = find_memory(info.header.chip, segment.load_address).kind;
    report->segments.push_back({segment.data_offset - uint32_t{kSegmentHeaderSize},
                                segment.load_address, segment.data_offset, segment.data_size,
                                memory});
  }
}

}  // namespace

ImageRefused::ImageRefused(Error error_in, uint32_t offset_in, const std::string& reason)
    : std::runtime_error(reason + ", at " + offset_text(offset_in)),
      error(error_in),
      offset(offset_in) {}

ImageReport describe_image(Bytes file) {
  check_size(file);
  check_header(file);
  HostCrypto crypto;
  std::vector<uint8_t> scratch(kScratchSize);
  const ImageInfo info = check_structure(file, crypto, scratch);
  const Result<AppDescription> description =
      parse_app_description(file.part(kAppDescriptionOffset));
  if (!description.ok() || info.segments[0].data_size < kAppDescriptionSize) {
    refuse(kind_of_non_app(file));
  }
  check_revisions(info.header);

  ImageReport report;
  report.size_bytes = static_cast<uint32_t>(file.size);
  add_structure(info, &report);
  add_description(description.value, &report);
  check_mapping(report);
  report.signature = check_trailer(file, info, crypto, scratch);
  report.marker = find_firmware_marker(file);
  const Result<Digest> digest = sha256(crypto, file);
  if (!digest.ok()) throw std::runtime_error("SHA-256 failed: out of memory");
  report.sha256 = digest.value;
  return report;
}

ImageReport inspect_image(Bytes file) {
  const ImageReport report = describe_image(file);
  if (!report.header.hash_appended) {
    throw ImageRefused(Error::no_appended_hash, kHashFlagOffset,
                       "the image carries no SHA-256 of its own: build it without "
                       "--dont-append-digest");
  }
  return report;
}

}  // namespace otter
