#include "server/offer.h"

#include <algorithm>
#include <boost/json.hpp>
#include <functional>

#include "ota/wire/offer.h"
#include "publish/base64.h"
#include "server/envelope_json.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

// The release's manifest, as it was signed.
Text manifest_of(const Release& release) {
  return as_text(parse_envelope(release.envelope).value.body);
}

boost::json::object patch_document(const PatchOffer& patch) {
  boost::json::object document = {{"size", patch.size_bytes},
                                  {"sha256", to_hex(patch.sha256).characters}};
  if (!patch.base_sha256.is_zero()) {
    document["base_sha256"] = to_hex(patch.base_sha256).characters;
  }
  return document;
}

std::string write_statement(const StatementFacts& facts) {
  boost::json::object statement = {
      {"device", facts.device},      {"nonce", base64_text(facts.nonce)},
      {"time", facts.time_s},        {"next_checkin_s", facts.next_checkin_s},
      {"offered", nullptr},          {"patch", nullptr},
      {"config_version", 0},         {"command", nullptr},
      {"key_epoch", facts.key_epoch}};
  if (facts.command != Command::none) statement["command"] = name(facts.command).data;
  if (facts.documents.root != 0) statement["root_version"] = facts.documents.root;
  if (facts.documents.trust != 0) statement["trust_version"] = facts.documents.trust;
  if (facts.configuration != nullptr) {
    statement["config_version"] = facts.configuration->version;
    statement["config_sha256"] = to_hex(facts.configuration->sha256).characters;
  }
  if (facts.offered != nullptr) {
    statement["offered"] = to_hex(facts.offered->manifest_sha256).characters;
    if (!facts.mirrors.empty()) {
      statement["mirrors"] = boost::json::array(facts.mirrors.begin(), facts.mirrors.end());
    }
    if (facts.patch.has_value()) statement["patch"] = patch_document(*facts.patch);
  }
  std::string text = boost::json::serialize(statement);
  if (text.size() <= kStatementSizeMax || !facts.patch.has_value()) return text;
  statement["patch"] = nullptr;
  return boost::json::serialize(statement);
}

}  // namespace

Error check_release(const Manifest& manifest, const DeviceFacts& device, int64_t now_s) {
  // No device is in a group: what is bound to one is for others.
  if (!manifest.group.empty()) return Error::wrong_device;
  OfferFacts facts;
  facts.device_id = device.id;
  facts.product = device.product;
  facts.hardware = device.hardware;
  facts.version = device.version;
  facts.chip = device.chip;
  facts.chip_revision = device.revision;
  facts.layout = device.layout;
  facts.slot_size_bytes = device.slot_size_bytes;
  facts.sequence_floor = device.sequence;
  facts.client = device.client;
  facts.now_s = now_s;
  return check_offer(manifest, facts);
}

ReleasePtr choose_release(Lookups& lookups, const DeviceFacts& facts, const std::string& channel,
                          int64_t now_s, const ReleaseFilter& may_offer) {
  const std::string device(facts.id.data, facts.id.size);
  const std::string product(facts.product.data, facts.product.size);
  std::optional<std::vector<Digest>> failed;  // read only if there is something to offer
  for (const ReleasePtr& release : lookups.releases(
           {.product = product, .channel = channel, .above_sequence = facts.sequence})) {
    const Result<Manifest> manifest = parse_manifest(manifest_of(*release));
    if (!manifest.ok() || check_release(manifest.value, facts, now_s) != Error::ok) continue;
    if (!failed.has_value()) failed = lookups.failed_manifests(device);
    if (std::ranges::find(*failed, release->manifest_sha256) != failed->end()) continue;
    if (may_offer(*release)) return release;
  }
  return nullptr;
}

std::optional<Configuration> brought_configuration(Lookups& lookups, const std::string& product,
                                                   const std::string& version) {
  const ReleasePtr release = release_of_version(lookups, product, version);
  if (release == nullptr) return std::nullopt;
  const Result<Manifest> manifest = parse_manifest(manifest_of(*release));
  if (!manifest.ok() || manifest.value.config_digest.empty()) return std::nullopt;
  return configuration_of_digest(lookups, product,
                                 digest_from_hex(manifest.value.config_digest).value);
}

std::optional<Configuration> choose_configuration(Lookups& lookups, const Product& product,
                                                  const DeviceFacts& facts, uint32_t given) {
  const uint32_t wanted = given != 0 ? given : product.config_version;
  if (wanted == 0) return std::nullopt;
  const std::string version(facts.version.data, facts.version.size);
  std::optional<Configuration> brought = brought_configuration(lookups, product.name, version);
  if (brought.has_value() && brought->version > wanted) return brought;
  return configuration(lookups, product.name, wanted);
}

uint32_t next_checkin_of(const std::string& device, uint32_t interval_s) {
  const uint32_t spread_s = interval_s / 10;
  const uint64_t longest = kCheckIntervalMax - std::min(kCheckIntervalMax, interval_s);
  const uint64_t later_s = std::hash<std::string>()(device) % (uint64_t{spread_s} + 1);
  return interval_s + static_cast<uint32_t>(std::min(later_s, longest));
}

std::string write_checkin_answer(const StatementFacts& facts, const Digest& key, Crypto& crypto) {
  const std::string statement = write_statement(facts);
  const Digest mac =
      require(hmac_sha256(crypto, key.bytes, as_bytes(statement)), "can't sign a statement");
  CheckinFrame frame;
  frame.statement = as_bytes(statement);
  frame.mac = mac.bytes;
  if (facts.offered != nullptr) frame.envelope = facts.offered->envelope;
  std::vector<uint8_t> buffer(kFrameSizeMax);
  Appender out(buffer);
  const Error error = write_checkin_frame(frame, out);
  if (error != Error::ok) {
    throw std::runtime_error("can't write a check-in's answer: " +
                             std::string(meaning(error).data));
  }
  const Text written = as_text(out.written());
  return {written.data, written.size};
}

}  // namespace otter::server
