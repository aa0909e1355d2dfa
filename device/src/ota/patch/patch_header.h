// The head of a patch: from what it is made, what comes of it, what decoding takes.
// docs/spec/patch.md. Pure, any thread.
#pragma once

#include "ota/wire/digest.h"

namespace otter {

constexpr size_t kPatchHeaderSize = 96;  // [bytes]
constexpr uint8_t kPatchFormat = 1;
// [bytes] of a base or a result: positions take three bytes in the decoder's tables.
constexpr uint32_t kPatchImageSizeMax = 16 * 1024 * 1024 - 1;
constexpr uint32_t kPatchPayloadSizeMax = 2 * kPatchImageSizeMax;  // [bytes]

// How the payload says what the result is.
enum class PatchMethod : uint8_t {
  bytes = 0,   // from a base of any bytes, or from none
  xtensa = 1,  // from an application image whose code is Xtensa
  riscv = 2,   // from an application image whose code is RISC-V
  lzma = 3,    // a whole result, no base
};

// [bytes] of working memory that a patch can be made for.
constexpr uint32_t kPatchMemorySizes[] = {16 * 1024, 32 * 1024, 64 * 1024};

struct PatchHeader {
  PatchMethod method = PatchMethod::bytes;
  bool appends_sha256 = false;  // the result's last 32 bytes are the SHA-256 of those before
  uint32_t base_size = 0;       // [bytes]
  uint32_t result_size = 0;     // [bytes]
  uint32_t payload_size = 0;    // [bytes] behind the header
  uint32_t memory_size = 0;     // [bytes] one of kPatchMemorySizes
  uint32_t payload_crc = 0;     // crc32(0, payload)
  Digest base_sha256;           // of the whole base; zeros where there is none
  Digest result_sha256;         // of the whole result
};

// `raw` starts at the patch's first byte. What is right here can be decoded, as far as the header
// tells; whether base and result are those that are meant is the caller's to compare.
//
// Errors: truncated; bad_magic; unsupported (format, method, flag or size of memory is unknown);
//         bad_checksum; too_large (a size); malformed (sizes, method and digests don't fit
//         together)
Result<PatchHeader> parse_patch_header(Bytes raw);

// The opposite.
//
// REQUIRES: out.size >= kPatchHeaderSize
void write_patch_header(const PatchHeader& header, MutableBytes out);

// "bytes", "xtensa", "riscv", "lzma".
Text name(PatchMethod method);

}  // namespace otter
