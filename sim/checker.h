// The invariants of a simulated world, one function each. A world asks them after every boot, with
// every flash operation, request and log line, and at its end; each gives what is wrong, or
// nothing. docs/simulator.md. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ota/journal.h"
#include "sim/flash_fault.h"
#include "sim/world_stage.h"

namespace otter::sim {

struct Violation {
  int invariant = 0;  // 1..10
  std::string what;
};
using Finding = std::optional<std::string>;

// I1: a verified image boots. `booted` is what the bootloader came to.
Finding check_boots(bool booted);

// I2: nothing unsigned or unverified ever runs. `image` is the known one that has the bytes of what
// runs; nullptr: there is none.
Finding check_image_known(const KnownImage* image);

// I3: floors never fall, and nothing below them runs; an older sequence only if the server wants
// it. Sequences begin anew with an epoch.
struct FloorFacts {
  uint32_t epoch_before = 0;     // the highest floors that this device ever had
  uint64_t sequence_before = 0;  // in that epoch
  uint32_t security_before = 0;
  uint32_t epoch_now = 0;  // in its journal
  uint64_t sequence_now = 0;
  uint32_t security_now = 0;
  const KnownImage* running = nullptr;
  bool may_go_back = false;  // the rollback of what was confirmed was commanded
};
Finding check_floors(const FloorFacts& facts);

// What the server was told of a release that came to its end.
struct Told {
  Phase phase = Phase::none;
  Error error = Error::ok;
  std::string version;
  std::string report_id;
  std::string running;  // the version that ran when it was told
};
// Does it end the matter? `failed` does not: the release is tried again.
bool is_final(Phase phase);

// I4: given a good network and power in the end, the device reaches the offered release, or states
// why not.
struct EndFacts {
  std::string offered;  // version
  Phase expected = Phase::confirmed;
  std::string running;   // version
  bool settled = false;  // nothing is left to do
  uint32_t cuts = 0;
  uint32_t cuts_tolerated = 0;  // more may cost a release its trial
  const std::vector<Told>* told = nullptr;
  WantedFacts wanted;
  SeenCheckin checkin;   // the last
  std::string in_force;  // values that the application was told last
  const std::vector<KnownDocument>* configurations = nullptr;
};
Finding check_arrival(const EndFacts& facts);
// I4, of what is not firmware: it goes by the wanted root metadata, trust payload, configuration
// and device key, and so does its application.
Finding check_facts(const EndFacts& facts);

// I5: the outcome that was told is the true one, and is counted once.
Finding check_outcome(const EndFacts& facts);

// I6: from every state a further update is possible.
Finding check_further_update(const EndFacts& further);

// I7: no secret in a log, none for another host, or for one that the device does not make sure of.
Finding check_log(const std::string& line, const std::vector<std::string>& secrets);
Finding check_request(const HttpRequest& request, const std::vector<std::string>& secrets);

// I8: erases outside of the slots, and working memory, within budget. `erases`: of otadata, journal
// and documents, the bootloader's included, while the power was on.
constexpr uint32_t kErasesMax = 10;   // a whole update
constexpr uint32_t kErasesAgain = 2;  // besides, where a flash call fails and is tried again
Finding check_budget(uint32_t erases, bool has_failing_call);

// I9: no flash write outside of target slot, otadata, journal and NVS. `running`: the slot whose
// image runs (kFactoryIndex too); nothing while it boots.
Finding check_place(const FlashOperation& operation, const Stage& stage,
                    const std::optional<int>& running);

// I10: what the application is told to be in force is a whole document that the server has named,
// and not that of a release that does not run; once there is one, there always is.
struct ConfigurationFacts {
  std::string values;                   // "null": none
  const KnownImage* running = nullptr;  // nullptr: none that is known
  bool was_confirmed = false;           // the server has heard of one that has proved itself
  const std::vector<KnownDocument>* known = nullptr;
};
Finding check_configuration(const ConfigurationFacts& facts);

}  // namespace otter::sim
