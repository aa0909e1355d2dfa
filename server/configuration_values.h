// A configuration's document and the values in it, with the changes that groups and devices make to
// them. docs/spec/configuration.md. Pure, any thread.
#pragma once

#include <span>
#include <string>

#include "ota/wire/configuration.h"

namespace otter::server {

// `values` after merge patches, applied in their order (RFC 7396): members replace, objects are
// merged, null removes.
//
// REQUIRES: each is a JSON object as docs/spec/json.md has it
std::string merged_values(const std::string& values, std::span<const std::string> patches);

// The document of these values: as they are written, for a number that is formatted anew could be
// another one.
//
// `salt` [kSaltSize characters of base64url; or none]: whoever has the SHA-256 of a document can
// fetch it, and with a salt nobody has it who was not told.
//
// Errors: those of parse_configuration()
Result<std::string> configuration_document(uint32_t version, const std::string& values,
                                           const std::string& salt = {});
constexpr size_t kSaltSize = 22;  // 128 bits in base64url

// The other way round.
//
// REQUIRES: parse_configuration() reads the document
std::string values_of(const std::string& document);

}  // namespace otter::server
