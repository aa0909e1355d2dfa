// What the server remembers of configurations: a part of the Store, of the same rules. A product's
// have versions; layers change their values for a group or a device, and what that gives merged has
// a version as well. docs/spec/configuration.md. Any thread.
//
// Errors of every method: StoreError (the database can't be read or written)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ota/wire/digest.h"

namespace otter::server {

// What a product's devices are set to apart from firmware.
struct Configuration {
  std::string product;
  uint32_t version = 0;
  Digest sha256;         // of the document
  std::string document;  // its exact bytes
  int64_t created_s = 0;
};

// Which configurations: those for which all that is stated holds.
struct ConfigurationQuery {
  std::string product = {};
  uint32_t version = 0;  // 0: any
  std::optional<Digest> sha256 = {};
  uint32_t below_version = UINT32_MAX;
  size_t count_max = SIZE_MAX;
};

// How many of a product's enrolled devices have stated what of a configuration, or of what was
// merged with it.
struct ConfigurationSpread {
  int64_t devices = 0;  // all
  int64_t applied = 0;
  int64_t failed = 0;  // took it back
};

// X(word). Whose values a layer changes: a group's or one device's. In the order of merging.
#define OTTER_LAYER_KINDS(X) \
  X(group)                   \
  X(device)

enum class LayerKind : uint8_t {
#define OTTER_LAYER_KIND_ENUM(word) word,
  OTTER_LAYER_KINDS(OTTER_LAYER_KIND_ENUM)
#undef OTTER_LAYER_KIND_ENUM
};

const char* name(LayerKind kind);

// Whose layer it is. A product has one of each at most.
struct LayerOwner {
  std::string product;
  LayerKind kind = LayerKind::group;
  std::string name;  // of the group, or the device's id
};

struct ConfigurationLayer {
  LayerOwner owner;
  std::string values;  // a JSON merge patch: RFC 7396
  int64_t created_s = 0;
  std::string created_by = {};  // the account; empty: not known
};

// Which layers of a product: those for which all that is stated holds.
struct LayerQuery {
  std::string product = {};
  std::optional<LayerKind> kind = {};
  std::string name = {};  // empty: any
  std::optional<LayerOwner> after = {};
  size_t count_max = SIZE_MAX;
};

// What a version of a product and layers give.
struct MergedConfiguration {
  Configuration configuration;
  uint32_t base = 0;     // the version of the product that it begins with; 0: none
  Digest values_sha256;  // of its values
};

// Which one of a product: the one for which all that is stated holds.
struct MergedQuery {
  std::string product = {};
  uint32_t version = 0;  // 0: any
  std::optional<Digest> sha256 = {};
  std::optional<uint32_t> base = {};
  std::optional<Digest> values_sha256 = {};
};

class ConfigurationStore {
 public:
  virtual ~ConfigurationStore() = default;

  // False if its version is not above all before it of the product, merged or not.
  //
  // REQUIRES: the product is there
  virtual bool add_configuration(const Configuration& configuration) = 0;
  virtual ConfigurationSpread configuration_spread(const std::string& product,
                                                   uint32_t version) = 0;

  // In place of the owner's. False if the product has no such group or device.
  virtual bool put_layer(const ConfigurationLayer& layer) = 0;
  // False if the owner has none.
  virtual bool remove_layer(const LayerOwner& owner) = 0;
  // Those of groups first, by name.
  virtual std::vector<ConfigurationLayer> layers(const LayerQuery& query) = 0;

  // The version that follows all of the product, merged or not.
  virtual uint32_t next_configuration(const std::string& product) = 0;
  // False if its version is not above all before it of the product.
  //
  // REQUIRES: the product is there
  virtual bool add_merged(const MergedConfiguration& merged) = 0;
  virtual std::optional<MergedConfiguration> merged(const MergedQuery& query) = 0;
};

}  // namespace otter::server
