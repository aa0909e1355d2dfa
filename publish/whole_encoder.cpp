#include "publish/whole_encoder.h"

#include <lzma.h>

#include <algorithm>
#include <stdexcept>

#include "ota/patch/branch_filter.h"

namespace otter {
namespace {

constexpr ChipId kEsp32S3 = 9;
constexpr uint32_t kMatchSizeMax = 273;
constexpr uint32_t kSearchDepth = 300;

// lc, lp and pb.
struct Properties {
  uint32_t literal_context;
  uint32_t literal_position;
  uint32_t position;

  uint8_t byte() const {
    return static_cast<uint8_t>((position * 5 + literal_position) * 9 + literal_context);
  }
};

// The best first. lc + lp takes memory on the device.
std::vector<Properties> properties_for(PatchMethod method, uint32_t memory_size) {
  const bool is_small = memory_size < kPatchMemorySizes[1];
  if (method == PatchMethod::riscv) {
    if (is_small) return {{1, 1, 1}, {2, 0, 1}};
    return {{2, 1, 1}, {3, 0, 1}, {1, 2, 2}};
  }
  if (is_small) return {{2, 0, 0}, {1, 1, 0}};
  return {{3, 0, 0}, {3, 0, 2}, {2, 1, 1}};
}

BranchFilterKind filter_kind(const PatchImage& image) {
  if (image.method == PatchMethod::riscv) return BranchFilterKind::riscv;
  if (image.method != PatchMethod::xtensa) return BranchFilterKind::none;
  return image.map.chip() == kEsp32S3 ? BranchFilterKind::xtensa_wide : BranchFilterKind::xtensa;
}

// The largest segments of code, in the file's order.
std::vector<MappedSegment> code_segments(const PatchImage& image) {
  std::vector<MappedSegment> segments;
  for (uint32_t i = 0; i < image.map.count(); ++i) {
    if (image.map.segment(i).is_code) segments.push_back(image.map.segment(i));
  }
  std::sort(segments.begin(), segments.end(),
            [](const MappedSegment& a, const MappedSegment& b) { return a.size > b.size; });
  if (segments.size() > kFilterRangesMax) segments.resize(kFilterRangesMax);
  std::sort(segments.begin(), segments.end(),
            [](const MappedSegment& a, const MappedSegment& b) { return a.offset < b.offset; });
  return segments;
}

// Filters `bytes` in place; blocks that would not come back as they were are exceptions. False if
// there are too many of them.
bool filter_blocks(BranchFilter& filter, std::vector<uint8_t>& bytes) {
  uint32_t exceptions = 0;
  for (uint32_t begin = 0; begin < bytes.size(); begin += kFilterBlockSize) {
    const uint32_t number = begin / kFilterBlockSize;
    const MutableBytes block = MutableBytes(bytes).part(begin, kFilterBlockSize);
    const std::vector<uint8_t> before(block.data, block.data + block.size);
    std::vector<uint8_t> filtered = before;
    filter.apply(number, filtered);
    std::vector<uint8_t> back = filtered;
    filter.undo(number, back);
    if (back == before) {
      std::copy(filtered.begin(), filtered.end(), block.data);
    } else if (++exceptions <= kFilterExceptionsMax) {
      filter.add_exception(number);
    } else {
      return false;
    }
  }
  return true;
}

// The filter for an image; `bytes` become what it makes of them.
BranchFilter make_filter(const PatchImage& image, std::vector<uint8_t>& bytes) {
  BranchFilter filter;
  filter.kind = filter_kind(image);
  if (filter.kind == BranchFilterKind::none) return filter;
  for (const MappedSegment& segment : code_segments(image)) {
    const uint32_t end = std::min(segment.end(), static_cast<uint32_t>(bytes.size()));
    if (segment.offset < end) filter.add_range(segment.offset, end);
  }
  const std::vector<uint8_t> before = bytes;
  if (filter_blocks(filter, bytes)) return filter;
  bytes = before;
  return BranchFilter();
}

std::vector<uint8_t> compress(const std::vector<uint8_t>& bytes, const Properties& properties) {
  lzma_options_lzma options{};
  if (lzma_lzma_preset(&options, 9 | LZMA_PRESET_EXTREME) != 0) {
    throw std::runtime_error("liblzma has no such preset");
  }
  options.dict_size = std::max<uint32_t>(LZMA_DICT_SIZE_MIN, static_cast<uint32_t>(bytes.size()));
  options.lc = properties.literal_context;
  options.lp = properties.literal_position;
  options.pb = properties.position;
  options.nice_len = kMatchSizeMax;
  options.depth = kSearchDepth;
  options.ext_flags = 0;  // no end mark: the size is known
  lzma_set_ext_size(options, bytes.size());
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA1EXT, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  std::vector<uint8_t> out(bytes.size() + bytes.size() / 8 + 4096);
  size_t size = 0;
  const lzma_ret done = lzma_raw_buffer_encode(filters, nullptr, bytes.data(), bytes.size(),
                                               out.data(), &size, out.size());
  if (done != LZMA_OK) throw std::runtime_error("no memory to compress an image of that size");
  out.resize(size);
  return out;
}

}  // namespace

std::vector<uint8_t> encode_whole(const PatchImage& image, uint32_t memory_size, int tries) {
  const Bytes body = image.body();
  std::vector<uint8_t> bytes(body.data, body.data + body.size);
  const BranchFilter filter = make_filter(image, bytes);
  std::vector<uint8_t> best;
  for (const Properties& properties : properties_for(image.method, memory_size)) {
    if (tries-- <= 0) break;
    const std::vector<uint8_t> compressed = compress(bytes, properties);
    uint8_t encoded[BranchFilter::kEncodedSizeMax];
    Appender head{MutableBytes(encoded)};
    filter.write(head);
    std::vector<uint8_t> payload{properties.byte()};
    payload.insert(payload.end(), head.written().data, head.written().data + head.written().size);
    payload.insert(payload.end(), compressed.begin(), compressed.end());
    if (best.empty() || payload.size() < best.size()) best = std::move(payload);
  }
  return best;
}

}  // namespace otter
