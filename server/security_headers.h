// What tells a browser to trust an answer with nothing: the API's answers are no pages. Pure.
#pragma once

#include "server/http.h"

namespace otter::server {

// Adds what `response` does not have yet: nosniff, a Content-Security-Policy that allows nothing,
// Referrer-Policy, no-store; and, unless `hsts_s` [s] is 0, Strict-Transport-Security.
//
// Source: RFC 6797 section 6.1; https://www.w3.org/TR/CSP3/;
//         https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
void add_security_headers(Response& response, uint32_t hsts_s);

}  // namespace otter::server
