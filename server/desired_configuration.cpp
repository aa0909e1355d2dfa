#include "server/desired_configuration.h"

#include "publish/text.h"
#include "server/configuration_values.h"
#include "server/offer.h"
#include "server/rollouts.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

Digest hash_of(const Call& call, const std::string& text) {
  return require(sha256(call.crypto, as_bytes(text)), "can't hash");
}

bool is_for(const Call& call, const ConfigurationLayer& layer, const RolloutGuest& guest) {
  const LayerOwner& owner = layer.owner;
  if (owner.kind == LayerKind::device) return owner.name == guest.id();
  const std::vector<Group> groups =
      call.backend.store.groups({.product = owner.product, .name = owner.name, .count_max = 1});
  return !groups.empty() && guest.is_chosen_by(groups.front().filter);
}

std::vector<ConfigurationLayer> layers_of(const Call& call, const std::string& product,
                                          const RolloutGuest& guest) {
  Store& store = call.backend.store;
  std::vector<ConfigurationLayer> all =
      store.layers({.product = product, .kind = LayerKind::group});
  for (ConfigurationLayer& own : store.layers(
           {.product = product, .kind = LayerKind::device, .name = guest.id(), .count_max = 1})) {
    all.push_back(std::move(own));
  }
  std::erase_if(all, [&](const ConfigurationLayer& one) { return !is_for(call, one, guest); });
  return all;
}

// Other devices of the product could guess what this one's values are, but not this.
std::string make_salt(const Call& call) {
  return base64url(as_bytes(random_bytes(call.crypto, 16)));
}

// What the values are under the next version.
Result<Configuration> merge(const Call& call, const MergedQuery& query, const std::string& values) {
  Store& store = call.backend.store;
  const uint32_t version = store.next_configuration(query.product);
  const Result<std::string> document = configuration_document(version, values, make_salt(call));
  if (!document.ok()) return document.error;
  const Configuration configuration{query.product, version, hash_of(call, document.value),
                                    document.value, call.now_s};
  store.add_merged({configuration, *query.base, *query.values_sha256});
  return configuration;
}

Result<Configuration> find_or_merge(const Call& call, const DesiredConfiguration& desired,
                                    const std::string& product, const std::string& values) {
  const MergedQuery query{
      .product = product, .base = desired.base, .values_sha256 = hash_of(call, values)};
  Store& store = call.backend.store;
  std::optional<MergedConfiguration> known = store.merged(query);
  if (known.has_value()) return known->configuration;
  Result<Configuration> merged = Error::ok;
  store.atomically([&] {
    known = store.merged(query);  // another thread may have been quicker
    merged = known.has_value() ? known->configuration : merge(call, query, values);
  });
  return merged;
}

}  // namespace

DesiredConfiguration desired_configuration(const Call& call, const Product& product,
                                           const RolloutGuest& guest) {
  Backend& backend = call.backend;
  DesiredConfiguration desired;
  desired.configuration =
      choose_configuration(backend.lookups, product, guest.facts(),
                           backend.rollouts.book().configuration_of(product.name, guest.id()));
  std::optional<Configuration> base = desired.configuration;
  if (base.has_value()) desired.base = base->version;
  if (!product.is_layered) return desired;
  desired.layers = layers_of(call, product.name, guest);
  if (desired.layers.empty()) return desired;
  // What its release has brought is not stated, but stays below its layers.
  if (!base.has_value()) {
    base = brought_configuration(backend.lookups, product.name, string_of(guest.facts().version));
    if (base.has_value()) desired.base = base->version;
  }
  std::vector<std::string> patches;
  for (const ConfigurationLayer& layer : desired.layers) patches.push_back(layer.values);
  const std::string values =
      merged_values(base.has_value() ? values_of(base->document) : "{}", patches);
  const Result<Configuration> merged = find_or_merge(call, desired, product.name, values);
  desired.fault = merged.error;
  desired.configuration = merged.ok() ? std::optional(merged.value) : std::nullopt;
  return desired;
}

std::optional<MergedConfiguration> configuration_of_any_kind(Store& store,
                                                             const std::string& product,
                                                             uint32_t version) {
  std::optional<Configuration> own = configuration(store, product, version);
  if (!own.has_value()) return store.merged({.product = product, .version = version});
  return MergedConfiguration{*std::move(own), version, Digest()};
}

uint32_t base_version(Backend& backend, const std::string& product, uint32_t version) {
  const std::optional<Product> known = backend.lookups.product(product);
  if (version == 0 || !known.has_value() || !known->is_layered) return version;
  const std::optional<MergedConfiguration> merged =
      backend.store.merged({.product = product, .version = version});
  return merged.has_value() ? merged->base : version;
}

}  // namespace otter::server
