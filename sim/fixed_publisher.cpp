#include "sim/fixed_publisher.h"

#include "publish/host_crypto.h"
#include "publish/image_report.h"
#include "publish/signed_document.h"

namespace otter::sim {

PublicPoint point_of(const FixedKey& key) {
  const uint8_t* point = key.release_key().point;
  return PublicPoint(point, point + kPublicKeySize);
}

std::vector<uint8_t> frame_of(const std::string& type, const std::string& body,
                              const std::vector<const FixedKey*>& signers) {
  SignedDocument document{type, body, {}};
  for (const FixedKey* key : signers) {
    add_signature(document, point_of(*key), key->sign(signing_digest(document)));
  }
  const std::string frame = write_signed_document(document);
  return std::vector<uint8_t>(frame.begin(), frame.end());
}

std::string configuration_of(uint32_t version, const std::string& values) {
  return "{\"version\":" + std::to_string(version) + ",\"values\":" + values + "}";
}

ServedRelease release_of(const FixedKey& key, std::vector<uint8_t> image, ManifestOptions options,
                         uint32_t config_version, const std::string& configuration) {
  if (config_version != 0) {
    HostCrypto crypto;
    const Digest digest = sha256(crypto, as_bytes(Text(configuration))).value;
    options.config_digest = std::string(to_hex(digest).characters);
  }
  ServedRelease release;
  release.version = options.version;
  release.sequence = options.sequence;
  release.config_version = config_version;
  release.configuration = configuration;
  release.envelope = key.sign_manifest(build_manifest(inspect_image(image), image, options));
  release.image = std::move(image);
  return release;
}

}  // namespace otter::sim
