// What has been published and what became of it: releases, devices, reports, in pages or one by
// one. docs/spec/openapi.json. Each is a function of its Call. Any thread.
//
// Errors of the lists: HttpError bad_query; of the others: not_found, bad_query
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/releases
Response list_releases(const Call& call);
// GET /api/v1/releases/<product>/<version>
Response show_release(const Call& call);

// GET /api/v1/products/<name>/reports: how many by day, version and outcome, also of those that
// were rolled up
Response count_reports(const Call& call);

// GET /api/v1/devices
Response list_devices(const Call& call);
// GET /api/v1/devices/<id>
Response show_device(const Call& call);
// GET /api/v1/devices/<id>/reports
Response list_reports(const Call& call);

}  // namespace otter::server
