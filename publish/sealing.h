// Bytes that only who has the key can read or change: AES-256-GCM (NIST SP 800-38D), with a random
// nonce of 96 bits in front and the tag of 128 bits behind. Pure but for the random numbers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ota/wire/digest.h"

namespace otter {

// Errors: std::runtime_error (no random numbers, no memory)
std::vector<uint8_t> seal(const Digest& key, const std::string& text);

// The text, or nothing if it was sealed with another key, or changed.
std::optional<std::string> unseal(const Digest& key, Bytes sealed);

}  // namespace otter
