#include "ota/patch/patch_header.h"

#include "ota/crc32.h"

namespace otter {
namespace {

constexpr char kMagic[] = "OTD1";
constexpr size_t kMagicSize = 4;
constexpr size_t kCheckedSize = kPatchHeaderSize - 4;  // what the header's own CRC is over
constexpr uint16_t kFlagAppendsSha256 = 1;
constexpr const char* kMethods[] = {"bytes", "xtensa", "riscv", "lzma"};
constexpr uint8_t kMethodCount = sizeof(kMethods) / sizeof(kMethods[0]);

bool is_memory_size(uint32_t size) {
  bool is_known = false;
  for (const uint32_t known : kPatchMemorySizes) is_known = is_known || known == size;
  return is_known;
}

Error check_sizes(const PatchHeader& header) {
  if (header.base_size > kPatchImageSizeMax || header.result_size > kPatchImageSizeMax ||
      header.payload_size > kPatchPayloadSizeMax) {
    return Error::too_large;
  }
  const bool needs_base =
      header.method == PatchMethod::xtensa || header.method == PatchMethod::riscv;
  if (needs_base && header.base_size == 0) return Error::malformed;
  if (header.method == PatchMethod::lzma && header.base_size > 0) return Error::malformed;
  if ((header.base_size == 0) != header.base_sha256.is_zero()) return Error::malformed;
  if (header.appends_sha256 && header.result_size < kDigestSize) return Error::malformed;
  return Error::ok;
}

}  // namespace

Result<PatchHeader> parse_patch_header(Bytes raw) {
  if (raw.size < kMagicSize) return Error::truncated;
  if (as_text(raw.part(0, kMagicSize)) != Text(kMagic)) return Error::bad_magic;
  if (raw.size < kPatchHeaderSize) return Error::truncated;
  Cursor cursor(raw.part(kMagicSize, kPatchHeaderSize - kMagicSize));
  const uint8_t format = cursor.u8();
  const uint8_t method = cursor.u8();
  const uint16_t flags = cursor.le16();
  PatchHeader header;
  header.base_size = cursor.le32();
  header.result_size = cursor.le32();
  header.payload_size = cursor.le32();
  header.memory_size = cursor.le32();
  header.payload_crc = cursor.le32();
  memcpy(header.base_sha256.bytes, cursor.take(kDigestSize).data, kDigestSize);
  memcpy(header.result_sha256.bytes, cursor.take(kDigestSize).data, kDigestSize);
  // Of another format nothing else is known, its checksum neither.
  if (format != kPatchFormat) return Error::unsupported;
  if (cursor.le32() != crc32(0, raw.part(0, kCheckedSize))) return Error::bad_checksum;
  if (method >= kMethodCount || (flags & ~kFlagAppendsSha256) != 0 ||
      !is_memory_size(header.memory_size)) {
    return Error::unsupported;
  }
  header.method = static_cast<PatchMethod>(method);
  header.appends_sha256 = (flags & kFlagAppendsSha256) != 0;
  OTTER_TRY(check_sizes(header));
  return header;
}

void write_patch_header(const PatchHeader& header, MutableBytes out) {
  Appender appender(out.part(0, kPatchHeaderSize));
  appender.text(Text(kMagic));
  appender.u8(kPatchFormat);
  appender.u8(static_cast<uint8_t>(header.method));
  appender.le16(header.appends_sha256 ? kFlagAppendsSha256 : 0);
  appender.le32(header.base_size);
  appender.le32(header.result_size);
  appender.le32(header.payload_size);
  appender.le32(header.memory_size);
  appender.le32(header.payload_crc);
  appender.bytes(header.base_sha256.bytes);
  appender.bytes(header.result_sha256.bytes);
  appender.le32(crc32(0, appender.written()));
}

Text name(PatchMethod method) { return Text(kMethods[static_cast<uint8_t>(method)]); }

}  // namespace otter
