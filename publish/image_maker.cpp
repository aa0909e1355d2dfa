#include "publish/image_maker.h"

#include <algorithm>
#include <stdexcept>

#include "ota/wire/version.h"
#include "publish/firmware_marker.h"
#include "publish/host_crypto.h"
#include "publish/made_content.h"
#include "publish/memory_map.h"

namespace otter {
namespace {

constexpr uint32_t kMmuPageSize = 64 * 1024;
constexpr uint32_t kTailSize = 16 + kDigestSize;    // [bytes] pad, checksum, hash
constexpr uint32_t kRamSegmentSizeMax = 24 * 1024;  // [bytes] every chip has as much
constexpr uint32_t kRtcSegmentSize = 16;            // [bytes]
constexpr size_t kElfDigestOffset = kAppDescriptionOffset + 144;
constexpr size_t kDescriptionBytes = kAppDescriptionSize + kFirmwareMarkerSize;
constexpr char kIdfVersion[] = "v5.5.1";

struct SegmentPlan {
  MemoryKind kind;
  uint32_t size;  // [bytes] a multiple of 4
};

uint32_t down_to_4(uint32_t value) { return value / 4 * 4; }

// The segments in the order in which esptool writes them: data first, since it begins with the
// description; code takes what the others leave.
std::vector<SegmentPlan> plan_segments(const ImageRecipe& recipe) {
  std::vector<SegmentPlan> plans = {
      {MemoryKind::drom, std::max(down_to_4(recipe.size_bytes / 5), uint32_t{1024})},
      {MemoryKind::dram, std::min(down_to_4(recipe.size_bytes / 40), kRamSegmentSizeMax)},
      {MemoryKind::iram, std::min(down_to_4(recipe.size_bytes / 20), kRamSegmentSizeMax)},
      {MemoryKind::irom, 0}};
  if (memory_for(recipe.chip, MemoryKind::rtc).kind == MemoryKind::rtc) {
    plans.push_back({MemoryKind::rtc, kRtcSegmentSize});
  }
  uint32_t used = kImageHeaderSize + kTailSize;
  for (const SegmentPlan& plan : plans) used += uint32_t{kSegmentHeaderSize} + plan.size;
  plans[3].size = recipe.size_bytes - used;
  return plans;
}

// Where a segment is loaded that lies at `data_offset` in the file. On chips with one range for
// data and code, data lies above the code, as ESP-IDF links it.
uint32_t load_address_of(const ImageRecipe& recipe, const SegmentPlan& plan, uint32_t data_offset) {
  const MemoryRange range = memory_for(recipe.chip, plan.kind);
  uint32_t address = range.begin;
  const uint32_t code_pages = recipe.size_bytes / kMmuPageSize + 2;
  if (range.kind == MemoryKind::flash && plan.kind == MemoryKind::drom) {
    address += code_pages * kMmuPageSize;
  }
  if (range.kind == MemoryKind::ram && plan.kind == MemoryKind::dram) {
    address += 2 * kRamSegmentSizeMax;
  }
  if (is_mapped(range.kind)) address += data_offset % kMmuPageSize;
  if (plan.size > range.end - range.begin || address > range.end - plan.size) {
    const Text chip = chip_name(recipe.chip);
    throw std::invalid_argument("an " + std::string(chip.data, chip.size) +
                                " can't map an image of " + std::to_string(recipe.size_bytes) +
                                " bytes");
  }
  return address;
}

void put_text(std::vector<uint8_t>& image, size_t offset, const std::string& text) {
  std::copy(text.begin(), text.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
}

void put_header(std::vector<uint8_t>& image, const ImageRecipe& recipe, size_t segment_count) {
  image[0] = kImageMagic;
  image[1] = static_cast<uint8_t>(segment_count);
  image[2] = 2;     // DIO
  image[3] = 0x2F;  // 4 MB, 80 MHz
  image[8] = 0xEE;  // no write-protect pin
  store_le32(&image[4], memory_for(recipe.chip, MemoryKind::iram).begin + 0x40);
  store_le16(&image[12], recipe.chip);
  image[14] = static_cast<uint8_t>(recipe.min_revision / 100);
  store_le16(&image[15], recipe.min_revision);
  store_le16(&image[17], recipe.max_revision);
  image[23] = 1;  // a hash is appended
}

// Description and marker, at the start of the first segment.
void put_description(std::vector<uint8_t>& image, const ImageRecipe& recipe) {
  const size_t at = kAppDescriptionOffset;
  std::fill_n(image.begin() + at, kDescriptionBytes, uint8_t{0});
  store_le32(&image[at], kAppDescriptionMagic);
  store_le32(&image[at + 4], recipe.secure_version);
  put_text(image, at + 16, recipe.version);
  put_text(image, at + 48, recipe.product);
  put_text(image, at + 80, "00:00:00");
  put_text(image, at + 96, "Jan  1 2026");
  put_text(image, at + 112, kIdfVersion);
  store_le16(&image[at + 178], 99);  // the highest block revision of the eFuses
  image[at + 180] = 16;              // pages of 64 KiB
  const auto marker = write_firmware_marker({recipe.product, recipe.version, recipe.behaviour});
  std::copy(marker.begin(), marker.end(), image.begin() + at + kAppDescriptionSize);
}

// Behaviour and product are part of the build: two of one size and version must not share an
// ELF SHA-256.
ContentRecipe content_of(const ImageRecipe& recipe) {
  uint64_t seed = recipe.seed * 0x10001 + recipe.chip;
  for (const char c : recipe.product) seed = seed * 131 + static_cast<uint8_t>(c);
  return {seed, recipe.version};
}

std::vector<uint8_t> content_for(const ImageRecipe& recipe, const SegmentPlan& plan,
                                 uint32_t load_address) {
  const ContentRecipe content = content_of(recipe);
  const bool is_code = plan.kind == MemoryKind::irom || plan.kind == MemoryKind::iram;
  if (is_code) return make_code(content, static_cast<uint32_t>(plan.kind), plan.size);
  return make_data(content, load_address, plan.size);
}

void check_recipe(const ImageRecipe& recipe) {
  if (find_chip(recipe.chip) == nullptr) throw std::invalid_argument("no such chip");
  if (!is_behaviour(recipe.behaviour)) {
    throw std::invalid_argument(
        "no behaviour '" + recipe.behaviour +
        "': healthy, crash, hang, selftest-fail, no-network, wear-out or unstable");
  }
  if (recipe.size_bytes % 16 != 0 || recipe.size_bytes < kMadeImageSizeMin ||
      recipe.size_bytes > 16 * 1024 * 1024) {
    throw std::invalid_argument("a size of " + std::to_string(recipe.size_bytes) +
                                " bytes: must be a multiple of 16 from 4096 to 16 MiB");
  }
  if (recipe.min_revision > recipe.max_revision) {
    throw std::invalid_argument("the lowest chip revision is above the highest");
  }
}

Digest hash_of(Bytes data) {
  HostCrypto crypto;
  const Result<Digest> digest = sha256(crypto, data);
  if (!digest.ok()) throw std::runtime_error("SHA-256 failed: out of memory");
  return digest.value;
}

}  // namespace

std::vector<uint8_t> make_image(const ImageRecipe& recipe) {
  check_recipe(recipe);
  const std::vector<SegmentPlan> plans = plan_segments(recipe);
  std::vector<uint8_t> image(kImageHeaderSize);
  image.reserve(recipe.size_bytes);
  put_header(image, recipe, plans.size());
  for (const SegmentPlan& plan : plans) {
    const uint32_t at = static_cast<uint32_t>(image.size());
    const uint32_t address = load_address_of(recipe, plan, at + uint32_t{kSegmentHeaderSize});
    const std::vector<uint8_t> content = content_for(recipe, plan, address);
    image.resize(at + kSegmentHeaderSize);
    store_le32(&image[at], address);
    store_le32(&image[at + 4], plan.size);
    image.insert(image.end(), content.begin(), content.end());
  }
  put_description(image, recipe);
  const Digest elf = hash_of(image);
  std::copy_n(elf.bytes, kDigestSize, image.begin() + kElfDigestOffset);
  image.resize(recipe.size_bytes);
  seal_image(image);
  return image;
}

void seal_image(std::vector<uint8_t>& image) {
  uint8_t checksum = kChecksumSeed;
  size_t at = kImageHeaderSize;
  for (uint8_t i = 0; i < image[1]; ++i) {
    const size_t end = at + kSegmentHeaderSize + load_le32(&image[at + 4]);
    for (at += kSegmentHeaderSize; at < end; ++at) checksum ^= image[at];
  }
  const size_t hash_offset = image.size() - kDigestSize;
  image[hash_offset - 1] = checksum;
  const Digest digest = hash_of(Bytes(image).part(0, hash_offset));
  std::copy_n(digest.bytes, kDigestSize, image.begin() + static_cast<std::ptrdiff_t>(hash_offset));
}

}  // namespace otter
