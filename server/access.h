// Who sends a request: a product's shared key, one device's own key, or an operator's token.
// docs/spec/device-keys.md. Any thread.
#pragma once

#include <optional>
#include <string>

#include "server/routes.h"

namespace otter::server {

// What "Authorization: Bearer <token>" names; of a sane size.
std::optional<std::string> bearer_token(const Request& request);

// Reads X-API-Key: "<device id>.<64 hexadecimal digits>" is a device's, all else a product's.
//
// Errors: HttpError unauthorized: the same words whatever is wrong, so that nobody learns which
//         devices there are
Caller authenticate(const Call& call);

// A client that shows a certificate speaks for the device that it names, whatever key it has.
// Without a certificate nothing is demanded.
//
// Errors: HttpError forbidden
void check_certificate(const Request& request, const std::string& device_id);

// Who sends "Authorization: Bearer <token>"; nobody if the token is none or has expired.
//
// Errors: StoreError
std::optional<Operator> operator_of(const Request& request, const Backend& backend, Crypto& crypto);

// Who it is, if that one may use a route that asks for `right`.
//
// REQUIRES: it is an operator's right
// Errors: HttpError unauthorized, forbidden; StoreError
Operator require_right(const Call& call, Right right);

// K_dev of a device in an epoch. Errors: std::runtime_error
Digest device_key_of(const Call& call, const std::string& device_id, const MasterKey& master);

}  // namespace otter::server
