// What tests of keys that change share: a board that was built with root metadata, and the keys of
// its publisher.
#pragma once

#include "publish/base64.h"
#include "publish/trust_builder.h"
#include "sim/fixed_publisher.h"
#include "sim/update_fixture.h"

namespace otter::sim {

inline const std::vector<uint8_t> kFirstAnchor = {0x30, 0x01, 0x00};  // TlsIdentity's

inline ServedRelease release_by(const FixedKey& key, const std::string& version, uint64_t sequence,
                                uint32_t size_bytes = kUsual) {
  ManifestOptions options;
  options.product = kProduct;
  options.sequence = sequence;
  options.version = version;
  options.created_s = 1;
  return release_of(key, image_of(version, "healthy", size_bytes), options);
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
  SeenCheckin facts() const { return server_.last_checkin.value_or(SeenCheckin()); }

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
