// Updater: what is fetched besides firmware: root metadata, trust payload, device keys.
#include "ota/log_line.h"
#include "ota/updater.h"

namespace otter {
namespace {

constexpr char kRootPath[] = "/firmware/root/";
constexpr char kTrustPath[] = "/firmware/trust";

}  // namespace

// What the server has that is newer than what this device goes by. It is fetched before anything
// else is believed or refused: a release may be signed by a key that only the next root names.
bool Updater::start_refresh(const Statement& statement) {
  refresh_ = Refresh();
  if (metadata_.has_root()) {
    refresh_.root_wanted = statement.root_version;
    refresh_.trust_wanted = statement.trust_version;
  }
  refresh_.epoch_wanted = statement.key_epoch;
  return refresh_is_due();
}

// The server's certificate is not one that is trusted any more, or somebody is in between. Root
// metadata and trust payload prove themselves, so they are taken from whoever answers.
bool Updater::start_rescue() {
  refresh_ = Refresh();
  if (!metadata_.has_root()) return false;
  refresh_.is_rescue = true;
  refresh_.root_wanted = UINT32_MAX;
  refresh_.trust_wanted = UINT32_MAX;
  return true;
}

bool Updater::refresh_is_due() const {
  return refresh_.root_wanted > metadata_.root_version() ||
         refresh_.trust_wanted > metadata_.trust_version() ||
         refresh_.epoch_wanted > session_.key_epoch();
}

// One request. The chain goes first: it says who may sign the rest.
void Updater::refresh_once() {
  if (refresh_.root_wanted > metadata_.root_version()) {
    const Error error = fetch_root();
    // Without this link there are none behind it.
    if (error != Error::ok) refresh_.root_wanted = 0;
    refresh_done("Root metadata", metadata_.root_version(), error);
  } else if (refresh_.trust_wanted > metadata_.trust_version()) {
    const Error error = fetch_trust();
    refresh_.trust_wanted = 0;
    refresh_done("Trust payload", metadata_.trust_version(), error);
  } else {
    const Error error = session_.enrol(answer_);
    refresh_.epoch_wanted = 0;
    refresh_done("Device key, epoch", session_.key_epoch(), error);
  }
}

void Updater::refresh_done(Text what, uint32_t version, Error error) {
  if (error == Error::ok) {
    refresh_.has_changed = true;
    LogLine(ports_.board).text(what).text(": now ").number(version);
    return;
  }
  count_error(error);
  // A rescue asks for what may not be there.
  const bool is_expected =
      refresh_.is_rescue && (error == Error::not_found || error == Error::old_trust);
  LogLine(ports_.board, is_expected ? LogLevel::debug : LogLevel::error)
      .text(what)
      .text(" stays at ")
      .number(version)
      .text(": ")
      .text(name(error));
}

Error Updater::fetch_root() {
  uint8_t target[sizeof(kRootPath) + 10];
  Appender appender(target);
  appender.text(kRootPath);
  appender.decimal(int64_t{metadata_.root_version()} + 1);
  OTTER_TRY_SET(const Bytes frame,
                session_.fetch_public(as_text(appender.written()), !refresh_.is_rescue, answer_));
  OTTER_TRY(metadata_.take_root(frame, piece_));
  return remember_root();
}

Error Updater::fetch_trust() {
  OTTER_TRY_SET(const Bytes frame, session_.fetch_public(kTrustPath, !refresh_.is_rescue, answer_));
  return metadata_.take_trust(frame, piece_);
}

// Should the document be lost, no release is taken before the chain is complete again.
Error Updater::remember_root() {
  JournalState state = journal_.state();
  if (state.root_version >= metadata_.root_version()) return Error::ok;
  state.root_version = metadata_.root_version();
  return journal_.save(state);
}

void Updater::step_refreshing() {
  if (refresh_is_due()) {
    refresh_once();
    return;
  }
  if (refresh_.is_rescue && !refresh_.has_changed) {
    go(UpdaterState::idle);
    back_off();
    return;
  }
  has_refreshed_ = true;  // what could not be had is not asked for again in this check
  go(session_.needs_enrolment() ? UpdaterState::enrolling : UpdaterState::checking);
}

}  // namespace otter
