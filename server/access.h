// Who sends a request: a product's shared key, one device's own key, or an operator's token.
// docs/spec/device-keys.md. Any thread.
#pragma once

#include <optional>
#include <string>

#include "server/call.h"

namespace otter::server {

struct Caller {
  Product product;
  std::optional<Device> device;  // with its own key; else the product's shared key was sent
  Digest device_key;             // K_dev, where there is a device: the one that it sent
  uint32_t key_epoch = 0;        // of that key

  // For the log: the device's id, or nothing.
  std::string device_id() const { return device.has_value() ? device->id : ""; }
};

// Reads X-API-Key: "<device id>.<64 hexadecimal digits>" is a device's, all else a product's.
//
// Errors: HttpError unauthorized: the same words whatever is wrong, so that nobody learns which
//         devices there are
Caller authenticate(const Call& call);

// Reads "Authorization: Bearer <admin token>".
//
// Errors: HttpError unauthorized
void require_admin(const Call& call);

// As require_admin(), as a question.
bool is_admin(const Request& request, Store& store, Crypto& crypto);

// K_dev of a device in an epoch. Errors: std::runtime_error
Digest device_key_of(const Call& call, const std::string& device_id, const MasterKey& master);

}  // namespace otter::server
