// What a publisher signs with fixed keys: the same bytes on every machine. Pure, any thread.
#pragma once

#include "publish/manifest_builder.h"
#include "publish/root_builder.h"
#include "sim/fixed_key.h"
#include "sim/scripted_server.h"

namespace otter::sim {

PublicPoint point_of(const FixedKey& key);

// A signed document as an envelope frame: root metadata, a link of its chain, a trust payload.
std::vector<uint8_t> frame_of(const std::string& type, const std::string& body,
                              const std::vector<const FixedKey*>& signers);

// A document with these `values`, a JSON object. docs/spec/configuration.md
std::string configuration_of(uint32_t version, const std::string& values);

// `options` says version and sequence; its `config_digest` is set here if there is a configuration
// (its version 0: there is none).
ServedRelease release_of(const FixedKey& key, std::vector<uint8_t> image, ManifestOptions options,
                         uint32_t config_version = 0, const std::string& configuration = "");

}  // namespace otter::sim
