// What check-ins and reports ask of the store, kept in memory: a check-in with nothing to do reads
// no disk. Each answer is the store's own until the store tells of a change of it. Any thread.
//
// Memory: what was asked for, at most `devices_max` devices of some 300 bytes each, and the
// releases
//         and configurations of all products.
#pragma once

#include <map>
#include <mutex>
#include <variant>

#include "server/device_map.h"
#include "server/store.h"

namespace otter::server {

constexpr size_t kCachedDevicesMax = 1'000'000;

class StoreCache : public Lookups {
 public:
  // Becomes the listener of `store`, which must outlive it.
  //
  // REQUIRES: nobody asks it within Store::atomically(): what is not yet durable would be answered
  //           to others
  explicit StoreCache(Store& store, size_t devices_max = kCachedDevicesMax);
  ~StoreCache() override;
  StoreCache(const StoreCache&) = delete;
  StoreCache& operator=(const StoreCache&) = delete;

  std::optional<Product> product(const std::string& name) override;
  std::optional<Product> product_of_key(const Digest& key_hash) override;
  std::vector<TrustedKey> release_keys() override;
  std::optional<StoredDocument> document(DocumentKind kind, uint32_t version) override;
  DocumentVersions document_versions() override;
  std::vector<Configuration> configurations(const ConfigurationQuery& query) override;
  std::vector<ReleasePtr> releases(const ReleaseQuery& query) override;
  std::optional<Device> device(const std::string& id) override;
  std::vector<Digest> failed_manifests(const std::string& device) override;

 private:
  // All but devices: small, and changed by people, so a change empties it.
  struct Catalogue {
    std::map<std::string, std::optional<Product>> products;
    std::map<std::string, std::optional<Product>> products_by_key;     // the hash's bytes
    std::map<std::string, std::vector<ReleasePtr>> releases;           // by product
    std::map<std::string, std::vector<Configuration>> configurations;  // by product
    std::map<std::pair<DocumentKind, uint32_t>, std::optional<StoredDocument>> documents;
    std::map<std::monostate, DocumentVersions> document_versions;
    std::map<std::monostate, std::vector<TrustedKey>> release_keys;
  };
  struct KnownDevice {
    std::optional<Device> device;
    std::optional<std::vector<Digest>> failed_manifests;
  };

  void forget(const Change& change);
  // `use` of what stands in this map of the catalogue at `key`; if nothing does, of what `read`
  // asks of the store, which is kept there.
  template <typename Key, typename T, typename Read, typename Use>
  auto remember(std::map<Key, T> Catalogue::* map, const Key& key, Read read, Use use);
  // The same of a part, an optional, of what is known of a device.
  template <typename T, typename Read>
  T remember_of_device(const std::string& id, T KnownDevice::* part, Read read);

  Store& store_;
  std::mutex lock_;
  uint64_t changes_ = 0;  // an answer that was read before a change is not kept after it
  Catalogue catalogue_;
  DeviceMap<KnownDevice> devices_;
};

}  // namespace otter::server
