#include "sim/checker.h"

#include <algorithm>
#include <set>

#include "publish/text.h"

namespace otter::sim {
namespace {

constexpr char kNone[] = "null";  // as the application is told that it has no configuration

std::string text_of(const WantedFacts& facts) {
  std::string text;
  for (const uint32_t number :
       {facts.root_version, facts.trust_version, facts.config_version, facts.key_epoch}) {
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  }
  return text;
}

bool lies_in(const FlashOperation& operation, const Partition& partition) {
  return operation.offset >= partition.offset &&
         operation.offset + operation.size <= partition.offset + partition.size_bytes;
}

bool holds_a_secret(const std::string& text, const std::vector<std::string>& secrets) {
  return std::any_of(secrets.begin(), secrets.end(), [&](const std::string& secret) {
    return text.find(secret) != std::string::npos;
  });
}

// The different final outcomes of one release that were told: a report that is sent twice after a
// cut has one id, and is one.
std::set<std::pair<std::string, Phase>> final_outcomes(const EndFacts& facts) {
  std::set<std::pair<std::string, Phase>> outcomes;
  for (const Told& told : *facts.told) {
    if (told.version != facts.offered || !is_final(told.phase)) continue;
    outcomes.insert({told.report_id, told.phase});
  }
  return outcomes;
}

}  // namespace

Finding check_boots(bool booted) { return booted ? Finding() : "nothing boots"; }

Finding check_image_known(const KnownImage* image) {
  return image != nullptr ? Finding() : "an image runs that nobody released";
}

Finding check_floors(const FloorFacts& facts) {
  if (facts.epoch_now < facts.epoch_before) return "the epoch of release keys fell";
  const bool is_same_epoch = facts.epoch_now == facts.epoch_before;
  if (is_same_epoch && facts.sequence_now < facts.sequence_before) {
    return "the sequence floor fell from " + std::to_string(facts.sequence_before) + " to " +
           std::to_string(facts.sequence_now);
  }
  if (facts.security_now < facts.security_before) {
    return "the security floor fell from " + std::to_string(facts.security_before) + " to " +
           std::to_string(facts.security_now);
  }
  if (facts.running != nullptr && facts.running->security_version < facts.security_before) {
    return facts.running->version + " runs below the security floor";
  }
  if (facts.running == nullptr || facts.may_go_back) return std::nullopt;
  const KnownImage& running = *facts.running;
  const bool is_older = running.epoch != facts.epoch_before
                            ? running.epoch < facts.epoch_before
                            : running.sequence < facts.sequence_before;
  if (is_older) {
    return facts.running->version + " runs though a later release was confirmed";
  }
  return std::nullopt;
}

bool is_final(Phase phase) { return phase != Phase::none && phase != Phase::failed; }

Finding check_arrival(const EndFacts& facts) {
  if (!facts.settled) return "the device does not come to rest";
  const bool arrived = facts.running == facts.offered;
  if (facts.expected != Phase::confirmed) {
    return arrived ? Finding("a bad release stayed") : Finding();
  }
  if (arrived) return std::nullopt;
  if (facts.cuts <= facts.cuts_tolerated) return facts.running + " still runs";
  for (const Told& told : *facts.told) {
    if (told.version == facts.offered && is_final(told.phase)) return std::nullopt;
  }
  return facts.running + " still runs, and nobody was told why";
}

Finding check_facts(const EndFacts& facts) {
  const SeenCheckin& seen = facts.checkin;
  WantedFacts wanted = facts.wanted;
  const bool is_given_up = facts.cuts > facts.cuts_tolerated && wanted.config_version != 0 &&
                           seen.config_failed == wanted.config_version;
  if (is_given_up) wanted.config_version = seen.config_version;
  const WantedFacts told = {seen.root_version, seen.trust_version, seen.config_version,
                            seen.key_epoch};
  if (told != wanted) {
    return "the device goes by root, trust, configuration, key epoch " + text_of(told) + ", not " +
           text_of(wanted);
  }
  std::string values = kNone;
  for (const KnownDocument& document : *facts.configurations) {
    if (document.version == told.config_version) values = document.values;
  }
  if (facts.in_force == values) return std::nullopt;
  return "the application goes by " + facts.in_force + ", and the server hears of configuration " +
         std::to_string(told.config_version);
}

Finding check_configuration(const ConfigurationFacts& facts) {
  if (facts.values == kNone) {
    return facts.was_confirmed ? Finding("a confirmed configuration is lost") : Finding();
  }
  for (const KnownDocument& document : *facts.known) {
    if (document.values != facts.values) continue;
    const bool is_early =
        facts.running == nullptr || facts.running->sequence < document.since_sequence;
    if (!is_early) return std::nullopt;
    return "the configuration of a release that does not run is in force";
  }
  return "a configuration is in force that nobody made: " + facts.values;
}

Finding check_outcome(const EndFacts& facts) {
  for (const Told& told : *facts.told) {
    const bool runs = told.running == told.version;
    if (told.phase == Phase::confirmed && !runs) {
      return told.version + " was told to be confirmed while " + told.running + " ran";
    }
    if (told.phase == Phase::rolled_back && runs) {
      return told.version + " was told to be rolled back while it ran";
    }
  }
  const auto outcomes = final_outcomes(facts);
  if (outcomes.size() != 1) {
    return std::to_string(outcomes.size()) + " final outcomes were told of " + facts.offered;
  }
  const Phase phase = outcomes.begin()->second;
  const bool runs = facts.running == facts.offered;
  if (runs != (phase == Phase::confirmed)) {
    return facts.running + " runs, and " + facts.offered + " was told to be " +
           string_of(name(phase));
  }
  return std::nullopt;
}

Finding check_further_update(const EndFacts& further) {
  const Finding finding = check_arrival(further);
  return finding ? "further update: " + *finding : finding;
}

Finding check_log(const std::string& line, const std::vector<std::string>& secrets) {
  return holds_a_secret(line, secrets) ? Finding("a secret in the log: " + line) : Finding();
}

Finding check_request(const HttpRequest& request, const std::vector<std::string>& secrets) {
  if (request.origin.empty() && request.verify_peer) return std::nullopt;
  std::string told = string_of(request.target) + '\n' + string_of(as_text(request.body));
  for (size_t i = 0; i < request.header_count; ++i) {
    told += '\n' + string_of(request.headers[i].name) + ": " + string_of(request.headers[i].value);
  }
  if (!holds_a_secret(told, secrets)) return std::nullopt;
  return "a secret leaves for " +
         (request.origin.empty() ? "an unverified server" : string_of(request.origin)) + " with " +
         string_of(request.target);
}

Finding check_budget(uint32_t erases, bool has_failing_call) {
  static_assert(kWorkspaceSize <= 12 * 1024, "the budget of docs/device.md");
  if (erases <= kErasesMax + (has_failing_call ? kErasesAgain : 0)) return std::nullopt;
  return std::to_string(erases) + " erases outside of the slots";
}

Finding check_place(const FlashOperation& operation, const Stage& stage,
                    const std::optional<int>& running) {
  for (const uint8_t subtype : {kSubtypeNvs, kSubtypeDataOta, kSubtypeOtterJournal}) {
    if (lies_in(operation, stage.partition(kTypeData, subtype))) return std::nullopt;
  }
  for (int index = 0; running && index < stage.table().ota_slot_count(); ++index) {
    if (index != *running && lies_in(operation, stage.slot(index))) return std::nullopt;
  }
  return "a flash write at " + std::to_string(operation.offset) +
         ", outside of target slot, otadata, journal and NVS";
}

}  // namespace otter::sim
