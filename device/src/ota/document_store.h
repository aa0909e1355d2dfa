// A signed or addressed document that a device keeps: root metadata, the trust payload, its
// configuration. Two sectors, so that the old one is there until the new one is whole.
// docs/spec/journal.md. One caller at a time.
//
// Invariants:
//  D1 A document counts only if header and body are whole; the header is written last.
//  D2 A new document goes into the sector of the older one.
#pragma once

#include "ota/flash.h"

namespace otter {

// The partition `otter`: the journal's two sectors, then two for each document [bytes].
constexpr uint32_t kRootOffset = 2 * kSectorSize;
constexpr uint32_t kTrustOffset = 4 * kSectorSize;
constexpr uint32_t kConfigurationOffset = 6 * kSectorSize;
constexpr uint32_t kStorageSize = 8 * kSectorSize;

constexpr size_t kDocumentSizeMax = 3072;  // [bytes]
static_assert(kDocumentSizeMax % kEncryptedUnit == 0, "a document is written in whole units");

struct StoredDocument {
  uint32_t generation = 0;  // grows with each document that is stored; 0: there is none
  uint32_t version = 0;     // the document's own
  uint16_t size_bytes = 0;
  uint8_t sector = 0;

  explicit operator bool() const { return generation != 0; }
};

class DocumentStore {
 public:
  // Two sectors from `offset` [bytes from the partition's start, a multiple of kSectorSize] on.
  DocumentStore(Flash& flash, uint32_t offset) : flash_(flash), offset_(offset) {}

  // Finds what is whole.
  //
  // Errors: flash_io
  Error open();

  const StoredDocument& newest() const { return newest_; }
  const StoredDocument& previous() const { return previous_; }
  // Of the next document to be stored.
  uint32_t next_generation() const;

  // Reads a document's body into the front of `out`, which its size must fit.
  //
  // REQUIRES: `document` is newest() or previous()
  // Errors:   flash_io, too_large
  Result<Bytes> load(const StoredDocument& document, MutableBytes out) const;

  // Makes `body` [1 to kDocumentSizeMax bytes] the newest; the newest becomes the previous one.
  //
  // Errors: flash_io (then the newest is still there), too_large
  // Power:  a cut leaves the newest as it was, or the new one; the previous one may be lost
  Error save(uint32_t version, Bytes body);

  // Makes the previous one the newest again; without one, there is none afterwards.
  //
  // Errors: flash_io
  // Power:  a cut leaves the newest, or the previous one as the newest
  Error discard_newest();

 private:
  Result<StoredDocument> find(uint8_t sector) const;
  Result<uint32_t> body_crc(uint32_t start, uint32_t size) const;
  Error write(const StoredDocument& document, Bytes body);

  Flash& flash_;
  uint32_t offset_;
  StoredDocument newest_;
  StoredDocument previous_;
};

}  // namespace otter
