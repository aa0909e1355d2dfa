#include "server/rollout_guest.h"

#include <algorithm>

#include "server/offer.h"
#include "server/root_api.h"

namespace otter::server {
namespace {

bool runs(const DeviceFacts& facts, const Release& release) {
  if (facts.version != Text(release.version)) return false;
  const bool has_hashes = !facts.app_elf_sha256.is_zero() && !release.app_elf_sha256.is_zero();
  return !has_hashes || facts.app_elf_sha256 == release.app_elf_sha256;
}

// Views into the device.
DeviceFacts known_facts(const Device& device) {
  DeviceFacts facts;
  facts.id = device.id;
  facts.product = device.product;
  facts.version = device.version;
  if (const Chip* chip = find_chip(Text(device.chip))) facts.chip = chip->id;
  facts.slot_size_bytes = device.slot_bytes;
  return facts;
}

// What the store doesn't know of a device that isn't here.
bool is_about_unknown(Error error) {
  return error == Error::wrong_revision || error == Error::wrong_layout ||
         error == Error::wrong_hardware || error == Error::client_too_old;
}

}  // namespace

RolloutGuest::RolloutGuest(const Call& call, const Device& device)
    : call_(call), device_(device), facts_(known_facts(device)), is_here_(false) {}

RolloutGuest::RolloutGuest(const Call& call, const Device& device, const DeviceFacts& facts)
    : call_(call), device_(device), facts_(facts), is_here_(true) {}

bool RolloutGuest::is_in_group(const fleet::Plan& plan) const { return plan.group.empty(); }

fleet::Fit RolloutGuest::fit(const fleet::Plan& plan) const {
  fleet::Fit fit;
  const ReleasePtr release = release_of_version(call_.backend.lookups, plan.product, plan.version);
  if (release == nullptr || release->is_pending) {
    fit.unfit = "not_approved";
    return fit;
  }
  fit.runs_it = runs(facts_, *release);
  const std::vector<Digest> failed = call_.backend.lookups.failed_manifests(device_.id);
  fit.has_failed = std::ranges::find(failed, release->manifest_sha256) != failed.end();
  const Result<Manifest> manifest =
      parse_manifest(as_text(parse_envelope(release->envelope).value.body));
  const Error error =
      manifest.ok() ? check_release(manifest.value, facts_, call_.now_s) : manifest.error;
  const bool is_known = is_here_ || !is_about_unknown(error);
  if (error != Error::ok && is_known) fit.unfit = name(error).data;
  if (!is_authorised(call_, *release)) fit.unfit = name(Error::unknown_key).data;
  return fit;
}

}  // namespace otter::server
