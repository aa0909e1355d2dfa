// What `otter publish` asks the server before it sends anything, and what it refuses. One thread at
// a time.
#pragma once

#include <string>
#include <vector>

#include "cli/api_client.h"
#include "publish/envelope.h"
#include "publish/manifest_builder.h"

namespace otter::cli {

// What the server knows of a product.
struct ProductFacts {
  std::string chip;  // empty: fixed by the first release
  uint64_t slot_bytes = 0;
  uint64_t smallest_slot_bytes = 0;  // that a device reported; 0: none did
  uint64_t next_sequence = 1;
  std::vector<std::string> versions;  // released already
  std::vector<std::string> key_ids;   // that releases may be signed by
  std::string root_version;           // of the root metadata that says so; empty: there is none
};

// The product and the version that the options leave open, from what the firmware states.
//
// Errors: std::runtime_error (it states none that a release can have)
void take_from_image(const ImageReport& report, ManifestOptions* options);

// Errors: ApiError; std::runtime_error (there is no such product)
ProductFacts ask_product(ApiClient& client, const ManifestOptions& options);

// Errors: std::runtime_error (wrong chip, too large for the slots, a used version or sequence)
void check_fit(const ImageReport& report, const ManifestOptions& options,
               const ProductFacts& facts);

// Errors: std::runtime_error (a signature is by a key that the server does not know)
void check_keys(const SignedManifest& envelope, const ProductFacts& facts);

}  // namespace otter::cli
