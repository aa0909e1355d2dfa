#include "sim/stage_documents.h"

#include "ota/wire/trust.h"
#include "publish/base64.h"
#include "publish/trust_builder.h"

namespace otter::sim {
namespace {

// More than a page, so that a torn one may be a page short.
std::string values(const std::string& behaviour) {
  return "{\"behaviour\":\"" + behaviour + "\",\"greeting\":\"" + std::string(250, 'o') + "\"}";
}

std::vector<KnownDocument> configurations(const std::string& with_release) {
  return {{1, "{\"interval_s\":300}", 0},
          {2, values(with_release), 1},
          {3, "{\"interval_s\":600,\"behaviour\":\"healthy\"}", 0}};
}

// They begin as DER does.
const std::vector<uint8_t> kFirstAnchor = {0x30, 0x01, 0x00};  // TlsIdentity's
const std::vector<uint8_t> kNextAnchor = {0x30, 0x03, 0x02, 0x01, 0x01};

}  // namespace

const std::vector<KnownDocument>& good_configurations() {
  static const std::vector<KnownDocument> documents = configurations("healthy");
  return documents;
}

const std::vector<KnownDocument>& bad_configurations() {
  static const std::vector<KnownDocument> documents = configurations("no-such-behaviour");
  return documents;
}

RotatedKeys::RotatedKeys() {
  const FixedKey root_a("root a"), root_b("root b"), root_c("root c"), thief("thief");
  RootDocument root;
  root.root_threshold = 2;
  root.root_keys = {point_of(root_a), point_of(root_b)};
  root.release_keys = {{point_of(first_release_key), {}, {}}};
  first_root = build_root(root);
  first_link = frame_of(kRootType, first_root, {&root_a, &root_b});

  root.version = 2;
  root.epoch = 2;
  root.root_keys = {point_of(root_b), point_of(root_c)};
  root.release_keys = {{point_of(next_release_key), {}, {}}};
  root.revoked = {first_release_key.key_id()};
  next_link = frame_of(kRootType, build_root(root), {&root_a, &root_b, &root_c});
  root.release_keys = {{point_of(thief), {}, {}}};
  forged_link = frame_of(kRootType, build_root(root), {&root_a, &root_b});

  TrustDocument payload;
  payload.anchors = {kNextAnchor, kFirstAnchor};
  trust = frame_of(kTrustType, build_trust(payload), {&root_b, &root_c});
  next_identity.anchor = base64_text(payload.anchors.front());
}

const RotatedKeys& rotated_keys() {
  static const RotatedKeys keys;
  return keys;
}

}  // namespace otter::sim
