// Root metadata and trust payloads: taken from operators, given to anyone. What makes them good is
// their signatures, so devices fetch them without a key. docs/spec/root.md, docs/spec/trust.md. Any
// thread.
#pragma once

#include "ota/wire/root.h"
#include "server/call.h"

namespace otter::server {

// POST /api/v1/root: the next link of the chain, or its first, which the server believes.
//
// Errors: HttpError unauthorized, unsupported_media_type, bad_json, invalid_field, those of
//         parse_envelope() and verify_root()
Response publish_root(const Call& call);

// POST /api/v1/trust: a payload signed by the newest root metadata's root keys.
//
// Errors: HttpError unauthorized, unsupported_media_type, bad_json, invalid_field, not_found (there
//         is no root metadata), those of parse_envelope() and verify_trust(), old_trust
Response publish_trust(const Call& call);

// GET, HEAD /firmware/root/<version>: the frame, without a key. Errors: HttpError not_found
Response serve_root(const Call& call);

// GET, HEAD /firmware/trust: the newest frame, without a key. Errors: HttpError not_found
Response serve_trust(const Call& call);

// The newest root metadata; none if the server has no chain. Errors: StoreError
std::optional<StoredDocument> newest_root(Lookups& lookups);

// Its body, which lives as long as `document`.
//
// Errors: std::runtime_error (what was stored can't be read)
RootMetadata stored_root(const StoredDocument& document);

// True if the newest root metadata lets the release's signers sign it, or there is none. Whoever
// replaces or revokes a key takes its releases off the table.
//
// Errors: StoreError, std::runtime_error (what was stored can't be read)
bool is_authorised(const Call& call, const Release& release);

}  // namespace otter::server
