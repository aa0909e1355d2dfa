// The chip's port of cryptography, built on the host: what it is asked, the host's own must answer
// alike.
#include <sys/random.h>

#include <cstdio>
#include <random>

#include "device/test/chip_library.h"
#include "device/test/printers.h"
#include "device/test/source_file.h"
#include "device/test/tested_crypto.h"
#include "device/test/vector_checks.h"
#include "ota/wire/checkin.h"
#include "ota_esp/fill_random.h"
#include "sim/fixed_key.h"

namespace otter {

namespace {

bool has_random = true;

}  // namespace

// The host's, in place of the chip's generator.
Error fill_random(MutableBytes out) {
  if (!has_random) return Error::random_failed;
  return getrandom(out.data, out.size, 0) == static_cast<ssize_t>(out.size) ? Error::ok
                                                                            : Error::random_failed;
}

namespace {

constexpr HashLane kLanes[] = {HashLane::message, HashLane::block, HashLane::image};

class ChipCryptoTest : public testing::Test {
 protected:
  std::vector<uint8_t> some_bytes(size_t size) {
    std::vector<uint8_t> bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_());
    return bytes;
  }
  Digest some_digest() {
    Digest digest;
    memcpy(digest.bytes, some_bytes(kDigestSize).data(), kDigestSize);
    return digest;
  }
  size_t below(size_t limit) { return random_() % limit; }

  TestedCrypto chip_;
  HostCrypto host_;
  std::mt19937 random_{1};
};

TEST_F(ChipCryptoTest, HashesAsTheHostDoes) {
  for (int round = 0; round < 200; ++round) {
    for (HashLane lane : kLanes) {
      chip_.sha256_begin(lane);
      host_.sha256_begin(lane);
    }
    for (size_t pieces = below(20); pieces > 0; --pieces) {
      const HashLane lane = kLanes[below(kHashLaneCount)];
      const std::vector<uint8_t> piece = some_bytes(below(200));
      chip_.sha256_update(lane, piece);
      host_.sha256_update(lane, piece);
    }
    for (HashLane lane : kLanes) {
      Digest mine;
      Digest expected;
      ASSERT_EQ(chip_.sha256_finish(lane, &mine), Error::ok);
      ASSERT_EQ(host_.sha256_finish(lane, &expected), Error::ok);
      EXPECT_EQ(mine, expected);
    }
  }
}

TEST_F(ChipCryptoTest, AHashThatWasNotBegunFails) {
  Digest digest;
  EXPECT_EQ(chip_.sha256_finish(HashLane::block, &digest), Error::low_memory);
  chip_.sha256_begin(HashLane::block);
  EXPECT_EQ(chip_.sha256_finish(HashLane::block, &digest), Error::ok);
  EXPECT_EQ(chip_.sha256_finish(HashLane::block, &digest), Error::low_memory) << "it has ended";
  OTTER_TESTED_CRYPTO not_begun;
  not_begun.sha256_update(HashLane::block, digest.bytes);
  EXPECT_EQ(not_begun.sha256_finish(HashLane::block, &digest), Error::low_memory);
}

TEST_F(ChipCryptoTest, AFailureWithinAHashShowsAtItsEnd) {
  const std::vector<uint8_t> piece(100, 1);
  Digest ignored;
  for (LibraryCall failing : {LibraryCall::hash_begin, LibraryCall::hash_update,
                              LibraryCall::hash_finish, LibraryCall::none}) {
    ChipLibrary::fail_next(failing);
    chip_.sha256_begin(HashLane::image);
    chip_.sha256_update(HashLane::image, piece);
    chip_.sha256_update(HashLane::image, piece);
    EXPECT_EQ(chip_.sha256_finish(HashLane::image, &ignored),
              failing == LibraryCall::none ? Error::ok : Error::low_memory)
        << static_cast<int>(failing);
  }
}

TEST_F(ChipCryptoTest, BeginsAgainAfterAFailure) {
  OTTER_TESTED_CRYPTO crypto;
  ChipLibrary::fail_next(LibraryCall::begin);
  EXPECT_EQ(crypto.begin(), Error::low_memory);
  for (int again = 0; again < 2; ++again) EXPECT_EQ(crypto.begin(), Error::ok);
  EXPECT_EQ(sha256(crypto, Bytes()).error, Error::ok);
}

TEST_F(ChipCryptoTest, BeginWithoutMemoryFailsAndLeavesNothing) {
  int failing = 0;
  for (bool has_begun = false; !has_begun; ++failing) {
    ChipLibrary::start_counting(failing);
    {
      OTTER_TESTED_CRYPTO crypto;
      const Error error = crypto.begin();
      has_begun = ChipLibrary::allocations() <= failing;
      EXPECT_EQ(error, has_begun ? Error::ok : Error::low_memory) << failing;
      EXPECT_EQ(crypto.begin(), Error::ok) << failing;
    }
    ChipLibrary::stop_counting();
    EXPECT_EQ(ChipLibrary::held(), 0u) << failing;
  }
}

// Each allocation in turn at first, then some of the thousands.
TEST_F(ChipCryptoTest, VerifiesNothingWithoutMemory) {
  const sim::FixedKey key("release");
  const Bytes point = key.release_key().point;
  const Digest digest = some_digest();
  const RawSignature signature = key.sign(digest);
  ASSERT_TRUE(chip_.verify_p256(point, digest, signature));
  ChipLibrary::start_counting();
  EXPECT_TRUE(chip_.verify_p256(point, digest, signature));
  ChipLibrary::stop_counting();
  const int allocations = ChipLibrary::allocations();
  EXPECT_EQ(ChipLibrary::held(), 0u);
  printf("Verification: %d allocations, at most %zu bytes at once\n", allocations,
         ChipLibrary::held_max());
  for (int failing = 0; failing < allocations; failing += 1 + failing / 50) {
    ChipLibrary::start_counting(failing);
    EXPECT_FALSE(chip_.verify_p256(point, digest, signature)) << failing;
    ChipLibrary::stop_counting();
    EXPECT_EQ(ChipLibrary::held(), 0u) << failing;
  }
  EXPECT_TRUE(chip_.verify_p256(point, digest, signature));
}

TEST_F(ChipCryptoTest, VerifiesAsTheHostDoes) {
  const sim::FixedKey key("release");
  const Bytes point = key.release_key().point;
  for (int round = 0; round < 20; ++round) {
    const Digest digest = some_digest();
    RawSignature signature = key.sign(digest);
    EXPECT_TRUE(chip_.verify_p256(point, digest, signature));
    signature[below(kSignatureSize)] ^= static_cast<uint8_t>(1u << below(8));
    EXPECT_FALSE(chip_.verify_p256(point, digest, signature));
    EXPECT_FALSE(host_.verify_p256(point, digest, signature));
  }
}

TEST_F(ChipCryptoTest, RefusesWhatIsNoKeyOrSignature) {
  const sim::FixedKey key("release");
  const Bytes point = key.release_key().point;
  const Digest digest;
  const RawSignature signature = key.sign(digest);
  ASSERT_TRUE(chip_.verify_p256(point, digest, signature));
  EXPECT_FALSE(chip_.verify_p256(point, digest, Bytes(signature).part(0, 63)));
  EXPECT_FALSE(chip_.verify_p256(point, digest, Bytes()));
  EXPECT_FALSE(chip_.verify_p256(point.part(0, 64), digest, signature));
  EXPECT_FALSE(chip_.verify_p256(Bytes(), digest, signature));
  for (const uint8_t byte : {uint8_t{0}, uint8_t{0xFF}}) {
    EXPECT_FALSE(chip_.verify_p256(point, digest, std::vector<uint8_t>(kSignatureSize, byte)));
  }
  std::vector<uint8_t> off_the_curve(point.data, point.data + point.size);
  off_the_curve.back() ^= 1;
  EXPECT_FALSE(chip_.verify_p256(off_the_curve, digest, signature));
  std::vector<uint8_t> compressed(point.data, point.data + 33);
  compressed[0] = static_cast<uint8_t>(2 + (point.data[64] & 1));
  EXPECT_FALSE(chip_.verify_p256(compressed, digest, signature));
}

// Zero, one, about the order of the curve, the field's prime, all ones: as r, as s, as both.
TEST_F(ChipCryptoTest, RefusesNumbersOutOfRange) {
  const sim::FixedKey key("release");
  const Digest digest = some_digest();
  const RawSignature good = key.sign(digest);
  const std::string order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc6325";
  for (const std::string& hex :
       {std::string(64, '0'), std::string(63, '0') + "1", order + "50", order + "51", order + "52",
        "ffffffff00000001" + std::string(24, '0') + std::string(24, 'f'), std::string(64, 'f')}) {
    const std::vector<uint8_t> number = bytes_of_hex(hex);
    for (const bool is_r : {true, false}) {
      RawSignature signature = good;
      std::copy(number.begin(), number.end(), signature.begin() + (is_r ? 0 : 32));
      EXPECT_FALSE(chip_.verify_p256(key.release_key().point, digest, signature)) << hex;
      std::copy(number.begin(), number.end(), signature.begin() + (is_r ? 32 : 0));
      EXPECT_FALSE(chip_.verify_p256(key.release_key().point, digest, signature)) << hex;
    }
  }
}

class Differences : public VectorReport {
 public:
  void differs(Text vector, Text what) override {
    ADD_FAILURE() << string_of(vector) << ": " << string_of(what);
  }
};

TEST_F(ChipCryptoTest, HoldsAllVectors) {
  Differences differences;
  for (const char* name : kVectorFiles) {
    const std::string text = read_source_file(std::string("docs/spec/vectors/") + name + ".json");
    EXPECT_GT(check_vectors(name, text, chip_, differences), 3u) << name;
  }
}

TEST_F(ChipCryptoTest, GivesRandomBytes) {
  std::vector<uint8_t> first(16);
  std::vector<uint8_t> second(16);
  ASSERT_EQ(chip_.random(first), Error::ok);
  ASSERT_EQ(chip_.random(second), Error::ok);
  EXPECT_NE(first, second);
  has_random = false;
  EXPECT_EQ(chip_.random(first), Error::random_failed);
  has_random = true;
}

}  // namespace
}  // namespace otter
