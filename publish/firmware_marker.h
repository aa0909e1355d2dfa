// The marker by which firmware states its own product and version: docs/spec/firmware-marker.md.
// `otter image make` writes it, the publisher and the simulator read it. Pure, any thread.
//
//   "OTTER-FIRMWARE" 01 00 | product[32] | version[32] | behaviour[16]     NUL padded, 96 bytes
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ota/wire/bytes.h"

namespace otter {

constexpr size_t kFirmwareMarkerSize = 96;  // [bytes]

struct FirmwareMarker {
  std::string product;    // an identifier (ota/wire/version.h) of at most 32 characters
  std::string version;    // is_version()
  std::string behaviour;  // a simulated board's: healthy, crash, ...; empty: not stated
};

// The first marker in `image`, an application image or something that begins with one. It lies
// at a multiple of 4 bytes, wholly inside one segment. The magic followed by what can't be a
// product and a version is passed over: it may be the code that looks for a marker.
std::optional<FirmwareMarker> find_firmware_marker(Bytes image);

// The marker's kFirmwareMarkerSize bytes.
//
// Errors: std::invalid_argument (a field is too long, or has characters that it must not have)
std::vector<uint8_t> write_firmware_marker(const FirmwareMarker& marker);

// True for what a simulated board can do: healthy, crash, hang, selftest-fail, no-network,
// wear-out, unstable.
bool is_behaviour(const std::string& text);

}  // namespace otter
