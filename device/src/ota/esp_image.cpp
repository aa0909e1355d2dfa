#include "ota/esp_image.h"

#include "ota/crc32.h"

namespace otter {
namespace {

constexpr uint32_t kChecksumAlignment = 16;  // [bytes]
constexpr uint32_t kPadAlignment = 0x10000;  // [bytes] esptool elf2image --secure-pad-v2
constexpr size_t kSegmentCountOffset = 1;
constexpr size_t kHashAppendedOffset = 23;
constexpr size_t kSignatureBlockSize = 1216;
constexpr size_t kSignatureBlocksMax = 3;
constexpr uint8_t kSignatureMagic = 0xE7;
constexpr uint8_t kVersionRsa = 2;
constexpr uint8_t kVersionEcdsa = 3;
constexpr size_t kSignatureHashOffset = 4;
constexpr size_t kSignatureCrcOffset = 1196;

Text until_nul(Bytes field) {
  const void* nul = memchr(field.data, 0, field.size);
  const size_t size = nul == nullptr
                          ? field.size
                          : static_cast<size_t>(static_cast<const uint8_t*>(nul) - field.data);
  return as_text(field.part(0, size));
}

// Goes over an image from front to back, hashing what it passes.
class ImageReader {
 public:
  ImageReader(Readable& image, Crypto& crypto, MutableBytes scratch)
      : image_(image), crypto_(crypto), scratch_(scratch) {
    crypto_.sha256_begin(HashLane::image);
  }

  uint32_t offset() const { return offset_; }

  // The next `size` <= scratch bytes.
  Result<Bytes> take(uint32_t size) {
    if (size > image_.size_bytes() - offset_) return Error::truncated;
    const MutableBytes piece = scratch_.part(0, size);
    OTTER_TRY(image_.read(offset_, piece));
    crypto_.sha256_update(HashLane::image, piece);
    offset_ += size;
    return Bytes(piece);
  }

  // Passes `size` bytes, all of them folded into the checksum.
  Error pass(uint32_t size) {
    if (size > image_.size_bytes() - offset_) return Error::truncated;
    while (size > 0) {
      const uint32_t piece = size < scratch_.size ? size : static_cast<uint32_t>(scratch_.size);
      OTTER_TRY_SET(const Bytes data, take(piece));
      for (size_t i = 0; i < data.size; ++i) checksum_ ^= data.data[i];
      size -= piece;
    }
    return Error::ok;
  }

  uint8_t checksum() const { return checksum_; }
  Error finish(Digest* out) { return crypto_.sha256_finish(HashLane::image, out); }

 private:
  Readable& image_;
  Crypto& crypto_;
  MutableBytes scratch_;
  uint32_t offset_ = 0;
  uint8_t checksum_ = kChecksumSeed;
};

uint32_t offset_of_header_error(Error error) {
  if (error == Error::out_of_range) return kSegmentCountOffset;
  return error == Error::malformed ? kHashAppendedOffset : 0;
}

ImageFault check_segments(ImageReader& reader, ImageInfo* info) {
  for (uint8_t i = 0; i < info->header.segment_count; ++i) {
    const uint32_t at = reader.offset();
    const Result<Bytes> header = reader.take(kSegmentHeaderSize);
    if (!header.ok()) return {header.error, at};
    ImageSegment& segment = info->segments[i];
    segment.load_address = load_le32(header.value.data);
    segment.data_size = load_le32(header.value.data + 4);
    segment.data_offset = reader.offset();
    if (segment.data_size % 4 != 0) return {Error::malformed, at + 4};
    if (segment.data_size >= kSegmentSizeMax) return {Error::too_large, at + 4};
    const Error error = reader.pass(segment.data_size);
    if (error != Error::ok) return {error, at + 4};
  }
  return {};
}

ImageFault check_tail(ImageReader& reader, Readable& image, ImageInfo* info) {
  // The checksum is the last byte of a pad of zeros to the next multiple of 16.
  const uint8_t computed = reader.checksum();
  const uint32_t padded =
      (reader.offset() + kChecksumAlignment) / kChecksumAlignment * kChecksumAlignment;
  info->checksum_offset = padded - 1;
  const Result<Bytes> pad = reader.take(padded - reader.offset());
  if (!pad.ok()) return {pad.error, reader.offset()};
  info->checksum = pad.value.data[pad.value.size - 1];
  if (info->checksum != computed) return {Error::bad_checksum, info->checksum_offset};
  info->size_bytes = reader.offset();
  if (!info->header.hash_appended) return {};

  Digest digest;
  const Error error = reader.finish(&digest);
  if (error != Error::ok) return {error, 0};
  if (image.size_bytes() - info->size_bytes < kDigestSize)
    return {Error::truncated, info->size_bytes};
  const Error read = image.read(info->size_bytes, info->appended_sha256.bytes);
  if (read != Error::ok) return {read, info->size_bytes};
  if (info->appended_sha256 != digest) return {Error::bad_hash, info->size_bytes};
  info->size_bytes += kDigestSize;
  return {};
}

bool is_signature_version(uint8_t version) {
  return version == kVersionRsa || version == kVersionEcdsa;
}

// SHA-256 of the first `size` bytes.
Result<Digest> hash_front(Readable& file, uint32_t size, Crypto& crypto, MutableBytes scratch) {
  crypto.sha256_begin(HashLane::image);
  for (uint32_t at = 0; at < size;) {
    const MutableBytes piece = scratch.part(0, size - at);
    OTTER_TRY(file.read(at, piece));
    crypto.sha256_update(HashLane::image, piece);
    at += static_cast<uint32_t>(piece.size);
  }
  Digest digest;
  OTTER_TRY(crypto.sha256_finish(HashLane::image, &digest));
  return digest;
}

// One signature block: the CRC over its fields, and the hash of what it signs.
struct SignatureBlock {
  uint8_t version = 0;  // 0: no block here
  Digest signed_sha256;
};

Result<SignatureBlock> read_block(Readable& file, uint32_t offset, MutableBytes scratch) {
  uint8_t front[kSignatureHashOffset + kDigestSize];
  OTTER_TRY(file.read(offset, front));
  if (front[0] != kSignatureMagic || !is_signature_version(front[1])) return SignatureBlock();
  uint32_t crc = 0;
  for (uint32_t at = 0; at < kSignatureCrcOffset;) {
    const MutableBytes piece = scratch.part(0, kSignatureCrcOffset - at);
    OTTER_TRY(file.read(offset + at, piece));
    crc = crc32(crc, piece);
    at += static_cast<uint32_t>(piece.size);
  }
  uint8_t stored[4];
  OTTER_TRY(file.read(offset + kSignatureCrcOffset, stored));
  if (load_le32(stored) != crc) return Error::bad_checksum;
  SignatureBlock block;
  block.version = front[1];
  memcpy(block.signed_sha256.bytes, front + kSignatureHashOffset, kDigestSize);
  return block;
}

}  // namespace

Result<ImageHeader> parse_image_header(Bytes raw) {
  if (raw.size < 1) return Error::truncated;
  if (raw.data[0] != kImageMagic) return Error::bad_magic;
  if (raw.size < kImageHeaderSize) return Error::truncated;
  ImageHeader header;
  header.segment_count = raw.data[kSegmentCountOffset];
  header.spi_mode = raw.data[2];
  header.spi_speed = raw.data[3] & 0x0F;
  header.spi_size = raw.data[3] >> 4;
  header.entry_address = load_le32(raw.data + 4);
  header.wp_pin = raw.data[8];
  header.chip = load_le16(raw.data + 12);
  header.min_chip_revision_legacy = raw.data[14];
  header.min_revision = load_le16(raw.data + 15);
  header.max_revision = load_le16(raw.data + 17);
  if (header.segment_count == 0 || header.segment_count > kSegmentsMax) return Error::out_of_range;
  // The bootloader takes every value but 0 for "appended", esptool knows 0 and 1.
  if (raw.data[kHashAppendedOffset] > 1) return Error::malformed;
  header.hash_appended = raw.data[kHashAppendedOffset] == 1;
  return header;
}

Result<AppDescription> parse_app_description(Bytes raw) {
  if (raw.size < kAppDescriptionSize) return Error::truncated;
  if (load_le32(raw.data) != kAppDescriptionMagic) return Error::no_app_description;
  AppDescription description;
  description.secure_version = load_le32(raw.data + 4);
  description.version = until_nul(raw.part(16, 32));
  description.project_name = until_nul(raw.part(48, 32));
  description.time = until_nul(raw.part(80, 16));
  description.date = until_nul(raw.part(96, 16));
  description.idf_version = until_nul(raw.part(112, 32));
  memcpy(description.app_elf_sha256.bytes, raw.data + 144, kDigestSize);
  description.min_efuse_block_revision = load_le16(raw.data + 176);
  description.max_efuse_block_revision = load_le16(raw.data + 178);
  description.mmu_page_size_log2 = raw.data[180];
  return description;
}

ImageFault check_image(Readable& image, Crypto& crypto, MutableBytes scratch, ImageInfo* info) {
  *info = ImageInfo();
  ImageReader reader(image, crypto, scratch);
  const uint32_t available = image.size_bytes();
  const uint32_t front = available < kImageHeaderSize ? available : uint32_t{kImageHeaderSize};
  const Result<Bytes> raw = reader.take(front);
  if (!raw.ok()) return {raw.error, 0};
  const Result<ImageHeader> header = parse_image_header(raw.value);
  if (!header.ok()) return {header.error, offset_of_header_error(header.error)};
  info->header = header.value;
  const ImageFault fault = check_segments(reader, info);
  if (fault.error != Error::ok) return fault;
  return check_tail(reader, image, info);
}

Result<SignatureSector> find_signature(Readable& file, uint32_t image_size, Crypto& crypto,
                                       MutableBytes scratch) {
  SignatureSector sector;
  // esptool pads to 64 KiB; the verifier itself only rounds up to a sector.
  constexpr uint32_t kAlignments[] = {kSignatureSectorSize, kPadAlignment};
  for (uint32_t alignment : kAlignments) {
    const uint32_t offset = (image_size + alignment - 1) / alignment * alignment;
    if (file.size_bytes() < kSignatureSectorSize ||
        offset > file.size_bytes() - kSignatureSectorSize) {
      continue;
    }
    for (size_t i = 0; i < kSignatureBlocksMax; ++i) {
      const uint32_t at = offset + static_cast<uint32_t>(i * kSignatureBlockSize);
      OTTER_TRY_SET(const SignatureBlock block, read_block(file, at, scratch));
      if (block.version == 0) break;
      OTTER_TRY_SET(const Digest digest, hash_front(file, offset, crypto, scratch));
      if (digest != block.signed_sha256) return Error::bad_hash;
      sector.kind = block.version == kVersionRsa ? SignatureKind::rsa_3072 : SignatureKind::ecdsa;
      sector.offset = offset;
      sector.block_count = static_cast<uint8_t>(i + 1);
    }
    if (sector.kind != SignatureKind::none) return sector;
  }
  return sector;
}

}  // namespace otter
