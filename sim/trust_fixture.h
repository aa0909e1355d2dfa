// What tests of keys that change share: a board that was built with root metadata, and the keys of
// its publisher.
#pragma once

#include "publish/base64.h"
#include "publish/trust_builder.h"
#include "sim/fixed_key.h"
#include "sim/update_fixture.h"

namespace otter::sim {

inline const std::vector<uint8_t> kFirstAnchor = {0x30, 0x01, 0x00};  // TlsIdentity's

inline PublicPoint point_of(const FixedKey& key) {
  const uint8_t* point = key.release_key().point;
  return PublicPoint(point, point + kPublicKeySize);
}

inline std::vector<uint8_t> frame_of(const std::string& type, const std::string& body,
                                     const std::vector<const FixedKey*>& signers) {
  SignedDocument document{type, body, {}};
  for (const FixedKey* key : signers) {
    add_signature(document, point_of(*key), key->sign(signing_digest(document)));
  }
  const std::string frame = write_signed_document(document);
  return std::vector<uint8_t>(frame.begin(), frame.end());
}

inline ServedRelease release_by(const FixedKey& key, const std::string& version,
                                uint64_t sequence) {
  ManifestOptions options;
  options.product = kProduct;
  options.sequence = sequence;
  options.version = version;
  options.created_s = 1;
  ServedRelease release;
  release.image = image_of(version, "healthy");
  release.version = version;
  release.sequence = sequence;
  release.envelope =
      key.sign_manifest(build_manifest(inspect_image(release.image), release.image, options));
  return release;
}

class TrustTest : public UpdateTest {
 protected:
  TrustTest() {
    root_.root_threshold = 2;
    root_.root_keys = {point_of(root_a_), point_of(root_b_), point_of(root_c_)};
    root_.release_keys = {{point_of(old_key_), {}, {}}};
    built_in_ = build_root(root_);
    config_.updater.root = built_in_;
    config_.updater.release_keys = nullptr;
    config_.updater.release_key_count = 0;
    server_.add_root(frame_of(kRootType, built_in_, {&root_a_, &root_b_}));
    make_device();
  }
  void publish_next_root(const std::vector<const FixedKey*>& signers) {
    ++root_.version;
    server_.add_root(frame_of(kRootType, build_root(root_), signers));
  }
  void publish_trust(uint32_t version, const std::vector<const FixedKey*>& signers) {
    TrustDocument trust;
    trust.version = version;
    trust.anchors = {{0x30, 0x03, 0x02, 0x01, static_cast<uint8_t>(version)}, kFirstAnchor};
    server_.set_trust(version, frame_of(kTrustType, build_trust(trust), signers));
    anchor_ = base64_text(trust.anchors.front());
  }
  DeviceFacts facts() const {
    for (auto request = server_.requests.rbegin(); request != server_.requests.rend(); ++request) {
      const auto header = request->headers.find(kDeviceFactsHeader);
      if (header != request->headers.end()) return parse_device_facts(header->second).value;
    }
    return DeviceFacts();
  }

  const FixedKey root_a_{"root a"};
  const FixedKey root_b_{"root b"};
  const FixedKey root_c_{"root c"};
  const FixedKey old_key_{"release, old"};
  const FixedKey new_key_{"release, new"};
  RootDocument root_;
  std::string built_in_;
  std::string anchor_;  // the first one of the last trust payload
};

}  // namespace otter::sim
