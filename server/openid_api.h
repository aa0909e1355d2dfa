// Signing in by an identity provider. docs/spec/openid.md. Any thread.
//
// Errors of all: those of admin_api.h
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/sign-in: which ways there are, for the page that offers them to anybody.
Response list_ways_in(const Call& call);
// GET /api/v1/sign-in/openid: sends the browser to the provider.
//
// Errors: not_found (the settings name none), too_many_requests, provider_failed
Response begin_openid(const Call& call);
// GET /api/v1/sign-in/openid/callback: the browser comes back from it. Makes the person's account
// if there is none, gives it the role that the provider says, and begins a session.
//
// Errors: not_found, bad_query, unauthorized (another browser began it; the provider says no, or
//         its token won't do), forbidden (no role), too_many_requests, provider_failed
Response end_openid(const Call& call);

// The cookie that a browser keeps from the one to the other. Lax: it comes back from another site.
constexpr char kSignInCookie[] = "__Host-otter-sign-in";
constexpr uint32_t kSignInLifetime = 600;  // [s]

}  // namespace otter::server
