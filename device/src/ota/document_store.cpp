#include "ota/document_store.h"

#include "ota/crc32.h"

namespace otter {
namespace {

// Sector: header of 32 bytes { "OTD1", u32 generation, u32 version, u16 size, u16 FF, u32 CRC-32 of
// the body, u32 CRC-32 of the 20 bytes before, FF * 8 }, then the body, then FF.
constexpr uint8_t kMagic[4] = {'O', 'T', 'D', '1'};
constexpr uint32_t kHeaderSize = 32;
constexpr uint32_t kHeaderCrcAt = 20;
static_assert(kHeaderSize + kDocumentSizeMax <= kSectorSize, "a document fits into its sector");

bool is_newer(const StoredDocument& a, const StoredDocument& b) {
  return static_cast<int32_t>(a.generation - b.generation) > 0;
}

}  // namespace

uint32_t DocumentStore::next_generation() const {
  const uint32_t next = newest_.generation + 1;
  return next != 0 ? next : 1;
}

Result<uint32_t> DocumentStore::body_crc(uint32_t start, uint32_t size) const {
  uint32_t crc = 0;
  for (uint32_t at = 0; at < size;) {
    uint8_t piece[64];
    const uint32_t count = size - at < sizeof(piece) ? size - at : sizeof(piece);
    OTTER_TRY(flash_.read(start + at, MutableBytes(piece, count)));
    crc = crc32(crc, Bytes(piece, count));
    at += count;
  }
  return crc;
}

Result<StoredDocument> DocumentStore::find(uint8_t sector) const {
  const uint32_t start = offset_ + sector * kSectorSize;
  uint8_t header[kHeaderSize];
  OTTER_TRY(flash_.read(start, header));
  StoredDocument document;
  document.generation = load_le32(header + 4);
  document.version = load_le32(header + 8);
  document.size_bytes = load_le16(header + 12);
  document.sector = sector;
  const bool is_header = Bytes(header, sizeof(kMagic)) == Bytes(kMagic) &&
                         load_le32(header + kHeaderCrcAt) == crc32(0, Bytes(header, kHeaderCrcAt));
  if (!is_header || document.size_bytes > kDocumentSizeMax) return StoredDocument();
  OTTER_TRY_SET(const uint32_t crc, body_crc(start + kHeaderSize, document.size_bytes));
  return crc == load_le32(header + 16) ? document : StoredDocument();
}

Error DocumentStore::open() {
  OTTER_TRY_SET(const StoredDocument first, find(0));
  OTTER_TRY_SET(const StoredDocument second, find(1));
  const bool second_leads = second && (!first || is_newer(second, first));
  newest_ = second_leads ? second : first;
  previous_ = second_leads ? first : second;
  return Error::ok;
}

Result<Bytes> DocumentStore::load(const StoredDocument& document, MutableBytes out) const {
  if (document.size_bytes > out.size) return Error::too_large;
  const MutableBytes body = out.part(0, document.size_bytes);
  OTTER_TRY(flash_.read(offset_ + document.sector * kSectorSize + kHeaderSize, body));
  return Bytes(body);
}

Error DocumentStore::save(uint32_t version, Bytes body) {
  if (body.size == 0 || body.size > kDocumentSizeMax) return Error::too_large;
  StoredDocument document;
  document.generation = next_generation();
  document.version = version;
  document.size_bytes = static_cast<uint16_t>(body.size);
  document.sector = newest_ ? static_cast<uint8_t>(1 - newest_.sector) : 0;
  previous_ = StoredDocument();
  Error error = Error::ok;
  for (int tries = 0; tries < kWriteTriesMax; ++tries) {
    error = write(document, body);
    if (error == Error::ok) break;
  }
  OTTER_TRY(error);
  previous_ = newest_;
  newest_ = document;
  return Error::ok;
}

Error DocumentStore::write(const StoredDocument& document, Bytes body) {
  const uint32_t start = offset_ + document.sector * kSectorSize;
  OTTER_TRY(flash_.erase(start, kSectorSize));
  const size_t whole = body.size / kEncryptedUnit * kEncryptedUnit;
  if (whole > 0) OTTER_TRY(flash_.program(start + kHeaderSize, body.part(0, whole)));
  if (whole < body.size) {
    uint8_t last[kEncryptedUnit];
    memset(last, 0xFF, sizeof(last));
    memcpy(last, body.data + whole, body.size - whole);
    const uint32_t at = start + kHeaderSize + static_cast<uint32_t>(whole);
    OTTER_TRY(flash_.program(at, last));
  }
  const uint32_t crc = crc32(0, body);
  OTTER_TRY_SET(const uint32_t written, body_crc(start + kHeaderSize, document.size_bytes));
  if (written != crc) return Error::flash_io;

  uint8_t header[kHeaderSize];
  memset(header, 0xFF, sizeof(header));
  memcpy(header, kMagic, sizeof(kMagic));
  store_le32(header + 4, document.generation);
  store_le32(header + 8, document.version);
  store_le16(header + 12, document.size_bytes);
  store_le32(header + 16, crc);
  store_le32(header + kHeaderCrcAt, crc32(0, Bytes(header, kHeaderCrcAt)));
  OTTER_TRY(flash_.program(start, header));
  OTTER_TRY_SET(const StoredDocument found, find(document.sector));
  return found.generation == document.generation ? Error::ok : Error::flash_io;
}

Error DocumentStore::discard_newest() {
  if (!newest_) return Error::ok;
  Error error = Error::ok;
  for (int tries = 0; tries < kWriteTriesMax; ++tries) {
    error = flash_.erase(offset_ + newest_.sector * kSectorSize, kSectorSize);
    if (error == Error::ok) break;
  }
  OTTER_TRY(error);
  newest_ = previous_;
  previous_ = StoredDocument();
  return Error::ok;
}

}  // namespace otter
