// Release keys for simulated worlds: the same name gives the same key and the same signatures on
// every machine. They protect nothing. Any thread.
#pragma once

#include <string>

#include "ota/release.h"
#include "publish/envelope.h"

namespace otter::sim {

class FixedKey {
 public:
  explicit FixedKey(const std::string& name);

  const ReleaseKey& release_key() const { return key_; }
  // Hexadecimal.
  const std::string& key_id() const { return key_id_; }
  // The nonce follows from key and digest alone, so that the signature is always the same.
  RawSignature sign(const Digest& digest) const;
  SignedManifest sign_manifest(const std::string& manifest) const;

 private:
  Digest secret_;
  ReleaseKey key_{};
  std::string key_id_;
};

}  // namespace otter::sim
