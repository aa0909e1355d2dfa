#include "publish/firmware_marker.h"

#include <stdexcept>

#include "ota/esp_image.h"
#include "ota/wire/version.h"

namespace otter {
namespace {

constexpr uint8_t kMagic[16] = {'O', 'T', 'T', 'E', 'R', '-', 'F', 'I',
                                'R', 'M', 'W', 'A', 'R', 'E', 1,   0};
constexpr size_t kProductSize = 32;
constexpr size_t kVersionSize = 32;
constexpr size_t kBehaviourSize = 16;
static_assert(sizeof(kMagic) + kProductSize + kVersionSize + kBehaviourSize == kFirmwareMarkerSize);

constexpr const char* kBehaviours[] = {"healthy",    "crash",    "hang",    "selftest-fail",
                                       "no-network", "wear-out", "unstable"};

std::string take_field(Cursor& cursor, size_t size) {
  const Text field = as_text(cursor.take(size));
  return std::string(field.data, strnlen(field.data, field.size));
}

void append_field(std::vector<uint8_t>& out, const std::string& text, size_t size) {
  if (text.size() > size) {
    throw std::invalid_argument("'" + text + "' is longer than the firmware marker's " +
                                std::to_string(size) + " characters");
  }
  out.insert(out.end(), text.begin(), text.end());
  out.insert(out.end(), size - text.size(), 0);
}

bool is_behaviour_text(const std::string& text) { return text.empty() || is_identifier(text); }

std::optional<FirmwareMarker> read_marker(Bytes raw) {
  if (raw.size < kFirmwareMarkerSize || raw.part(0, sizeof(kMagic)) != Bytes(kMagic)) {
    return std::nullopt;
  }
  Cursor cursor(raw.part(sizeof(kMagic)));
  FirmwareMarker marker;
  marker.product = take_field(cursor, kProductSize);
  marker.version = take_field(cursor, kVersionSize);
  marker.behaviour = take_field(cursor, kBehaviourSize);
  if (!is_identifier(marker.product) || !is_version(marker.version)) return std::nullopt;
  if (!is_behaviour_text(marker.behaviour)) return std::nullopt;
  return marker;
}

std::optional<FirmwareMarker> find_in_segment(Bytes segment) {
  for (size_t at = 0; at + kFirmwareMarkerSize <= segment.size; at += 4) {
    if (segment.data[at] != kMagic[0]) continue;
    if (const auto marker = read_marker(segment.part(at))) return marker;
  }
  return std::nullopt;
}

}  // namespace

std::optional<FirmwareMarker> find_firmware_marker(Bytes image) {
  const Result<ImageHeader> header = parse_image_header(image);
  if (!header.ok()) return std::nullopt;
  Cursor cursor(image.part(kImageHeaderSize));
  for (uint8_t i = 0; i < header.value.segment_count; ++i) {
    cursor.le32();  // the load address
    const uint32_t size = cursor.le32();
    const Bytes segment = cursor.take(size);
    if (cursor.failed() || size % 4 != 0) return std::nullopt;
    if (const auto marker = find_in_segment(segment)) return marker;
  }
  return std::nullopt;
}

std::vector<uint8_t> write_firmware_marker(const FirmwareMarker& marker) {
  if (!is_identifier(marker.product)) {
    throw std::invalid_argument("'" + marker.product +
                                "' can't be a product: 1 to 32 of A-Z a-z 0-9 . - _ :");
  }
  if (!is_version(marker.version)) {
    throw std::invalid_argument("'" + marker.version +
                                "' can't be a version: 1 to 32 of A-Z a-z 0-9 . - _ +");
  }
  if (!is_behaviour_text(marker.behaviour)) {
    throw std::invalid_argument("'" + marker.behaviour + "' can't be a behaviour");
  }
  std::vector<uint8_t> out(kMagic, kMagic + sizeof(kMagic));
  append_field(out, marker.product, kProductSize);
  append_field(out, marker.version, kVersionSize);
  append_field(out, marker.behaviour, kBehaviourSize);
  return out;
}

bool is_behaviour(const std::string& text) {
  for (const char* behaviour : kBehaviours) {
    if (text == behaviour) return true;
  }
  return false;
}

}  // namespace otter
