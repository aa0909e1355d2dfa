// What the server remembers of rollouts and experiments: a part of the Store's contract.
// docs/spec/rollout.md. Any thread.
//
// Invariant: the revisions of a rollout or an experiment are kept one after another; so of two who
// change it at once, the slower one is told.
//
// Errors of every method: StoreError
#pragma once

#include <span>
#include <vector>

#include "fleet/book.h"
#include "fleet/trial.h"
#include "ota/wire/digest.h"
#include "server/outcome.h"

namespace otter::server {

// How a release has ended on a device, as its reports say.
struct DeviceOutcome {
  std::string device;
  Outcome outcome = Outcome::downloading;
};

class RolloutStore {
 public:
  virtual ~RolloutStore() = default;

  // False unless its revision is that of the kept one plus 1; 1 for a new one.
  //
  // REQUIRES: its product is there
  virtual bool put_rollout(const fleet::RolloutRecord& record) = 0;
  // By id.
  virtual std::vector<fleet::RolloutRecord> rollouts() = 0;

  // The same of an experiment. Its arms are rollouts, and kept as such.
  virtual bool put_experiment(const fleet::TrialRecord& record) = 0;
  virtual std::vector<fleet::TrialRecord> experiments() = 0;

  // Adds the parts, or takes the place of what was kept of these devices in these rollouts.
  //
  // REQUIRES: their rollouts are there
  virtual void put_parts(std::span<const fleet::PartRecord> parts) = 0;
  // By device.
  virtual std::vector<fleet::PartRecord> parts(const std::string& rollout) = 0;

  // The final outcomes of the release with this manifest, by device.
  virtual std::vector<DeviceOutcome> outcomes(const Digest& manifest_sha256) = 0;
};

}  // namespace otter::server
