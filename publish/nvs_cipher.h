// Encrypts an NVS image as firmware with CONFIG_NVS_ENCRYPTION reads it, and makes the partition
// `nvs_keys` with its keys. docs/spec/nvs.md. Any thread.
//
// Source: NVSEncryptedPartition::write() and nvs_flash_read_security_cfg(), ESP-IDF v5.5
// components/nvs_flash/src
#pragma once

#include <vector>

#include "ota/wire/crypto.h"

namespace otter {

constexpr uint32_t kNvsKeysSize = 4096;  // [bytes] of the partition's image

// XTS-AES-256: the key of the data, then that of the tweak.
struct NvsKeys {
  uint8_t raw[64] = {};
};

// Errors: std::runtime_error (no random numbers)
NvsKeys make_nvs_keys(Crypto& crypto);

// The image of the partition `nvs_keys`: the keys in clear; flash encryption has to protect them.
std::vector<uint8_t> write_nvs_keys(const NvsKeys& keys);

// Encrypts each entry that is written, with its place in the partition as the tweak; headers and
// states stay as they are.
//
// REQUIRES: `image` is of write_nvs_image()
// Errors:   std::runtime_error (no memory)
void encrypt_nvs_image(std::vector<uint8_t>& image, const NvsKeys& keys);

}  // namespace otter
