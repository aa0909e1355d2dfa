#include "server/store_cache.h"

namespace otter::server {
namespace {

std::string text_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes), kDigestSize};
}

// What is not there is not kept: strangers could fill the memory with names.
template <typename T>
bool is_worth_keeping(const std::optional<T>& value) {
  return value.has_value();
}
template <typename T>
bool is_worth_keeping(const T&) {
  return true;
}

// What most use of an answer: all of it.
constexpr auto kWhole = [](const auto& value) { return value; };

bool fits(const ReleaseQuery& query, const Release& release) {
  return (query.channel.empty() || query.channel == release.channel) &&
         (query.version.empty() || query.version == release.version) &&
         (!query.image_sha256.has_value() || *query.image_sha256 == release.image_sha256) &&
         (!query.manifest_sha256.has_value() ||
          *query.manifest_sha256 == release.manifest_sha256) &&
         release.sequence > query.above_sequence;
}

bool fits(const ConfigurationQuery& query, const Configuration& configuration) {
  return (query.version == 0 || query.version == configuration.version) &&
         configuration.version < query.below_version &&
         (!query.sha256.has_value() || *query.sha256 == configuration.sha256);
}

const Release& value_of(const ReleasePtr& release) { return *release; }
const Configuration& value_of(const Configuration& configuration) { return configuration; }

template <typename T, typename Query>
std::vector<T> those_that_fit(const std::vector<T>& all, const Query& query, size_t count_max) {
  std::vector<T> some;
  for (const T& one : all) {
    if (some.size() == count_max) break;
    if (fits(query, value_of(one))) some.push_back(one);
  }
  return some;
}

}  // namespace

StoreCache::StoreCache(Store& store, size_t devices_max) : store_(store), devices_(devices_max) {
  store_.on_change([this](const Change& change) { forget(change); });
}

StoreCache::~StoreCache() { store_.on_change({}); }

void StoreCache::forget(const Change& change) {
  if (change.catalogue) {
    const std::lock_guard<std::mutex> lock(lock_);
    ++changes_;
    catalogue_ = {};
  }
  for (const std::string& device : change.devices) devices_.forget(device);
}

template <typename Key, typename T, typename Read, typename Use>
auto StoreCache::remember(std::map<Key, T> Catalogue::* map, const Key& key, Read read, Use use) {
  std::unique_lock<std::mutex> lock(lock_);
  const auto known = (catalogue_.*map).find(key);
  if (known != (catalogue_.*map).end()) return use(known->second);
  const uint64_t changes = changes_;
  lock.unlock();
  const T value = read();
  lock.lock();
  if (changes == changes_ && is_worth_keeping(value)) (catalogue_.*map)[key] = value;
  return use(value);
}

template <typename T, typename Read>
T StoreCache::remember_of_device(const std::string& id, T KnownDevice::* part, Read read) {
  const auto [known, changes] = devices_.find(id);
  if ((known.*part).has_value()) return known.*part;
  const T value = read();
  if (!value.has_value()) return value;
  devices_.remember(id, changes, [&](KnownDevice& device) { device.*part = value; });
  return value;
}

std::optional<Product> StoreCache::product(const std::string& name) {
  return remember(&Catalogue::products, name, [&] { return store_.product(name); }, kWhole);
}

std::optional<Product> StoreCache::product_of_key(const Digest& key_hash) {
  return remember(
      &Catalogue::products_by_key, text_of(key_hash),
      [&] { return store_.product_of_key(key_hash); }, kWhole);
}

std::vector<TrustedKey> StoreCache::release_keys() {
  return remember(&Catalogue::release_keys, {}, [&] { return store_.release_keys(); }, kWhole);
}

std::optional<StoredDocument> StoreCache::document(DocumentKind kind, uint32_t version) {
  return remember(
      &Catalogue::documents, {kind, version}, [&] { return store_.document(kind, version); },
      kWhole);
}

DocumentVersions StoreCache::document_versions() {
  return remember(
      &Catalogue::document_versions, {}, [&] { return store_.document_versions(); }, kWhole);
}

std::vector<Configuration> StoreCache::configurations(const ConfigurationQuery& query) {
  return remember(
      &Catalogue::configurations, query.product,
      [&] { return store_.configurations({.product = query.product}); },
      [&](const auto& all) { return those_that_fit(all, query, query.count_max); });
}

std::vector<ReleasePtr> StoreCache::releases(const ReleaseQuery& query) {
  const bool is_page = !query.after.product.empty();
  if (query.product.empty() || query.with_pending || is_page) return store_.releases(query);
  return remember(
      &Catalogue::releases, query.product,
      [&] { return store_.releases({.product = query.product}); },
      [&](const auto& all) { return those_that_fit(all, query, query.count_max); });
}

std::optional<Device> StoreCache::device(const std::string& id) {
  return remember_of_device(id, &KnownDevice::device, [&] { return store_.device(id); });
}

std::vector<Digest> StoreCache::failed_manifests(const std::string& device) {
  return *remember_of_device(device, &KnownDevice::failed_manifests,
                             [&] { return std::optional(store_.failed_manifests(device)); });
}

}  // namespace otter::server
