#include "ota/release.h"

#include "device/test/signing_keys.h"

namespace otter {
namespace {

// Says yes to whatever it is asked.
class CredulousCrypto : public HostCrypto {
 public:
  bool verify_p256(Bytes, const Digest&, Bytes) override { return true; }
};

// A manifest by `signers` (numbers of SigningKeys), before a device that knows keys 0, 1 and 2 and
// needs `needed` of them.
Error signed_by(const std::vector<int>& signers, uint8_t needed) {
  ReleaseKey known[3];
  for (int key = 0; key < 3; ++key) {
    const std::vector<uint8_t> id = bytes_of_hex(SigningKeys::get().id(key));
    memcpy(known[key].id, id.data(), id.size());
    memcpy(known[key].point, SigningKeys::get().point(key).data(), kPublicKeySize);
  }
  HostCrypto crypto;
  const SignedBody manifest(kManifestType, "{}", signers);
  return verify_envelope(crypto, manifest.envelope(), {known, 3, needed});
}

TEST(VerifyEnvelope, TakesAsManyKnownKeysAsAreNeeded) {
  EXPECT_EQ(signed_by({1}, 1), Error::ok);
  EXPECT_EQ(signed_by({0, 2}, 2), Error::ok);
  EXPECT_EQ(signed_by({0, 1, 2}, 2), Error::ok);
  EXPECT_EQ(signed_by({7, 1}, 1), Error::ok) << "a stranger does no harm";
}

TEST(VerifyEnvelope, RefusesOneKeyTooFew) {
  EXPECT_EQ(signed_by({1}, 2), Error::unknown_key);
  EXPECT_EQ(signed_by({0, 7}, 2), Error::unknown_key) << "a stranger does not count";
}

TEST(VerifyEnvelope, CountsAKeyOnce) {
  EXPECT_EQ(signed_by({1, 1}, 2), Error::unknown_key);
  EXPECT_EQ(signed_by({1, 1, 0}, 2), Error::ok);
}

TEST(VerifyEnvelope, TakesNoSignatureForConsentWhereNoneIsNeeded) {
  EXPECT_EQ(signed_by({7}, 0), Error::unknown_key);
}

// Some libraries take r = s = 0 for any message: CVE-2022-21449.
TEST(CheckSignature, RefusesNumbersOutOfRangeWhateverTheLibrarySays) {
  CredulousCrypto crypto;
  std::vector<uint8_t> signature(kSignatureSize, 0x11);
  const std::vector<uint8_t>& point = SigningKeys::get().point(0);
  EXPECT_EQ(check_signature(crypto, point, Digest(), signature), Error::ok);
  std::fill_n(signature.begin(), 32, uint8_t{0});
  EXPECT_EQ(check_signature(crypto, point, Digest(), signature), Error::bad_signature);
  std::fill_n(signature.begin(), 32, uint8_t{0xFF});
  EXPECT_EQ(check_signature(crypto, point, Digest(), signature), Error::bad_signature);
  std::fill_n(signature.begin(), 32, uint8_t{0x11});
  std::fill_n(signature.begin() + 32, 32, uint8_t{0});
  EXPECT_EQ(check_signature(crypto, point, Digest(), signature), Error::bad_signature);
}

std::string plain_manifest(const std::string& url, const std::string& version = "1.0.1",
                           const std::string& size = "4096") {
  const std::string digest(2 * kDigestSize, 'a');
  return "{\"version\":\"" + version + "\",\"size\":" + size + ",\"sha256\":\"" + digest +
         "\",\"hmac\":\"" + digest + "\",\"url\":\"" + url + "\"}";
}

Error plain_error(const std::string& text) { return parse_plain_release(text).error; }

TEST(PlainRelease, IsRead) {
  const std::string text = plain_manifest("/firmware/1.0.1.bin");
  const Result<Release> release = parse_plain_release(text);
  ASSERT_EQ(release.error, Error::ok);
  EXPECT_FALSE(release.value.is_signed);
  EXPECT_EQ(release.value.manifest.version, Text("1.0.1"));
  EXPECT_EQ(release.value.manifest.image_size_bytes, 4096u);
  EXPECT_EQ(release.value.target, Text("/firmware/1.0.1.bin"));
  EXPECT_EQ(hex_of(release.value.hmac.bytes), std::string(2 * kDigestSize, 'a'));
}

TEST(PlainRelease, ComesFromItsOwnServerOnly) {
  EXPECT_EQ(plain_error(plain_manifest("//elsewhere.invalid/1.bin")), Error::malformed);
  EXPECT_EQ(plain_error(plain_manifest("https://elsewhere.invalid/1.bin")), Error::malformed);
  EXPECT_EQ(plain_error(plain_manifest("")), Error::malformed);
}

TEST(PlainRelease, RefusesWhatItCannotBe) {
  EXPECT_EQ(plain_error(plain_manifest("/1.bin", "1 0")), Error::malformed);
  EXPECT_EQ(plain_error(plain_manifest("/1.bin", "1.0.1", "0")), Error::out_of_range);
  EXPECT_EQ(plain_error(plain_manifest("/1.bin", "1.0.1", "-1")), Error::out_of_range);
  EXPECT_EQ(plain_error(plain_manifest("/1.bin", "1.0.1", "99999999999")), Error::out_of_range);
  EXPECT_EQ(plain_error("{\"version\":\"1.0.1\"}"), Error::missing_field);
  EXPECT_EQ(plain_error("{\"version\":1}"), Error::wrong_type);
}

}  // namespace
}  // namespace otter
