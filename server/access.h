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

// Who sends "Authorization: Bearer <token>", or a session's cookie; nobody if what was sent is
// none or has expired. Of what is sent both ways, the token counts.
//
// Errors: StoreError
std::optional<Operator> operator_of(const Request& request, const Backend& backend, Crypto& crypto);

// Who it is, if that one may use a route that asks for `right`. What comes with a cookie and may
// change something must bring the session's CSRF token, too.
//
// REQUIRES: it is an operator's right
// Errors: HttpError unauthorized, forbidden; StoreError
Operator require_right(const Call& call, Right right);

// Notes when the token or session of an answered request was in use, at most once a minute. What
// can't be noted is logged: the request has been answered, and what it changed is done.
void note_use(const Call& call);

// Refuses a token for one product what is another's, or all products'; what is a list becomes that
// of its product. `target` is the call's.
//
// Errors: HttpError forbidden, the same whether or not there is such a thing; StoreError
void keep_to_product(const Call& call, Scope scope, Target& target);

// Of a product that only the handler can know. Errors: HttpError forbidden
void require_product(const Call& call, const std::string& product);

// The cookie that a browser gets, and the header that its pages must send with each change.
//
// Source: draft-ietf-httpbis-rfc6265bis section 4.1.3.2: browsers take a cookie of that prefix only
//         with Secure, for this host and for all paths
constexpr char kSessionCookie[] = "__Host-otter";
constexpr char kCsrfHeader[] = "X-CSRF-Token";

// What a session's secret gives for that header: only who got the one can know the other.
std::string csrf_token_of(Crypto& crypto, const std::string& secret);
// What the request's cookie of that name holds; empty: none, or too large.
std::string cookie_of(const Request& request, const char* name);

// K_dev of a device in an epoch. Errors: std::runtime_error
Digest device_key_of(const Call& call, const std::string& device_id, const MasterKey& master);

}  // namespace otter::server
