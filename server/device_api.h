// The endpoints that devices use. docs/spec/device-api.md. Each is a function of its Call; what it
// can't serve it throws as HttpError. Any thread.
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /firmware/manifest: plain JSON, or with `Accept: application/vnd.otter.checkin.v1` a check-in
// by a device with its own key.
//
// Errors: HttpError unauthorized, forbidden (the facts are of another device or product; a check-in
//         with a product's key), bad_facts, not_found (plain: the product has no release)
Response serve_manifest(const Call& call);

// GET, HEAD /firmware/<version>.bin and /firmware/blob/<sha256>: only files of the caller's
// product.
//
// Errors: HttpError unauthorized, not_found, precondition_failed, range_not_satisfiable
Response serve_version(const Call& call);
Response serve_blob(const Call& call);

// POST /firmware/report: acknowledged when it is durable; the same report_id counts once.
//
// Errors: HttpError unauthorized, forbidden (another device's), bad_json, unsupported_media_type,
//         invalid_field
Response take_report(const Call& call);

// How a version reads in the log: "v1.0.1".
std::string with_v(const std::string& version);

}  // namespace otter::server
