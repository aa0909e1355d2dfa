#include "ota/wire/crypto.h"

#include <array>

#include "device/test/printers.h"
#include "device/test/tested_crypto.h"

namespace otter {
namespace {

// A Crypto whose hashes fail once `hashes_left` are used up.
class FailingCrypto : public TestedCrypto {
 public:
  explicit FailingCrypto(int hashes_left) : hashes_left_(hashes_left) {}
  Error sha256_finish(HashLane lane, Digest* out) override {
    OTTER_TRY(TestedCrypto::sha256_finish(lane, out));
    return hashes_left_-- > 0 ? Error::ok : Error::low_memory;
  }

 private:
  int hashes_left_;
};

std::string sha256_hex(std::string_view text) {
  TestedCrypto crypto;
  return hex_of(sha256(crypto, bytes_of(text)).value.bytes);
}

std::string hmac_hex(const std::vector<uint8_t>& key, const std::vector<uint8_t>& data) {
  TestedCrypto crypto;
  return hex_of(hmac_sha256(crypto, key, data).value.bytes);
}

std::string hkdf_hex(const std::string& key, const std::string& salt, const std::string& info) {
  TestedCrypto crypto;
  const Result<Digest> output =
      hkdf_sha256(crypto, bytes_of_hex(key), bytes_of_hex(salt), bytes_of_hex(info));
  EXPECT_EQ(output.error, Error::ok);
  return hex_of(output.value.bytes);
}

// The bytes first, first + 1, ..., last in hexadecimal.
std::string hex_range(int first, int last) {
  std::vector<uint8_t> bytes;
  for (int i = first; i <= last; ++i) bytes.push_back(static_cast<uint8_t>(i));
  return hex_of(bytes);
}

// RFC 6979 appendix A.2.5: P-256, SHA-256
const std::vector<uint8_t> kPoint = bytes_of_hex(
    "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
const std::vector<uint8_t> kSampleSignature = bytes_of_hex(
    "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
const std::vector<uint8_t> kTestSignature = bytes_of_hex(
    "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
    "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083");

bool verifies(const std::vector<uint8_t>& point, std::string_view message,
              const std::vector<uint8_t>& signature) {
  TestedCrypto crypto;
  const Digest digest = sha256(crypto, bytes_of(message)).value;
  return crypto.verify_p256(point, digest, signature);
}

TEST(Sha256, AgreesWithFips180) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, LanesDoNotDisturbEachOther) {
  TestedCrypto crypto;
  Digest a;
  Digest b;
  crypto.sha256_begin(HashLane::block);
  crypto.sha256_update(HashLane::block, bytes_of("a"));
  crypto.sha256_begin(HashLane::image);
  crypto.sha256_update(HashLane::image, bytes_of("abc"));
  EXPECT_EQ(sha256(crypto, bytes_of("x")).error, Error::ok);
  crypto.sha256_update(HashLane::block, bytes_of("bc"));
  ASSERT_EQ(crypto.sha256_finish(HashLane::block, &a), Error::ok);
  ASSERT_EQ(crypto.sha256_finish(HashLane::image, &b), Error::ok);
  EXPECT_TRUE(a == b);
  EXPECT_EQ(hex_of(a.bytes), sha256_hex("abc"));
}

TEST(Sha256, BeginDropsWhatTheLaneHeld) {
  TestedCrypto crypto;
  Digest digest;
  crypto.sha256_begin(HashLane::message);
  crypto.sha256_update(HashLane::message, bytes_of("dropped"));
  crypto.sha256_begin(HashLane::message);
  ASSERT_EQ(crypto.sha256_finish(HashLane::message, &digest), Error::ok);
  EXPECT_EQ(hex_of(digest.bytes), sha256_hex(""));
}

TEST(Hmac, AgreesWithRfc4231) {
  const auto repeated = [](size_t count, int byte) {
    return std::vector<uint8_t>(count, static_cast<uint8_t>(byte));
  };
  EXPECT_EQ(hmac_hex(repeated(20, 0x0B), bytes_of("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_hex(bytes_of("Jefe"), bytes_of("what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_hex(repeated(20, 0xAA), repeated(50, 0xDD)),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hmac_hex(bytes_of_hex(hex_range(1, 25)), repeated(50, 0xCD)),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  EXPECT_EQ(hmac_hex(repeated(131, 0xAA),
                     bytes_of("Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hmac_hex(repeated(131, 0xAA),
                     bytes_of("This is a test using a larger than block-size key and a larger than "
                              "block-size data. The key needs to be hashed before being used by "
                              "the HMAC algorithm.")),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(Hmac, TakesDataPieceByPiece) {
  TestedCrypto crypto;
  HmacSha256 hmac(crypto, HashLane::image);
  hmac.begin(std::vector<uint8_t>(100, 7));
  hmac.begin(bytes_of("Jefe"));
  for (char c : std::string("what do ya want for nothing?")) {
    hmac.update(std::vector<uint8_t>(1, static_cast<uint8_t>(c)));
  }
  EXPECT_EQ(hex_of(hmac.finish().value.bytes),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hmac, KeyOfOneBlockIsNotHashed) {
  EXPECT_NE(hmac_hex(std::vector<uint8_t>(64, 7), {}), hmac_hex(std::vector<uint8_t>(65, 7), {}));
  EXPECT_EQ(hmac_hex({}, {}), hmac_hex(std::vector<uint8_t>(64, 0), {}));
}

TEST(Hmac, PassesAFailureOn) {
  for (int hashes = 0; hashes < 3; ++hashes) {
    FailingCrypto crypto(hashes);
    const std::vector<uint8_t> long_key(100, 1);
    EXPECT_EQ(hmac_sha256(crypto, long_key, Bytes()).error, Error::low_memory) << hashes;
  }
  FailingCrypto crypto(3);
  EXPECT_EQ(hmac_sha256(crypto, std::vector<uint8_t>(100, 1), Bytes()).error, Error::ok);
}

TEST(Hkdf, AgreesWithRfc5869) {
  EXPECT_EQ(
      hkdf_hex(std::string(44, '0').replace(0, 44, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
               hex_range(0x00, 0x0C), hex_range(0xF0, 0xF9)),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  EXPECT_EQ(hkdf_hex(hex_range(0x00, 0x4F), hex_range(0x60, 0xAF), hex_range(0xB0, 0xFF)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
  EXPECT_EQ(hkdf_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", ""),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST(Hkdf, BoundsItsInfo) {
  TestedCrypto crypto;
  EXPECT_EQ(hkdf_sha256(crypto, Bytes(), Bytes(), std::vector<uint8_t>(192)).error, Error::ok);
  EXPECT_EQ(hkdf_sha256(crypto, Bytes(), Bytes(), std::vector<uint8_t>(193)).error,
            Error::too_large);
  FailingCrypto failing(0);
  EXPECT_EQ(hkdf_sha256(failing, Bytes(), Bytes(), Bytes()).error, Error::low_memory);
}

TEST(DeviceKey, DiffersByDeviceEpochAndMaster) {
  TestedCrypto crypto;
  const std::vector<uint8_t> master(32, 1);
  const std::vector<uint8_t> other(32, 2);
  const Digest key = derive_device_key(crypto, master, "d1", 1).value;
  EXPECT_TRUE(key == derive_device_key(crypto, master, "d1", 1).value);
  EXPECT_TRUE(key != derive_device_key(crypto, master, "d2", 1).value);
  EXPECT_TRUE(key != derive_device_key(crypto, master, "d1", 2).value);
  EXPECT_TRUE(key != derive_device_key(crypto, other, "d1", 1).value);
}

TEST(DeviceKey, BoundsTheDeviceId) {
  TestedCrypto crypto;
  const std::vector<uint8_t> master(32, 1);
  EXPECT_EQ(derive_device_key(crypto, master, std::string(180, 'x'), 1).error, Error::ok);
  EXPECT_EQ(derive_device_key(crypto, master, std::string(181, 'x'), 1).error, Error::too_large);
}

TEST(DeviceKey, PurposesAreApart) {
  TestedCrypto crypto;
  const std::vector<uint8_t> device_key(32, 3);
  const Digest mac = derive_purpose_key(crypto, device_key, KeyPurpose::response_mac).value;
  const Digest api = derive_purpose_key(crypto, device_key, KeyPurpose::api_key).value;
  EXPECT_TRUE(mac != api);
  EXPECT_FALSE(mac.is_zero());
}

TEST(P256, AgreesWithRfc6979) {
  EXPECT_TRUE(verifies(kPoint, "sample", kSampleSignature));
  EXPECT_TRUE(verifies(kPoint, "test", kTestSignature));
  EXPECT_FALSE(verifies(kPoint, "test", kSampleSignature));
  EXPECT_FALSE(verifies(kPoint, "sample", kTestSignature));
}

TEST(P256, RefusesEveryFlippedBit) {
  for (size_t bit = 0; bit < 8 * kSampleSignature.size(); ++bit) {
    std::vector<uint8_t> signature = kSampleSignature;
    signature[bit / 8] = static_cast<uint8_t>(signature[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(verifies(kPoint, "sample", signature)) << bit;
  }
}

TEST(P256, RefusesZerosAndTheOrder) {
  const std::vector<uint8_t> order =
      bytes_of_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  for (size_t offset : {0u, 32u}) {
    std::vector<uint8_t> signature = kSampleSignature;
    std::fill_n(signature.begin() + static_cast<ptrdiff_t>(offset), 32, uint8_t{0});
    EXPECT_FALSE(verifies(kPoint, "sample", signature));
    std::copy(order.begin(), order.end(), signature.begin() + static_cast<ptrdiff_t>(offset));
    EXPECT_FALSE(verifies(kPoint, "sample", signature));
  }
}

TEST(P256, RefusesPointsThatAreNone) {
  std::vector<uint8_t> off_curve = kPoint;
  off_curve[64] ^= 1;
  EXPECT_FALSE(verifies(off_curve, "sample", kSampleSignature));
  std::vector<uint8_t> compressed = kPoint;
  compressed[0] = 2;
  EXPECT_FALSE(verifies(compressed, "sample", kSampleSignature));
  EXPECT_FALSE(verifies(std::vector<uint8_t>(65, 0), "sample", kSampleSignature));
  EXPECT_FALSE(verifies({}, "sample", kSampleSignature));
}

// Over a digest of zeros the signature (x, x) verifies for any point (x, y), on the curve or not:
// nothing but the check of the point refuses it.
TEST(P256, RefusesAPointOffTheCurveThatWouldVerify) {
  TestedCrypto crypto;
  std::vector<uint8_t> signature(kPoint.begin() + 1, kPoint.begin() + 33);
  signature.insert(signature.end(), kPoint.begin() + 1, kPoint.begin() + 33);
  EXPECT_TRUE(crypto.verify_p256(kPoint, Digest(), signature));
  std::vector<uint8_t> off_curve = kPoint;
  off_curve[64] ^= 1;
  EXPECT_FALSE(crypto.verify_p256(off_curve, Digest(), signature));
}

TEST(P256, RefusesSignaturesOfAnotherLength) {
  EXPECT_FALSE(verifies(kPoint, "sample", {}));
  std::vector<uint8_t> longer = kSampleSignature;
  longer.push_back(0);
  EXPECT_FALSE(verifies(kPoint, "sample", longer));
}

TEST(Random, FillsTheWholeBuffer) {
  TestedCrypto crypto;
  std::array<uint8_t, 64> a{};
  std::array<uint8_t, 64> b{};
  ASSERT_EQ(crypto.random(a), Error::ok);
  ASSERT_EQ(crypto.random(b), Error::ok);
  EXPECT_NE(hex_of(a), hex_of(b));
  EXPECT_NE(hex_of(Bytes(a).part(56)), std::string(16, '0'));
}

TEST(HostMd5, AgreesWithRfc1321) {
  uint8_t out[16];
  host_md5(bytes_of("message digest"), out);
  EXPECT_EQ(hex_of(out), "f96b697d7cb7938d525a2f31aaf161d0");
}

}  // namespace
}  // namespace otter
