// A device as rollouts see it: by its own words at a check-in, or by what the store knows of it.
// docs/spec/rollout.md. One thread.
#pragma once

#include "fleet/book.h"
#include "ota/wire/device_facts.h"
#include "ota/wire/manifest.h"
#include "server/call.h"

namespace otter::server {

// A release or a configuration against devices. For one call: what is about it alone is looked at
// once.
class PlanFit {
 public:
  // `call` must outlive it.
  PlanFit(const Call& call, const fleet::Plan& plan);

  // `is_here`: the device says all of it just now.
  fleet::Fit of(const DeviceFacts& facts, bool is_here) const;

 private:
  fleet::Fit of_configuration(const DeviceFacts& facts) const;

  const Call& call_;
  const uint32_t config_version_;
  ReleasePtr release_;  // nullptr: there is none, or it waits for its approval
  Error unreadable_ = Error::ok;
  Manifest manifest_;  // views into the release
  bool is_authorised_ = false;
};

// What the store knows of a device, in its own words. Views into the device.
DeviceFacts known_facts(const Device& device);

class RolloutGuest : public fleet::Guest {
 public:
  // All must outlive it. A device that is here says more of itself than what the store knows.
  RolloutGuest(const Call& call, const Device& device);
  RolloutGuest(const Call& call, const Device& device, const DeviceFacts& facts);

  const std::string& id() const override { return device_.id; }
  const std::string& product() const override { return device_.product; }
  const std::string& site() const override { return call_.request.remote; }
  int64_t created_s() const override { return device_.created_s; }
  const DeviceFacts& facts() const { return facts_; }
  int32_t utc_offset_min() const override;
  bool is_in_group(const fleet::Plan& plan) const override;
  bool is_chosen_by(const std::string& filter) const;
  fleet::Fit fit(const fleet::Plan& plan) const override;

 private:
  const Call& call_;
  const Device& device_;
  const DeviceFacts facts_;
  const bool is_here_;
};

}  // namespace otter::server
