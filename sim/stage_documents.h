// What scenarios have besides images: configurations, and a publisher who rotates all keys. The
// same for every stage. docs/simulator.md. Any thread.
#pragma once

#include "sim/fixed_publisher.h"

namespace otter::sim {

// A configuration that its server puts in force.
struct KnownDocument {
  uint32_t version = 0;
  std::string values;           // a JSON object
  uint64_t since_sequence = 0;  // it belongs to the release of that sequence; 0: to none

  std::string text() const { return configuration_of(version, values); }
};

// [0]: by itself; [1]: with the release; [2]: with the further update, but by itself.
const std::vector<KnownDocument>& good_configurations();
// The same, but the application refuses [1].
const std::vector<KnownDocument>& bad_configurations();

// Root metadata 1 names the first release key; 2 revokes it, names another, and begins an epoch.
struct RotatedKeys {
  RotatedKeys();

  FixedKey first_release_key{"release, revoked"};
  FixedKey next_release_key{"release, rotated"};
  std::string first_root;           // the body, as firmware is built with it
  std::vector<uint8_t> first_link;  // frames
  std::vector<uint8_t> next_link;
  std::vector<uint8_t> forged_link;  // names a thief's key, and one root key too few has signed it
  std::vector<uint8_t> trust;        // version 1
  TlsIdentity next_identity;         // a certificate that only the trust payload vouches for
};
const RotatedKeys& rotated_keys();

}  // namespace otter::sim
