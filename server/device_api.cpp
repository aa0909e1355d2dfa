#include "server/device_api.h"

#include <algorithm>

#include "ota/wire/device_facts.h"
#include "ota/wire/device_metrics.h"
#include "publish/base64.h"
#include "server/access.h"
#include "server/command_api.h"
#include "server/desired_configuration.h"
#include "server/device_metrics.h"
#include "server/envelope_json.h"
#include "server/fleet_metrics.h"
#include "server/guard.h"
#include "server/json_body.h"
#include "server/offer.h"
#include "server/patch_offer.h"
#include "server/problem.h"
#include "server/rollout_guest.h"
#include "server/rollouts.h"
#include "server/root_api.h"

namespace otter::server {
namespace {

constexpr char kChannel[] = "stable";

std::string to_string(Text text) { return {text.data, text.size}; }

bool wants_checkin(const Request& request) {
  const std::string* accept = request.header("Accept");
  return accept != nullptr && accept->find(kCheckinType) != std::string::npos;
}

// Who says what of itself must be who the key is of.
DeviceFacts read_facts(const Call& call, const Caller& caller) {
  const std::string* header = call.request.header(kDeviceFactsHeader);
  if (header == nullptr) throw HttpError(Problem::bad_facts, "X-Otter-Device is missing");
  const Result<DeviceFacts> facts = parse_device_facts(*header);
  if (!facts.ok()) {
    throw HttpError(Problem::bad_facts,
                    std::string("X-Otter-Device: ") + meaning(facts.error).data);
  }
  if (facts.value.id != Text(caller.device->id)) {
    throw HttpError(Problem::forbidden, "the key is another device's");
  }
  if (facts.value.product != Text(caller.product.name)) {
    throw HttpError(Problem::forbidden, "the device is enrolled for another product");
  }
  return facts.value;
}

// What its application measures; empty where it doesn't say, or it can't be read: that is passed
// over, for the device may need the update that mends it.
std::string read_metrics(const Call& call, const Caller& caller) {
  const std::string* header = call.request.header(kDeviceMetricsHeader);
  if (header == nullptr) return "";
  if (parse_device_metrics(*header).has_value()) return *header;
  count_unreadable_metrics(call.backend.metrics, caller.product.name);
  call.backend.log.warning("X-Otter-Metrics can't be read",
                           {{"product", caller.product.name}, {"device", caller.device->id}});
  return "";
}

// What it has taken, or taken back, of a configuration that a rollout gives it.
void note_configuration(const Call& call, const DeviceFacts& facts) {
  fleet::Book& book = call.backend.rollouts.book();
  const std::string product = to_string(facts.product), id = to_string(facts.id);
  const auto note = [&](uint32_t version, fleet::Word word) {
    if (version == 0) return;
    book.note(product, fleet::configuration_name(version), id, word, call.now_s);
  };
  const uint32_t applied = base_version(call.backend, product, facts.config_version);
  const uint32_t failed = base_version(call.backend, product, facts.config_failed);
  note(applied, fleet::Word::confirmed);
  if (failed != applied) note(failed, fleet::Word::rolled_back);
}

AppliedVersions applied_versions(const DeviceFacts& facts) {
  return {facts.root_version, facts.trust_version, facts.config_version, facts.config_failed};
}

DeviceMake make_of(const DeviceFacts& facts) {
  char layout[2 * kLayoutSize];
  hex_encode(facts.layout, layout);
  return {facts.revision,
          to_string(facts.hardware),
          {layout, sizeof(layout)},
          to_string(facts.client),
          facts.sequence};
}

void log_manifest(const Call& call, const Caller& caller, const std::string& version) {
  call.backend.log.info("Serving manifest " + with_v(version), {{"product", caller.product.name},
                                                                {"device", caller.device_id()},
                                                                {"remote", call.request.remote}});
}

void tell_listeners(const Call& call, const DeviceFacts& facts, const Release* offered) {
  if (!call.backend.events.has_listeners()) return;
  const std::string product = to_string(facts.product);
  call.backend.events.mention(
      {"seen",
       product,
       {{"device", to_string(facts.id)},
        {"product", product},
        {"version", text_or_null(to_string(facts.version))},
        {"boot_state", to_string(name(facts.boot_state))},
        {"offered", text_or_null(offered == nullptr ? "" : offered->version)},
        {"seen", call.now_s}}});
}

// What the device is told.
struct Offer {
  ReleasePtr release;                       // nullptr: nothing to install
  bool goes_back = false;                   // to what ran before
  std::optional<fleet::PartRecord> starts;  // to be durable before it is told
  std::optional<PatchOffer> patch;          // beside the release
  bool waits_for_patch = false;             // there will be a release when it comes back
};

// What is offered to all comes first; then what a rollout has for it.
Offer choose_offer(const Call& call, const Caller& caller, const DeviceFacts& facts) {
  Offer offer;
  offer.release = choose_release(call.backend.lookups, facts, kChannel, call.now_s,
                                 [&call](const Release& release) {
                                   return !release.is_staged && is_authorised(call, release);
                                 });
  if (offer.release != nullptr) return offer;
  const RolloutGuest guest(call, *caller.device, facts);
  fleet::Choice choice = call.backend.rollouts.book().choose(guest, call.now_s);
  if (choice.goes_back) {
    offer.goes_back = true;
  } else if (choice.config_version != 0) {
    offer.starts = std::move(choice.starts);
  } else if (!choice.version.empty()) {
    offer.release = release_of_version(call.backend.lookups, caller.product.name, choice.version);
    offer.starts = std::move(choice.starts);
  }
  return offer;
}

// The way that the release is to come; none yet while a patch for this device is being made.
void choose_way(const Call& call, const DeviceFacts& facts, Offer& offer) {
  note_running(call, facts);
  if (offer.release == nullptr) return;
  const PatchChoice choice = choose_patch(call, facts, *offer.release);
  if (choice.is_coming) {
    if (offer.starts.has_value()) call.backend.rollouts.book().withdraw(*offer.starts);
    offer = Offer();
    offer.waits_for_patch = true;
  }
  if (!choice.patch.has_value()) return;
  const StoredPatch& patch = *choice.patch;
  offer.patch = {patch.size_bytes, patch.sha256, patch.base_sha256};
}

void log_checkin(const Call& call, const Caller& caller, const DeviceFacts& facts,
                 const Offer& offer) {
  if (offer.release != nullptr) {
    log_manifest(call, caller, offer.release->version);
    return;
  }
  const char* const told = offer.goes_back         ? "Device told to go back"
                           : offer.waits_for_patch ? "Device waits for its patch"
                                                   : "Nothing to install";
  call.backend.log.info(told, {{"product", caller.product.name},
                               {"device", caller.device->id},
                               {"running", to_string(facts.version)},
                               {"remote", call.request.remote}});
}

// It keeps what it has.
void warn_of_layers(const Call& call, const Caller& caller, Error fault) {
  call.backend.log.warning("Configurations merged can be none", {{"product", caller.product.name},
                                                                 {"device", caller.device->id},
                                                                 {"error", name(fault).data}});
}

Response checkin_response(const Call& call, const Caller& caller, const DeviceFacts& facts,
                          const Offer& offer) {
  const DesiredConfiguration desired =
      desired_configuration(call, caller.product, RolloutGuest(call, *caller.device, facts));
  if (desired.fault != Error::ok) warn_of_layers(call, caller, desired.fault);
  StatementFacts statement;
  statement.device = caller.device->id;
  statement.nonce = facts.nonce;
  statement.time_s = call.now_s;
  statement.next_checkin_s =
      next_checkin_of(caller.device->id, call.backend.settings.check_interval_s);
  if (offer.waits_for_patch) {
    statement.next_checkin_s = std::min(statement.next_checkin_s, kPatchRetry);
  }
  statement.offered = offer.release.get();
  statement.patch = offer.patch;
  const CommandStep command = tell_command(call, facts.health);
  statement.command = command.told;
  if (command.told == Command::none && offer.goes_back) statement.command = Command::rollback;
  statement.next_checkin_s =
      std::min(statement.next_checkin_s, command.come_within.value_or(statement.next_checkin_s));
  statement.configuration = desired.configuration.has_value() ? &*desired.configuration : nullptr;
  statement.key_epoch = call.backend.masters.epochs().current.epoch;
  statement.mirrors = call.backend.settings.mirrors;
  statement.documents = call.backend.lookups.document_versions();
  Response response;
  response.headers = {{"Content-Type", kCheckinType}, {"Cache-Control", "no-store"}};
  response.body = write_checkin_answer(statement, caller.keys.response_mac, call.crypto);
  return response;
}

// Answers when it is on disk that the device has begun: it may not be offered two releases.
Response after_start(const Call& call, const fleet::PartRecord& part, Response answer) {
  Response response;
  response.later = [&backend = call.backend, &request = call.request, part,
                    answer = std::move(answer)](const Reply& reply) {
    backend.rollouts.start(part, [&backend, &request, answer, reply](std::exception_ptr error) {
      reply(guarded(backend.log, request, [&] {
        if (error) std::rethrow_exception(error);
        return answer;
      }));
    });
  };
  return response;
}

Response serve_checkin(const Call& call, const Caller& caller) {
  if (!caller.device.has_value()) {
    throw HttpError(Problem::forbidden, "a check-in needs the device's own key: enrol first");
  }
  const DeviceFacts facts = read_facts(call, caller);
  Sighting sighting = {caller.device->id,
                       call.now_s,
                       to_string(facts.version),
                       to_string(name(facts.boot_state)),
                       facts.slot_size_bytes,
                       caller.keys.epoch,
                       applied_versions(facts),
                       facts.health,
                       make_of(facts)};
  sighting.metrics = read_metrics(call, caller);
  call.backend.sightings.note(std::move(sighting));
  note_configuration(call, facts);
  Offer offer = choose_offer(call, caller, facts);
  choose_way(call, facts, offer);
  tell_listeners(call, facts, offer.release.get());
  count_checkin(call.backend.metrics, caller.product.name, offer.release != nullptr);
  Response response = checkin_response(call, caller, facts, offer);
  log_checkin(call, caller, facts, offer);
  if (!offer.starts.has_value()) return response;
  return after_start(call, *offer.starts, std::move(response));
}

Response serve_plain(const Call& call, const Caller& caller) {
  const ReleasePtr release = newest_release(call.backend.lookups, caller.product.name, kChannel);
  if (release == nullptr) {
    throw HttpError(Problem::not_found, "the product " + caller.product.name + " has no release");
  }
  log_manifest(call, caller, release->version);
  return json_response(200, {{"version", release->version},
                             {"size", release->size_bytes},
                             {"sha256", to_hex(release->image_sha256).characters},
                             {"hmac", to_hex(release->image_hmac).characters},
                             {"url", "/firmware/" + release->version + ".bin"},
                             {"release_notes", release->notes},
                             {"envelope", envelope_json(release->envelope)}});
}

}  // namespace

std::string with_v(const std::string& version) {
  return version.starts_with("v") ? version : "v" + version;
}

Response serve_manifest(const Call& call) {
  const Caller& caller = call.caller;
  return wants_checkin(call.request) ? serve_checkin(call, caller) : serve_plain(call, caller);
}

}  // namespace otter::server
