// What a device is to be configured to: the product's version that counts for it, merged with what
// its groups and it itself have of their own. docs/spec/configuration.md. For one call.
#pragma once

#include <optional>
#include <vector>

#include "server/rollout_guest.h"

namespace otter::server {

struct DesiredConfiguration {
  std::optional<Configuration> configuration = {};  // none: the device keeps what it has
  uint32_t base = 0;  // the product's version that it begins with; 0: none
  std::vector<ConfigurationLayer> layers = {};  // in the order in which they were merged
  Error fault = Error::ok;                      // why what they give can be no configuration
};

// What has not been merged before is kept under a version of its own.
//
// Errors: StoreError
DesiredConfiguration desired_configuration(const Call& call, const Product& product,
                                           const RolloutGuest& guest);

// The product's of that version, which begins with itself, or the merged one. The digest of its
// values is a merged one's alone.
//
// Errors: StoreError
std::optional<MergedConfiguration> configuration_of_any_kind(Store& store,
                                                             const std::string& product,
                                                             uint32_t version);

// The product's version that a version of any kind begins with.
//
// Errors: StoreError
uint32_t base_version(Backend& backend, const std::string& product, uint32_t version);

}  // namespace otter::server
