// Whether people can sign in by the identity provider that the settings name: a line of `otter
// doctor`. docs/operating.md. One thread.
#pragma once

#include "server/doctor.h"
#include "server/openid_settings.h"

namespace otter::server {

// REQUIRES: settings.is_on()
Diagnosis diagnose_openid(const OpenIdSettings& settings, const Fetcher& fetch, int64_t now_s);

}  // namespace otter::server
