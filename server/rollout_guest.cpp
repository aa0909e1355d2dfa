#include "server/rollout_guest.h"

#include <algorithm>
#include <cmath>

#include "server/device_filter.h"
#include "server/offer.h"
#include "server/root_api.h"

namespace otter::server {
namespace {

bool runs(const DeviceFacts& facts, const Release& release) {
  if (facts.version != Text(release.version)) return false;
  const bool has_hashes = !facts.app_elf_sha256.is_zero() && !release.app_elf_sha256.is_zero();
  return !has_hashes || facts.app_elf_sha256 == release.app_elf_sha256;
}

// The attribute that says how far a device's clock is ahead of UTC [minutes].
constexpr char kUtcOffset[] = "utc_offset_min";

// Views into the device.
DeviceFacts known_facts(const Device& device) {
  DeviceFacts facts;
  facts.id = device.id;
  facts.product = device.product;
  facts.version = device.version;
  if (const Chip* chip = find_chip(Text(device.chip))) facts.chip = chip->id;
  facts.slot_size_bytes = device.slot_bytes;
  facts.revision = device.make.revision;
  facts.hardware = device.make.hardware;
  facts.client = device.make.client;
  if (hex_decode(device.make.layout, facts.layout) != Error::ok) std::ranges::fill(facts.layout, 0);
  return facts;
}

// What a device has not said of itself yet.
bool is_about_unknown(Error error, const Device& device) {
  const bool is_of_make = error == Error::wrong_revision || error == Error::wrong_layout ||
                          error == Error::wrong_hardware || error == Error::client_too_old;
  return (is_of_make && device.make.layout.empty()) ||
         (error == Error::slot_too_small && device.slot_bytes == 0);
}

}  // namespace

RolloutGuest::RolloutGuest(const Call& call, const Device& device)
    : call_(call), device_(device), facts_(known_facts(device)), is_here_(false) {}

RolloutGuest::RolloutGuest(const Call& call, const Device& device, const DeviceFacts& facts)
    : call_(call), device_(device), facts_(facts), is_here_(true) {}

// What operators have said of its clock; UTC if nothing, or nothing that a clock could be.
int32_t RolloutGuest::utc_offset_min() const {
  constexpr double kMinutesMax = 14 * 60;
  for (const fleet::Attribute& attribute : call_.backend.store.labels(device_.id).attributes) {
    const double* minutes = std::get_if<double>(&attribute.value);
    if (attribute.name != kUtcOffset || minutes == nullptr) continue;
    return std::abs(*minutes) <= kMinutesMax ? static_cast<int32_t>(*minutes) : 0;
  }
  return 0;
}

bool RolloutGuest::is_in_group(const fleet::Plan& plan) const {
  if (plan.group.empty()) return true;
  const fleet::Filter group = read_filter(plan.group, Problem::internal);
  // The first of those that begin with an id is that one.
  const std::vector<DeviceSummary> found =
      call_.backend.store.devices({.id_prefix = device_.id, .count_max = 1});
  if (found.empty() || found.front().device.id != device_.id) return false;
  DeviceSummary summary = found.front();
  // It may have said more of itself than what has been saved.
  summary.device.version = std::string(facts_.version.data, facts_.version.size);
  return group.matches(subject_of(summary, call_.now_s));
}

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
  const bool is_known = is_here_ || !is_about_unknown(error, device_);
  if (error != Error::ok && is_known) fit.unfit = name(error).data;
  if (!is_authorised(call_, *release)) fit.unfit = name(Error::unknown_key).data;
  return fit;
}

}  // namespace otter::server
