#include "ota/journal.h"

#include "ota/crc32.h"

namespace otter {
namespace {

// Sector: header of 16 bytes { "OTJ1", u32 generation, u32 crc of the 8 bytes before, FF * 4 },
// then records. Record, a multiple of 16 bytes, because encrypted flash is written in such units
// (ESP-IDF v5.5 docs, "Flash Encryption"): { u8 type, u8 FF, u16 payload size, payload, FF *, u32
// crc of all before it in the record }.
constexpr uint8_t kSectorMagic[4] = {'O', 'T', 'J', '1'};
constexpr uint32_t kUnit = 16;
constexpr uint32_t kHeaderSize = 16;
constexpr uint8_t kTypeSnapshot = 1;
constexpr uint8_t kTypeProgress = 2;
constexpr uint8_t kSnapshotVersion = 3;
constexpr size_t kRecordOverhead = 8;
constexpr size_t kRecordSizeMax = 512;

uint32_t record_size(size_t payload_size) {
  const size_t bare = payload_size + kRecordOverhead;
  return static_cast<uint32_t>((bare + kUnit - 1) / kUnit * kUnit);
}

void put_snapshot(const JournalState& state, Appender& out) {
  out.u8(kSnapshotVersion);
  out.le64(state.sequence_floor);
  out.le32(state.security_floor);
  out.bytes(state.confirmed_image.bytes);
  out.bytes(state.confirmed_manifest.bytes);
  out.le64(static_cast<uint64_t>(state.time_floor_s));
  out.u8(state.fast_resets);
  out.u8(state.fell_back ? 1 : 0);

  const PendingUpdate& update = state.update;
  out.u8(static_cast<uint8_t>(update.stage));
  out.bytes(update.manifest.bytes);
  out.bytes(update.image.bytes);
  out.le32(update.image_size_bytes);
  out.le64(update.sequence);
  out.le32(update.security_version);
  out.bytes(as_bytes(Text(update.version, kVersionSizeMax)));
  out.u8(update.slot);
  out.u8(update.attempts);
  out.u8(update.boots);
  out.le32(update.verified_bytes);

  const Outcome& outcome = state.outcome;
  out.u8(static_cast<uint8_t>(outcome.phase));
  out.le16(static_cast<uint16_t>(outcome.error));
  out.bytes(outcome.manifest.bytes);
  out.bytes(as_bytes(Text(outcome.version, kVersionSizeMax)));
  out.bytes(outcome.report_id);
  out.u8(outcome.attempts);

  for (const auto& failed : state.failed) out.bytes(failed);
  out.u8(state.failed_next);

  out.le32(state.epoch);
  out.le32(update.epoch);
  out.le32(state.root_version);
  out.u8(static_cast<uint8_t>(state.config_stage));
  out.le32(state.config_generation);
  out.u8(state.config_boots);
  out.le32(state.config_failed);

  out.le32(update.fetched_bytes);
  out.le32(update.duration_s);
  out.le32(outcome.fetched_bytes);
  out.le32(outcome.duration_s);

  out.bytes(state.patch_failed);
  out.le16(static_cast<uint16_t>(state.patch_error));
  out.u8(static_cast<uint8_t>(update.way));
  out.u8(static_cast<uint8_t>(outcome.way));
  out.u8(state.has_no_rollback ? 1 : 0);
}

void take(Cursor& cursor, void* out, size_t size) {
  const Bytes bytes = cursor.take(size);
  if (bytes.size > 0) memcpy(out, bytes.data, size);
}

UpdateWay way_of(uint8_t number) {
  return number <= static_cast<uint8_t>(UpdateWay::compressed) ? static_cast<UpdateWay>(number)
                                                               : UpdateWay::full;
}

// What an older library has not written: patches came first, then what the bootloader can.
void get_later_facts(Cursor& cursor, JournalState* state) {
  if (cursor.left() == 0) return;
  take(cursor, state->patch_failed, kFailedDigestSize);
  state->patch_error = static_cast<Error>(cursor.le16());
  state->update.way = way_of(cursor.u8());
  state->outcome.way = way_of(cursor.u8());
  if (cursor.left() > 0) state->has_no_rollback = cursor.u8() != 0;
}

bool get_snapshot(Bytes payload, JournalState* state) {
  Cursor cursor(payload);
  if (cursor.u8() != kSnapshotVersion) return false;
  state->sequence_floor = cursor.le64();
  state->security_floor = cursor.le32();
  take(cursor, state->confirmed_image.bytes, kDigestSize);
  take(cursor, state->confirmed_manifest.bytes, kDigestSize);
  state->time_floor_s = static_cast<int64_t>(cursor.le64());
  state->fast_resets = cursor.u8();
  state->fell_back = cursor.u8() != 0;

  PendingUpdate& update = state->update;
  const uint8_t stage = cursor.u8();
  take(cursor, update.manifest.bytes, kDigestSize);
  take(cursor, update.image.bytes, kDigestSize);
  update.image_size_bytes = cursor.le32();
  update.sequence = cursor.le64();
  update.security_version = cursor.le32();
  take(cursor, update.version, kVersionSizeMax);
  update.slot = cursor.u8();
  update.attempts = cursor.u8();
  update.boots = cursor.u8();
  update.verified_bytes = cursor.le32();

  Outcome& outcome = state->outcome;
  const uint8_t phase = cursor.u8();
  outcome.error = static_cast<Error>(cursor.le16());
  take(cursor, outcome.manifest.bytes, kDigestSize);
  take(cursor, outcome.version, kVersionSizeMax);
  take(cursor, outcome.report_id, kReportIdSize);
  outcome.attempts = cursor.u8();

  for (auto& failed : state->failed) take(cursor, failed, kFailedDigestSize);
  state->failed_next = cursor.u8() % kFailedMax;

  state->epoch = cursor.le32();
  update.epoch = cursor.le32();
  state->root_version = cursor.le32();
  const uint8_t config_stage = cursor.u8();
  state->config_generation = cursor.le32();
  state->config_boots = cursor.u8();
  state->config_failed = cursor.le32();

  update.fetched_bytes = cursor.le32();
  update.duration_s = cursor.le32();
  outcome.fetched_bytes = cursor.le32();
  outcome.duration_s = cursor.le32();
  get_later_facts(cursor, state);
  // What a later version of the library has appended is passed over: a rollback to this one keeps
  // what both know.
  if (cursor.failed()) return false;
  if (config_stage > static_cast<uint8_t>(ConfigStage::with_update)) return false;
  if (stage > static_cast<uint8_t>(UpdateStage::falling_back)) return false;
  if (phase > static_cast<uint8_t>(Phase::failed)) return false;
  update.stage = static_cast<UpdateStage>(stage);
  outcome.phase = static_cast<Phase>(phase);
  state->config_stage = static_cast<ConfigStage>(config_stage);
  return true;
}

}  // namespace

Text name(Phase phase) {
  constexpr const char* kNames[] = {"none", "confirmed", "rolled_back", "refused", "failed"};
  return kNames[static_cast<size_t>(phase)];
}

Text name(UpdateWay way) {
  constexpr const char* kNames[] = {"full", "patch", "compressed"};
  return kNames[static_cast<size_t>(way)];
}

bool JournalState::has_failed(const Digest& manifest) const {
  for (const auto& entry : failed) {
    if (Bytes(entry) == Bytes(manifest.bytes, kFailedDigestSize)) return true;
  }
  return false;
}

void JournalState::add_failed(const Digest& manifest) {
  if (has_failed(manifest)) return;
  memcpy(failed[failed_next], manifest.bytes, kFailedDigestSize);
  failed_next = static_cast<uint8_t>((failed_next + 1) % kFailedMax);
}

void JournalState::raise_floors(const PendingUpdate& confirmed) {
  const bool is_new_epoch = confirmed.epoch > epoch;
  if (is_new_epoch) epoch = confirmed.epoch;
  const bool is_higher = confirmed.epoch == epoch && confirmed.sequence > sequence_floor;
  if (is_new_epoch || is_higher) sequence_floor = confirmed.sequence;
  if (confirmed.security_version > security_floor) security_floor = confirmed.security_version;
}

Result<uint32_t> Journal::sector_generation(uint8_t sector, bool* counts) {
  uint8_t header[kHeaderSize];
  OTTER_TRY(flash_.read(sector * kSectorSize, header));
  const uint32_t generation = load_le32(header + 4);
  *counts = Bytes(header, 4) == Bytes(kSectorMagic) && generation != 0 &&
            load_le32(header + 8) == crc32(0, Bytes(header, 8));
  return generation;
}

Error Journal::open() {
  state_ = JournalState();
  generation_ = 0;
  write_at_ = kSectorSize;
  bool counts[2];
  uint32_t generations[2];
  for (uint8_t sector = 0; sector < 2; ++sector) {
    OTTER_TRY_SET(generations[sector], sector_generation(sector, &counts[sector]));
  }
  if (!counts[0] && !counts[1]) {
    sector_ = 1;  // the first save starts sector 0
    return Error::ok;
  }
  const bool second_is_newer = static_cast<int32_t>(generations[1] - generations[0]) > 0;
  sector_ = counts[1] && (!counts[0] || second_is_newer) ? 1 : 0;
  generation_ = generations[sector_];
  return replay(sector_);
}

Error Journal::replay(uint8_t sector) {
  const uint32_t start = sector * kSectorSize;
  uint32_t at = kHeaderSize;
  while (at + kUnit <= kSectorSize) {
    uint8_t record[kRecordSizeMax];
    OTTER_TRY(flash_.read(start + at, MutableBytes(record, kUnit)));
    const uint16_t payload_size = load_le16(record + 2);
    const uint32_t size = record_size(payload_size);
    if (size > sizeof(record) || at + size > kSectorSize) break;
    OTTER_TRY(flash_.read(start + at, MutableBytes(record, size)));
    if (load_le32(record + size - 4) != crc32(0, Bytes(record, size - 4))) break;
    const Bytes payload(record + 4, payload_size);
    if (record[0] == kTypeSnapshot) {
      JournalState state;
      if (!get_snapshot(payload, &state)) break;
      state_ = state;
    } else if (record[0] == kTypeProgress && payload.size == 4) {
      state_.update.verified_bytes = load_le32(payload.data);
    }
    at += size;
  }
  // What follows must be erased to be written to; else the next record starts a new sector.
  OTTER_TRY_SET(const bool is_free, flash_.is_erased(start + at, kSectorSize - at));
  write_at_ = is_free ? at : kSectorSize;
  return Error::ok;
}

Error Journal::save(const JournalState& state) {
  state_ = state;
  uint8_t payload[kRecordSizeMax];
  Appender appender(payload);
  put_snapshot(state_, appender);
  return append(kTypeSnapshot, appender.written());
}

Error Journal::save_progress(uint32_t verified_bytes) {
  state_.update.verified_bytes = verified_bytes;
  uint8_t payload[4];
  store_le32(payload, verified_bytes);
  return append(kTypeProgress, payload);
}

Error Journal::append(uint8_t type, Bytes payload) {
  Error error = Error::ok;
  for (int tries = 0; tries < kWriteTriesMax; ++tries) {
    error = append_once(type, payload);
    if (error == Error::ok) break;
  }
  return error;
}

Error Journal::append_once(uint8_t type, Bytes payload) {
  if (generation_ == 0 || write_at_ + record_size(payload.size) > kSectorSize) {
    return start_sector(static_cast<uint8_t>(1 - sector_));
  }
  const uint32_t at = write_at_;
  write_at_ = kSectorSize;  // stays so if the write fails: never append to a torn record
  uint32_t end = 0;
  OTTER_TRY(write_record(sector_ * kSectorSize + at, type, payload, &end));
  write_at_ = end - sector_ * kSectorSize;
  return Error::ok;
}

Error Journal::write_record(uint32_t offset, uint8_t type, Bytes payload, uint32_t* end) {
  uint8_t record[kRecordSizeMax];
  memset(record, 0xFF, sizeof(record));
  const uint32_t size = record_size(payload.size);
  record[0] = type;
  store_le16(record + 2, static_cast<uint16_t>(payload.size));
  memcpy(record + 4, payload.data, payload.size);
  store_le32(record + size - 4, crc32(0, Bytes(record, size - 4)));
  OTTER_TRY(program_and_compare(flash_, offset, Bytes(record, size)));
  *end = offset + size;
  return Error::ok;
}

// The whole state goes first and the header last (J1).
Error Journal::start_sector(uint8_t sector) {
  const uint32_t start = sector * kSectorSize;
  OTTER_TRY(flash_.erase(start, kSectorSize));
  uint8_t payload[kRecordSizeMax];
  Appender appender(payload);
  put_snapshot(state_, appender);
  uint32_t end = 0;
  OTTER_TRY(write_record(start + kHeaderSize, kTypeSnapshot, appender.written(), &end));

  const uint32_t generation = generation_ + 1 != 0 ? generation_ + 1 : 1;
  uint8_t header[kHeaderSize];
  memset(header, 0xFF, sizeof(header));
  memcpy(header, kSectorMagic, sizeof(kSectorMagic));
  store_le32(header + 4, generation);
  store_le32(header + 8, crc32(0, Bytes(header, 8)));
  OTTER_TRY(program_and_compare(flash_, start, header));
  sector_ = sector;
  generation_ = generation;
  write_at_ = end - start;
  return Error::ok;
}

}  // namespace otter
