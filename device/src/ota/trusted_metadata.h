// What a device trusts, as data: root metadata (who may sign releases) and the trust payload (whom
// TLS may believe). It is built with a version of them; later ones are verified, kept in flash and
// win. docs/spec/root.md, docs/spec/trust.md. One caller at a time.
#pragma once

#include "ota/document_store.h"
#include "ota/updater_config.h"
#include "ota/wire/trust.h"

namespace otter {

class TrustedMetadata {
 public:
  TrustedMetadata(const UpdaterConfig& config, const UpdaterPorts& ports);

  // Finds the stored documents. `buffer` [kDocumentSizeMax bytes] is used here alone.
  //
  // Errors: flash_io; those of parse_root() (of the root metadata that is compiled in)
  Error open(MutableBytes buffer);

  // False: the release keys of the config are all that there is, for good.
  bool has_root() const { return !config_.root.empty(); }
  uint32_t root_version() const { return root_version_; }  // 0: none
  // Root metadata up to `version` has been in force here, and is not any more. Firmware without any
  // goes by its own keys.
  bool is_behind(uint32_t version) const { return has_root() && root_version_ < version; }
  // Of release keys; the first one without root metadata.
  uint32_t epoch() const { return epoch_; }
  uint32_t built_in_epoch() const { return built_in_epoch_; }
  uint32_t trust_version() const { return trust_version_; }  // 0: none

  // The root metadata in force; its views point into `buffer` [kDocumentSizeMax bytes] or into the
  // config.
  //
  // Errors: flash_io, those of parse_root()
  Result<RootMetadata> load_root(MutableBytes buffer);

  // Takes the link [an envelope frame] that follows the root metadata in force.
  //
  // Errors: those of parse_envelope() and verify_root(); flash_io, too_large
  // Power:  a cut leaves the old or the new one
  Error take_root(Bytes frame, MutableBytes buffer);

  // Takes a trust payload [an envelope frame] that is newer than the one in force; Http goes by it
  // from then on.
  //
  // Errors: those of parse_envelope() and verify_trust(); old_trust, flash_io, too_large
  // Power:  a cut leaves the old or the new one
  Error take_trust(Bytes frame, MutableBytes buffer);

 private:
  Error open_root(MutableBytes buffer);
  Error open_trust(MutableBytes buffer);
  Error forget_trust_version(MutableBytes buffer);

  const UpdaterConfig& config_;
  const UpdaterPorts& ports_;
  DocumentStore roots_;
  DocumentStore trusts_;
  uint32_t root_version_ = 0;
  uint32_t epoch_ = 1;
  uint32_t built_in_epoch_ = 1;
  bool root_is_stored_ = false;
  uint32_t trust_version_ = 0;
};

}  // namespace otter
