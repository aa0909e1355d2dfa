// The shared keys of products: a part of the Store, of the same rules. Any thread.
//
// Errors of every method: StoreError (the database can't be read or written)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ota/wire/digest.h"

namespace otter::server {

// Times are [s since 1970-01-01 UTC].
struct ProductKey {
  std::string product;
  Digest hash;  // of the key, secrets.h
  int64_t created_s = 0;
  int64_t used_s = 0;  // last, to the minute; 0: never
};

// That a key was in use.
struct KeyUse {
  Digest hash;
  int64_t used_s = 0;
};

class ProductKeyStore {
 public:
  virtual ~ProductKeyStore() = default;

  // The oldest first.
  virtual std::vector<ProductKey> product_keys(const std::string& product) = 0;
  // False if the product has no such key.
  virtual bool remove_product_key(const std::string& product, const Digest& hash) = 0;
  // Keys that are not known are left out; a time never goes back.
  virtual void note_key_uses(std::span<const KeyUse> uses) = 0;
};

}  // namespace otter::server
