// A small valid application image, for the simulator's tests.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "ota/esp_image.h"
#include "publish/host_crypto.h"

namespace otter::sim {

constexpr ChipId kSampleChip = 0x0005;  // esp32c3

struct SampleImage {
  ChipId chip = kSampleChip;
  uint16_t min_revision = 0;
  uint16_t max_revision = 0;
  std::string version = "1.0.0";
  std::vector<uint8_t> payload;  // behind the application description; a multiple of 4 bytes
};

inline std::vector<uint8_t> make_image(const SampleImage& sample) {
  std::vector<uint8_t> image(kImageHeadSize + sample.payload.size(), 0);
  image[0] = kImageMagic;
  image[1] = 1;
  store_le16(&image[12], sample.chip);
  store_le16(&image[15], sample.min_revision);
  store_le16(&image[17], sample.max_revision);
  image[23] = 1;
  const size_t data_size = kAppDescriptionSize + sample.payload.size();
  store_le32(&image[24], 0x3C000020);
  store_le32(&image[28], static_cast<uint32_t>(data_size));
  store_le32(&image[kAppDescriptionOffset], kAppDescriptionMagic);
  memcpy(&image[kAppDescriptionOffset + 16], sample.version.data(), sample.version.size());
  std::copy(sample.payload.begin(), sample.payload.end(), image.begin() + kImageHeadSize);

  uint8_t checksum = kChecksumSeed;
  for (size_t i = kAppDescriptionOffset; i < image.size(); ++i) checksum ^= image[i];
  image.resize(image.size() / 16 * 16 + 16, 0);
  image.back() = checksum;
  HostCrypto crypto;
  const Digest digest = sha256(crypto, image).value;
  image.resize(image.size() + kDigestSize);
  std::copy_n(digest.bytes, kDigestSize, image.end() - kDigestSize);
  return image;
}

}  // namespace otter::sim
