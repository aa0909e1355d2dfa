#include "ota/patch/patch_decoder.h"

#include "device/test/patch_bench.h"
#include "device/test/printers.h"
#include "publish/image_maker.h"
#include "publish/patch_maker.h"

namespace otter {
namespace {

std::vector<uint8_t> image(const std::string& version, ChipId chip = 5) {
  ImageRecipe recipe;
  recipe.chip = chip;
  recipe.product = "demo";
  recipe.version = version;
  recipe.size_bytes = 64 * 1024;
  return make_image(recipe);
}

// A patch between two images, taken apart.
struct DecoderCase {
  explicit DecoderCase(ChipId chip = 5) : DecoderCase(image("1.0.0", chip), image("1.0.1", chip)) {}
  DecoderCase(std::vector<uint8_t> base_in, std::vector<uint8_t> result_in)
      : base(std::move(base_in)), result(std::move(result_in)) {
    const std::vector<uint8_t> patch = make_patch(base, result, PatchOptions());
    header = parse_patch_header(patch).value;
    payload.assign(patch.begin() + kPatchHeaderSize, patch.end());
  }
  PatchOutcome run(const PatchRun& how = PatchRun()) const {
    return run_patch(header, base, payload, how);
  }

  std::vector<uint8_t> base;
  std::vector<uint8_t> result;
  PatchHeader header;
  std::vector<uint8_t> payload;
};

void expect_the_same_from_all_pieces(const DecoderCase& patch) {
  for (const size_t in_size : {1, 7, 128, 100000}) {
    for (const size_t out_size : {1, 31, 4096, 1000000}) {
      const PatchOutcome outcome = patch.run({in_size, out_size});
      EXPECT_EQ(outcome.error, Error::ok) << in_size << ' ' << out_size;
      EXPECT_TRUE(outcome.result == patch.result) << in_size << ' ' << out_size;
      EXPECT_FALSE(outcome.went_outside);
    }
  }
}

TEST(PatchDecoder, PiecesOfAnySizeGiveTheSame) { expect_the_same_from_all_pieces(DecoderCase()); }

TEST(PatchDecoder, PiecesOfAnySizeGiveTheSameWholeImage) {
  const DecoderCase patch({}, image("1.0.0"));
  ASSERT_EQ(patch.header.method, PatchMethod::lzma);
  expect_the_same_from_all_pieces(patch);
}

TEST(PatchDecoder, BeginsAgainAtByteZero) {
  const DecoderCase patch;
  std::vector<uint8_t> out(patch.result.size());
  GuardedSource source(patch.base, out);
  HostCrypto crypto;
  PatchDecoder decoder;
  std::vector<uint64_t> memory(patch.header.memory_size / 8);
  const MutableBytes block(reinterpret_cast<uint8_t*>(memory.data()), patch.header.memory_size);
  for (const size_t stop : {size_t{5000}, patch.result.size()}) {
    ASSERT_EQ(decoder.begin(patch.header, source, crypto, block), Error::ok);
    Bytes payload(patch.payload);
    while (decoder.size_done() < stop) {
      payload = payload.part(decoder.feed(payload));
      ASSERT_EQ(decoder.decode(MutableBytes(out).part(decoder.size_done(), 999)).error, Error::ok);
    }
  }
  EXPECT_TRUE(decoder.is_complete());
  EXPECT_EQ(out, patch.result);
}

TEST(PatchDecoder, SmallBlockIsLowMemory) {
  const DecoderCase patch;
  GuardedSource source(patch.base, patch.result);
  HostCrypto crypto;
  PatchDecoder decoder;
  std::vector<uint64_t> memory(patch.header.memory_size / 8);
  const MutableBytes block(reinterpret_cast<uint8_t*>(memory.data()), patch.header.memory_size - 8);
  EXPECT_EQ(decoder.begin(patch.header, source, crypto, block), Error::low_memory);
}

void expect_cuts_to_be_noticed(DecoderCase patch) {
  const std::vector<uint8_t> whole = patch.payload;
  for (size_t size = 0; size < whole.size(); size += 1 + whole.size() / 50) {
    patch.payload.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(patch.run().error, Error::truncated) << size;
    patch.header.payload_size = static_cast<uint32_t>(size);  // as if the header knew of it
    EXPECT_NE(patch.run().error, Error::ok) << size;
    patch.header.payload_size = static_cast<uint32_t>(whole.size());
  }
}

TEST(PatchDecoder, EachCutIsNoticed) {
  expect_cuts_to_be_noticed(DecoderCase());
  expect_cuts_to_be_noticed(DecoderCase({}, image("1.0.0")));
}

TEST(PatchDecoder, MoreThanIsNeededIsNoticed) {
  for (DecoderCase patch : {DecoderCase(), DecoderCase({}, image("1.0.0"))}) {
    patch.payload.insert(patch.payload.end(), 200, 0);
    patch.header.payload_size += 200;
    EXPECT_EQ(patch.run().error, Error::trailing_bytes);
  }
}

TEST(PatchDecoder, AnotherPayloadIsABadChecksum) {
  DecoderCase patch;
  patch.header.payload_crc ^= 1;
  EXPECT_EQ(patch.run().error, Error::bad_checksum);
}

TEST(PatchDecoder, NoChangedByteEscapes) {
  for (DecoderCase patch : {DecoderCase(), DecoderCase({}, image("1.0.0"))}) {
    for (size_t at = 0; at < patch.payload.size(); at += 1 + patch.payload.size() / 100) {
      patch.payload[at] ^= 0x10;
      const PatchOutcome outcome = patch.run();
      EXPECT_NE(outcome.error, Error::ok) << at;
      EXPECT_FALSE(outcome.went_outside) << at;
      patch.payload[at] ^= 0x10;
    }
  }
}

TEST(PatchDecoder, AnyBytesEndWithoutReadingOutside) {
  for (DecoderCase patch : {DecoderCase(0), DecoderCase(5), DecoderCase({}, image("1.0.0"))}) {
    uint32_t state = static_cast<uint32_t>(patch.payload.size());
    for (int round = 0; round < 200; ++round) {
      for (uint8_t& byte : patch.payload) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<uint8_t>(state >> 24);
      }
      EXPECT_FALSE(patch.run().went_outside) << round;
    }
  }
}

TEST(PatchDecoder, FailuresOfTheSourceComeThrough) {
  const DecoderCase patch;
  for (const int read : {0, 3, 20}) {
    PatchRun run;
    run.fail_at = read;
    EXPECT_EQ(patch.run(run).error, Error::flash_io) << read;
  }
}

TEST(PatchDecoder, BaseThatIsNoImageIsMalformed) {
  DecoderCase patch;
  patch.base[0] = 0;
  EXPECT_EQ(patch.run().error, Error::malformed);
  patch.base[0] = kImageMagic;
  patch.base[30] = 0xFF;  // its first segment's size
  patch.base[31] = 0xFF;
  EXPECT_EQ(patch.run().error, Error::malformed);
}

TEST(PatchDecoder, PropertiesThatDoNotFitTheMemoryAreMalformed) {
  DecoderCase patch({}, image("1.0.0"));
  patch.header.memory_size = 16 * 1024;
  patch.payload[0] = 3;  // lc = 3
  EXPECT_EQ(patch.run().error, Error::malformed);
  patch.payload[0] = 225;  // none at all
  EXPECT_EQ(patch.run().error, Error::malformed);
  patch.payload[0] = 2;
  patch.payload[1] = 9;  // no such filter
  EXPECT_EQ(patch.run().error, Error::malformed);
}

TEST(PatchDecoder, NothingIsDecodedBeforeBegin) {
  PatchDecoder decoder;
  uint8_t out[1];
  EXPECT_FALSE(decoder.needs_payload());
  EXPECT_EQ(decoder.feed(Bytes(out)), 0u);
  EXPECT_EQ(decoder.decode(out).error, Error::malformed);
}

}  // namespace
}  // namespace otter
