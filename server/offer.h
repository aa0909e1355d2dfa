// Which release a device is offered, and the frame that says so. docs/spec/checkin.md. The choice
// is pure; it can only choose among signed releases, never authorise one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ota/wire/checkin.h"
#include "ota/wire/crypto.h"
#include "ota/wire/device_facts.h"
#include "server/settings.h"
#include "server/store.h"

namespace otter::server {

// ok if the device could install the release, else why it would refuse it.
//
// Errors: wrong_product, wrong_device, wrong_chip, wrong_revision, wrong_hardware, wrong_layout,
//         slot_too_small, old_sequence, downgrade, version_too_old, client_too_old, expired
Error check_release(const Manifest& manifest, const DeviceFacts& facts, int64_t now_s);

// What a release must be besides: signed by keys that still may.
using ReleaseFilter = std::function<bool(const Release&)>;

// The newest release that the device could install, that has not failed on it and that `may_offer`
// lets pass; nullptr if there is no such.
//
// Errors: StoreError
ReleasePtr choose_release(Lookups& lookups, const DeviceFacts& facts, const std::string& channel,
                          int64_t now_s, const ReleaseFilter& may_offer);

// The configuration that the device is to have: the one that a rollout has `given` it [version; 0:
// none], else the one in force; or the one that the release which it runs has brought, if that is
// newer. None if there is neither of the first two.
//
// Errors: StoreError
std::optional<Configuration> choose_configuration(Lookups& lookups, const Product& product,
                                                  const DeviceFacts& facts, uint32_t given);

// The configuration that the release of that version has brought; none if it brings none.
//
// Errors: StoreError
std::optional<Configuration> brought_configuration(Lookups& lookups, const std::string& product,
                                                   const std::string& version);

// When a device shall come again [s]: after the interval, and up to a tenth of it later, each
// device by its own part of that. So a fleet that came at once, after an outage, spreads over the
// next hours.
uint32_t next_checkin_of(const std::string& device, uint32_t interval_s);

// What goes into a statement.
struct StatementFacts {
  std::string device;
  Bytes nonce;  // as the device sent it
  int64_t time_s = 0;
  uint32_t next_checkin_s = 0;
  const Release* offered = nullptr;              // nullptr: nothing to install
  const Configuration* configuration = nullptr;  // nullptr: none
  uint32_t key_epoch = 0;                        // the server's current one
  DocumentVersions documents;                    // the newest
  Command command = Command::none;
  std::vector<std::string> mirrors;  // stated beside an offer
  std::optional<PatchOffer> patch;   // the same; left out where the statement has no room for it
};

// The whole answer to a check-in; the MAC is made with `key`, a device's for answers.
//
// Errors: std::runtime_error
std::string write_checkin_answer(const StatementFacts& facts, const Digest& key, Crypto& crypto);

}  // namespace otter::server
