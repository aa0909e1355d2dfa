#include "server/rollout_guest.h"

#include <algorithm>
#include <cmath>

#include "server/desired_configuration.h"
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

// What the store doesn't know of a device that has not checked in since it keeps it.
bool is_about_unknown(Error error, const DeviceFacts& facts) {
  if (error == Error::slot_too_small) return facts.slot_size_bytes == 0;
  if (std::ranges::any_of(facts.layout, [](uint8_t byte) { return byte != 0; })) return false;
  return error == Error::wrong_revision || error == Error::wrong_layout ||
         error == Error::wrong_hardware || error == Error::client_too_old;
}

}  // namespace

DeviceFacts known_facts(const Device& device) {
  DeviceFacts facts;
  facts.id = device.id;
  facts.product = device.product;
  facts.version = device.version;
  if (const Chip* chip = find_chip(Text(device.chip))) facts.chip = chip->id;
  facts.slot_size_bytes = device.slot_bytes;
  facts.config_version = device.applied.config;
  facts.config_failed = device.applied.config_failed;
  facts.revision = device.make.revision;
  facts.hardware = device.make.hardware;
  facts.client = device.make.client;
  facts.sequence = device.make.sequence;
  if (hex_decode(device.make.layout, facts.layout) != Error::ok) std::ranges::fill(facts.layout, 0);
  return facts;
}

PlanFit::PlanFit(const Call& call, const fleet::Plan& plan)
    : call_(call), config_version_(plan.config_version) {
  if (plan.is_configuration()) return;
  const ReleasePtr release = release_of_version(call.backend.lookups, plan.product, plan.version);
  if (release == nullptr || release->is_pending) return;
  release_ = release;
  const Result<Manifest> manifest =
      parse_manifest(as_text(parse_envelope(release->envelope).value.body));
  unreadable_ = manifest.error;
  if (manifest.ok()) manifest_ = manifest.value;
  is_authorised_ = is_authorised(call, *release);
}

fleet::Fit PlanFit::of_configuration(const DeviceFacts& facts) const {
  const std::string product(facts.product.data, facts.product.size);
  const auto is_it = [&](uint32_t version) {
    return base_version(call_.backend, product, version) == config_version_;
  };
  const bool has_it = is_it(facts.config_version);
  return {has_it, nullptr, !has_it && is_it(facts.config_failed)};
}

fleet::Fit PlanFit::of(const DeviceFacts& facts, bool is_here) const {
  if (config_version_ != 0) return of_configuration(facts);
  fleet::Fit fit;
  if (release_ == nullptr) {
    fit.unfit = "not_approved";
    return fit;
  }
  fit.runs_it = runs(facts, *release_);
  const std::vector<Digest> failed =
      call_.backend.lookups.failed_manifests({facts.id.data, facts.id.size});
  fit.has_failed = std::ranges::find(failed, release_->manifest_sha256) != failed.end();
  const Error error =
      unreadable_ == Error::ok ? check_release(manifest_, facts, call_.now_s) : unreadable_;
  const bool is_known = is_here || !is_about_unknown(error, facts);
  if (error != Error::ok && is_known) fit.unfit = name(error).data;
  if (!is_authorised_) fit.unfit = name(Error::unknown_key).data;
  return fit;
}

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
  return plan.group.empty() || is_chosen_by(plan.group);
}

bool RolloutGuest::is_chosen_by(const std::string& filter) const {
  const fleet::Filter group = read_filter(filter, Problem::internal);
  // The first of those that begin with an id is that one.
  const std::vector<DeviceSummary> found =
      call_.backend.store.devices({.id_prefix = device_.id, .count_max = 1});
  if (found.empty() || found.front().device.id != device_.id) return false;
  DeviceSummary summary = found.front();
  // It may have said more of itself than what has been saved.
  summary.device.version = std::string(facts_.version.data, facts_.version.size);
  return group.matches(subject_of(summary, {call_.now_s, call_.backend.settings.check_interval_s}));
}

fleet::Fit RolloutGuest::fit(const fleet::Plan& plan) const {
  return PlanFit(call_, plan).of(facts_, is_here_);
}

}  // namespace otter::server
