// The application image on any bytes. The input's checksum and hash are mended first where that is
// possible, else the fuzzer would never come past them; then the image is read as it came, too.
#include <algorithm>

#include "fuzz/require.h"
#include "ota/esp_image.h"
#include "publish/host_crypto.h"
#include "publish/memory_image.h"

namespace otter {
namespace {

ImageFault check(Bytes bytes, ImageInfo* info, size_t scratch_size) {
  HostCrypto crypto;
  MemoryImage image(bytes);
  std::vector<uint8_t> scratch(scratch_size);
  return check_image(image, crypto, scratch, info);
}

void require_consistent(const ImageInfo& info, Bytes bytes) {
  require(info.size_bytes <= bytes.size, "the image lies within the file");
  require(info.checksum_offset < info.size_bytes, "so does its checksum");
  uint32_t end = kImageHeaderSize;
  for (size_t i = 0; i < info.header.segment_count; ++i) {
    require(info.segments[i].data_offset == end + kSegmentHeaderSize, "segments follow each other");
    end = info.segments[i].data_offset + info.segments[i].data_size;
  }
  require(end <= info.checksum_offset, "the checksum is behind the segments");
  ImageInfo exact;
  require(check(bytes.part(0, info.size_bytes), &exact, 64).error == Error::ok,
          "the image needs nothing behind it");
  require(check(bytes.part(0, info.size_bytes - 1), &exact, 64).error == Error::truncated,
          "and no byte less");
}

void check_once(Bytes bytes) {
  ImageInfo info;
  const ImageFault fault = check(bytes, &info, 4096);
  ImageInfo other;
  const ImageFault again = check(bytes, &other, 67);
  require(fault.error == again.error && fault.offset == again.offset,
          "the result does not depend on the scratch");
  require(fault.offset <= bytes.size, "the fault lies within the file");
  if (fault.error != Error::ok) return;
  require_consistent(info, bytes);
  (void)parse_app_description(bytes.part(kAppDescriptionOffset)).ok();
  HostCrypto crypto;
  MemoryImage image(bytes);
  uint8_t scratch[256];
  const Result<SignatureSector> sector =
      find_signature(image, info.size_bytes, crypto, MutableBytes(scratch, sizeof(scratch)));
  if (sector.ok() && sector.value.kind != SignatureKind::none) {
    require(sector.value.offset + kSignatureSectorSize <= bytes.size, "the sector is in the file");
  }
}

// Sets checksum and hash to what they must be, as far as the structure shows where they are.
void mend(std::vector<uint8_t>* file) {
  ImageInfo info;
  ImageFault fault = check(*file, &info, 4096);
  if (fault.error == Error::bad_checksum) {
    uint8_t checksum = kChecksumSeed;
    for (size_t i = 0; i < info.header.segment_count; ++i) {
      const ImageSegment& segment = info.segments[i];
      for (uint32_t at = 0; at < segment.data_size; ++at) {
        checksum ^= (*file)[segment.data_offset + at];
      }
    }
    (*file)[info.checksum_offset] = checksum;
    fault = check(*file, &info, 4096);
    require(fault.error != Error::bad_checksum, "a mended checksum is right");
  }
  if (fault.error == Error::bad_hash) {
    HostCrypto crypto;
    const Digest digest = sha256(crypto, Bytes(*file).part(0, fault.offset)).value;
    std::copy_n(digest.bytes, kDigestSize, file->begin() + fault.offset);
    require(check(*file, &info, 4096).error == Error::ok, "a mended hash is right");
  }
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  check_once(Bytes(data, size));
  std::vector<uint8_t> file(data, data + size);
  mend(&file);
  check_once(file);
  return 0;
}
