#include "publish/manifest_builder.h"

#include <boost/json.hpp>

#include "ota/wire/version.h"
#include "publish/base64.h"
#include "publish/host_crypto.h"

namespace otter {
namespace {

namespace json = boost::json;

constexpr uint32_t kSectorBytes = 4096;
constexpr size_t kLayoutHexSize = 16;

std::string hex(const Digest& digest) { return to_hex(digest).characters; }

json::string_view view(Text text) { return {text.data, text.size}; }

// The base64 of each block's truncated SHA-256.
std::string block_digests(Bytes image, uint32_t block_size) {
  HostCrypto crypto;
  std::vector<uint8_t> digests;
  for (size_t at = 0; at < image.size; at += block_size) {
    const Result<Digest> digest = sha256(crypto, image.part(at, block_size));
    if (!digest.ok()) throw std::runtime_error("SHA-256 failed: out of memory");
    digests.insert(digests.end(), digest.value.bytes, digest.value.bytes + kBlockDigestSize);
  }
  return base64_text(digests);
}

void add_if_set(json::object& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

void add_if_any(json::object& object, const char* key, const std::vector<std::string>& values) {
  if (!values.empty()) object[key] = json::array(values.begin(), values.end());
}

json::object image_member(const ImageReport& report, Bytes image, uint32_t block_size) {
  return {{"size", report.size_bytes},
          {"sha256", hex(report.sha256)},
          {"app_elf_sha256", hex(report.app_elf_sha256)},
          {"block_size", block_size},
          {"blocks", block_digests(image, block_size)}};
}

json::object manifest_without_image(const ImageReport& report, const ManifestOptions& options) {
  json::object manifest = {{"schema", 1},
                           {"product", options.product},
                           {"channel", options.channel},
                           {"sequence", options.sequence},
                           {"version", options.version},
                           {"security_version", report.secure_version},
                           {"chip", view(chip_name(report.header.chip))},
                           {"rev_min", report.header.revision_lowest()},
                           {"rev_max", report.header.revision_highest()}};
  const uint32_t sectors = (report.size_bytes + kSectorBytes - 1) / kSectorBytes;
  manifest["min_slot_bytes"] =
      options.min_slot_bytes > 0 ? options.min_slot_bytes : sectors * kSectorBytes;
  add_if_any(manifest, "hardware", options.hardware);
  add_if_any(manifest, "layouts", options.layouts);
  add_if_set(manifest, "min_from_version", options.min_from_version);
  add_if_set(manifest, "min_client", options.min_client);
  if (options.allow_downgrade) manifest["allow_downgrade"] = true;
  manifest["created"] = options.created_s;
  if (options.expires_s > 0) manifest["expires"] = options.expires_s;
  add_if_set(manifest, "device", options.device);
  add_if_set(manifest, "group", options.group);
  add_if_set(manifest, "config_digest", options.config_digest);
  return manifest;
}

void require_identifier(const std::string& value, const char* what) {
  if (is_identifier(value)) return;
  throw ManifestError("'" + value + "' can't be a " + what + ": 1 to 64 of A-Z a-z 0-9 . - _ :");
}

void require_version(const std::string& value, const char* what) {
  if (is_version(value)) return;
  throw ManifestError("'" + value + "' can't be a " + what + ": 1 to 32 of A-Z a-z 0-9 . - _ +");
}

void require_layout(const std::string& value) {
  uint8_t ignored[kLayoutHexSize / 2];
  if (hex_decode(value, ignored) == Error::ok) return;
  throw ManifestError("'" + value + "' can't be a layout: 16 hexadecimal digits");
}

void check_options(const ManifestOptions& options) {
  require_identifier(options.product, "product");
  require_identifier(options.channel, "channel");
  require_version(options.version, "version");
  if (!options.min_from_version.empty()) {
    require_version(options.min_from_version, "lowest version to update from");
  }
  if (!options.min_client.empty()) require_version(options.min_client, "client version");
  if (!options.device.empty()) require_identifier(options.device, "device");
  if (!options.group.empty()) require_identifier(options.group, "group");
  for (const std::string& hardware : options.hardware) require_identifier(hardware, "hardware");
  for (const std::string& layout : options.layouts) require_layout(layout);
  if (options.sequence == 0 || options.sequence > uint64_t{kJsonIntegerMax}) {
    throw ManifestError("a sequence of " + std::to_string(options.sequence) +
                        " is not in 1 to 2^53");
  }
  if (options.expires_s != 0 && options.expires_s <= options.created_s) {
    throw ManifestError("the release would have expired before it was made");
  }
}

void check_slot(const ImageReport& report, const ManifestOptions& options) {
  if (options.min_slot_bytes > kImageSizeMax) {
    throw ManifestError("a smallest slot of " + std::to_string(options.min_slot_bytes) +
                        " bytes is above 16 MiB");
  }
  if (options.min_slot_bytes == 0 || options.min_slot_bytes >= report.size_bytes) return;
  throw ManifestError("a smallest slot of " + std::to_string(options.min_slot_bytes) +
                      " bytes can't hold the image of " + std::to_string(report.size_bytes));
}

// A device compares what it was offered with what then runs.
void check_marker(const ImageReport& report, const ManifestOptions& options) {
  if (!report.marker) return;
  const FirmwareMarker& marker = *report.marker;
  if (marker.product != options.product) {
    throw ManifestError("the firmware says that it is of product '" + marker.product + "', not '" +
                        options.product + "'");
  }
  if (marker.version == options.version) return;
  throw ManifestError("the firmware says that it is version '" + marker.version + "', not '" +
                      options.version + "'");
}

}  // namespace

std::string build_manifest(const ImageReport& report, Bytes image, const ManifestOptions& options) {
  check_options(options);
  check_slot(report, options);
  check_marker(report, options);
  json::object manifest = manifest_without_image(report, options);
  for (uint32_t block_size = kBlockSizeMin; block_size <= kBlockSizeMax; block_size *= 2) {
    manifest["image"] = image_member(report, image, block_size);
    const std::string text = json::serialize(manifest);
    if (text.size() > kManifestSizeMax) continue;
    const Error error = parse_manifest(text).error;
    if (error == Error::ok) return text;
    const Text word = name(error);
    throw ManifestError("the manifest would not be accepted: " + std::string(word.data, word.size));
  }
  throw ManifestError(
      "the manifest would be larger than 4096 bytes: list less hardware or layouts");
}

}  // namespace otter
