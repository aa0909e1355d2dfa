#include "ota/trusted_metadata.h"

namespace otter {

TrustedMetadata::TrustedMetadata(const UpdaterConfig& config, const UpdaterPorts& ports)
    : config_(config),
      ports_(ports),
      roots_(ports.board.journal(), kRootOffset),
      trusts_(ports.board.journal(), kTrustOffset) {}

Error TrustedMetadata::open(MutableBytes buffer) {
  if (!has_root()) return Error::ok;
  OTTER_TRY(open_root(buffer));
  return open_trust(buffer);
}

// A new firmware may bring a later version than the one in flash.
Error TrustedMetadata::open_root(MutableBytes buffer) {
  OTTER_TRY(roots_.open());
  OTTER_TRY_SET(const RootMetadata built_in, parse_root(config_.root));
  root_version_ = built_in.version;
  epoch_ = built_in.epoch;
  built_in_epoch_ = built_in.epoch;
  root_is_stored_ = false;
  if (!roots_.newest() || roots_.newest().version <= built_in.version) return Error::ok;
  OTTER_TRY_SET(const Bytes body, roots_.load(roots_.newest(), buffer));
  const Result<RootMetadata> stored = parse_root(as_text(body));
  if (!stored.ok()) return Error::ok;  // rotten in flash: the chain is fetched once more
  root_version_ = stored.value.version;
  epoch_ = stored.value.epoch;
  root_is_stored_ = true;
  return Error::ok;
}

Error TrustedMetadata::open_trust(MutableBytes buffer) {
  OTTER_TRY(trusts_.open());
  if (!trusts_.newest()) return Error::ok;
  OTTER_TRY_SET(const Bytes body, trusts_.load(trusts_.newest(), buffer));
  const Result<TrustPayload> trust = parse_trust(as_text(body));
  if (!trust.ok()) return Error::ok;
  trust_version_ = trusts_.newest().version;
  ports_.http.use_trust({trust.value.anchors, trust.value.pins});
  return Error::ok;
}

Result<RootMetadata> TrustedMetadata::load_root(MutableBytes buffer) {
  if (!root_is_stored_) return parse_root(config_.root);
  OTTER_TRY_SET(const Bytes body, roots_.load(roots_.newest(), buffer));
  return parse_root(as_text(body));
}

Error TrustedMetadata::take_root(Bytes frame, MutableBytes buffer) {
  OTTER_TRY_SET(const RootMetadata trusted, load_root(buffer));
  OTTER_TRY_SET(const Envelope envelope, parse_envelope(frame));
  RootMetadata next;
  OTTER_TRY(verify_root(ports_.crypto, envelope, trusted, &next));
  if (next.epoch > epoch_) OTTER_TRY(forget_trust_version(buffer));
  OTTER_TRY(roots_.save(next.version, envelope.body));
  root_version_ = next.version;
  epoch_ = next.epoch;
  root_is_stored_ = true;
  return Error::ok;
}

// Who held the old keys may have used up the versions of trust payloads. The payload itself stays
// in force: without it no server may be left that TLS believes.
Error TrustedMetadata::forget_trust_version(MutableBytes buffer) {
  if (trust_version_ == 0) return Error::ok;
  OTTER_TRY_SET(const Bytes body, trusts_.load(trusts_.newest(), buffer));
  OTTER_TRY(trusts_.save(0, body));
  trust_version_ = 0;
  return Error::ok;
}

Error TrustedMetadata::take_trust(Bytes frame, MutableBytes buffer) {
  OTTER_TRY_SET(const RootMetadata root, load_root(buffer));
  OTTER_TRY_SET(const Envelope envelope, parse_envelope(frame));
  TrustPayload trust;
  OTTER_TRY(verify_trust(ports_.crypto, envelope, root, &trust));
  if (trust.version <= trust_version_) return Error::old_trust;
  OTTER_TRY(trusts_.save(trust.version, envelope.body));
  trust_version_ = trust.version;
  ports_.http.use_trust({trust.anchors, trust.pins});
  return Error::ok;
}

}  // namespace otter
