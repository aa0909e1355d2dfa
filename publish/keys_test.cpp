#include "publish/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "publish/host_crypto.h"
#include "publish/temporary_folder.h"

namespace otter {
namespace {

class Keys : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.file(name); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

 private:
  TemporaryFolder folder_;
};

// RFC 6979 A.2.5's key on P-256.
constexpr char kPublicP256[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
    "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
    "-----END PUBLIC KEY-----\n";

void expect_key_error(const std::function<void()>& action, const char* part_of_reason) {
  try {
    action();
    FAIL() << "accepted";
  } catch (const KeyError& error) {
    const std::string line = error.what();
    EXPECT_NE(std::string::npos, line.find(part_of_reason)) << line;
    EXPECT_EQ(std::string::npos, line.find('\n'));
  }
}

Digest digest_of(const std::string& text) {
  HostCrypto crypto;
  return sha256(crypto, as_bytes(text)).value;
}

TEST_F(Keys, AreReadableByTheOwnerAlone) {
  make_signing_key(path("k.pem"));
  struct stat status = {};
  ASSERT_EQ(0, stat(path("k.pem").c_str(), &status));
  EXPECT_EQ(0600u, status.st_mode & 0777);
}

TEST_F(Keys, HaveOnePointInBothFiles) {
  make_signing_key(path("k.pem"));
  const auto point = read_public_point(path("k.pem"));
  EXPECT_EQ(point, read_public_point(path("k.pem.pub")));
  ASSERT_EQ(kPublicKeySize, point.size());
  EXPECT_EQ(4, point[0]);
}

TEST_F(Keys, AreNeverOverwritten) {
  make_signing_key(path("k.pem"));
  const auto point = read_public_point(path("k.pem"));
  expect_key_error([&] { make_signing_key(path("k.pem")); }, "never overwritten");
  std::filesystem::remove(path("k.pem"));
  expect_key_error([&] { make_signing_key(path("k.pem")); }, "k.pem.pub is there already");
  EXPECT_FALSE(std::filesystem::exists(path("k.pem")));
  EXPECT_EQ(point, read_public_point(path("k.pem.pub")));
}

TEST_F(Keys, SayWhyTheyCanNotBeWritten) {
  expect_key_error([&] { make_signing_key(path("no/such/k.pem")); }, "No such file");
}

TEST_F(Keys, SignSoThatTheCoreVerifies) {
  make_signing_key(path("k.pem"));
  const Digest digest = digest_of("a release");
  const RawSignature signature = sign_digest(path("k.pem"), digest);
  HostCrypto crypto;
  const auto point = read_public_point(path("k.pem"));
  EXPECT_TRUE(is_signature_in_range(signature));
  EXPECT_TRUE(crypto.verify_p256(point, digest, signature));
  EXPECT_FALSE(crypto.verify_p256(point, digest_of("another"), signature));
}

TEST_F(Keys, SignWithSmallNumbersToo) {
  // r and s of 64 signatures: some begin with a zero byte, which must not be lost.
  make_signing_key(path("k.pem"));
  const auto point = read_public_point(path("k.pem"));
  HostCrypto crypto;
  for (int i = 0; i < 64; ++i) {
    const Digest digest = digest_of(std::to_string(i));
    EXPECT_TRUE(crypto.verify_p256(point, digest, sign_digest(path("k.pem"), digest)));
  }
}

TEST_F(Keys, HaveAnIdFromTheirPoint) {
  const auto point = public_point_of_pem(kPublicP256, "k");
  uint8_t expected[4] = {};
  ASSERT_EQ(Error::ok, hex_decode("60fed4ba", expected));  // RFC 6979 A.2.5: Ux
  EXPECT_EQ(Bytes(expected), Bytes(point).part(1, 4));
  const std::string id(to_hex(digest_of(std::string(point.begin(), point.end()))).characters, 16);
  EXPECT_EQ(id, key_id_of(point));
}

TEST_F(Keys, BecomePemAgain) {
  EXPECT_EQ(kPublicP256, public_pem_of(public_point_of_pem(kPublicP256, "k")));
}

TEST_F(Keys, RefuseAPointThatIsOffTheCurve) {
  std::vector<uint8_t> point = public_point_of_pem(kPublicP256, "k");
  point[64] ^= 1;
  expect_key_error([&] { public_pem_of(point); }, "not a point of P-256");
}

TEST_F(Keys, SayWhatIsWrongWithAFile) {
  expect_key_error([&] { read_public_point(path("none.pem")); }, "No such file");
  expect_key_error([&] { read_public_point(path("")); }, "");
  const std::string text = write("text.pem", "hello\n");
  expect_key_error([&] { read_public_point(text); }, "no key in PEM format");
  expect_key_error([&] { sign_digest(text, Digest()); }, "no key in PEM format");
  const std::string large = write("large.pem", std::string(70000, 'x'));
  expect_key_error([&] { read_public_point(large); }, "too large");
  const std::string public_key = write("public.pem", kPublicP256);
  expect_key_error([&] { sign_digest(public_key, Digest()); }, "is a public key");
}

TEST_F(Keys, RefuseOtherKindsOfPem) {
  const std::string certificate =
      write("c.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  expect_key_error([&] { read_public_point(certificate); }, "is a certificate");
  const std::string openssh = write("o.pem", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n");
  expect_key_error([&] { sign_digest(openssh, Digest()); }, "OpenSSH");
}

// openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-128-cbc -pass pass:otter
constexpr char kEncrypted[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjuap5spLeb6QICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEDpBzKVz6G8RmLd0RMuOLAIEgZBh\n"
    "OyyjOko3dTd/Rx9K4IoRAhuGEm0KETSFXtxj49iRxDmTvhRHMnCIZ0t3gbihi814\n"
    "XUDZT3sruZx7OgYpiVojeXUOSsgsC7oWAbkiCAtCM0aZSlW2mKpAy7DbvaxlX9sI\n"
    "YzLs9jz1+RfGBKJorm1RrYPLhe9RglyRPsSlo+1j0dhLend/JJUXMW7L0T1YJYc=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
// openssl ecparam -name secp384r1 -genkey -noout | openssl ec -pubout
constexpr char kPublicP384[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEvyEvSUL7a+bNlAFp/2Em7oGgGXAlqkRi\n"
    "B9sTKYqnwYiywBMoJqOTF82WIYA46JJgkCi1wUMU7Dtl+y5w5vYVqNvOrllwUeWS\n"
    "/it3YD58VVFLfNM6pjT6jvNj8WGgIa0P\n"
    "-----END PUBLIC KEY-----\n";
// openssl genpkey -algorithm ed25519 | openssl pkey -pubout
constexpr char kPublicEd25519[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAlH6ujGRt0w+WOTcLgEC7/q/Q8cQjIhKStuBJclrlawM=\n"
    "-----END PUBLIC KEY-----\n";

TEST_F(Keys, RefuseAPassphraseWithoutAskingForIt) {
  const std::string encrypted = write("e.pem", kEncrypted);
  expect_key_error([&] { sign_digest(encrypted, Digest()); }, "passphrase");
  expect_key_error([&] { read_public_point(encrypted); }, "otter sign --digest");
}

TEST_F(Keys, RefuseOtherCurvesAndAlgorithms) {
  expect_key_error([&] { public_point_of_pem(kPublicP384, "k"); }, "secp384r1");
  expect_key_error([&] { public_point_of_pem(kPublicEd25519, "k"); }, "ED25519");
}

// A DER signature of r = 1, s = 2.
constexpr uint8_t kDer[] = {0x30, 6, 2, 1, 1, 2, 1, 2};

TEST_F(Keys, TakeSignaturesRawOrAsDer) {
  const RawSignature raw = read_signature(kDer);
  EXPECT_EQ(1, raw[31]);
  EXPECT_EQ(2, raw[63]);
  EXPECT_EQ(raw, read_signature(raw));
}

TEST_F(Keys, RefuseWhatIsNoSignature) {
  expect_key_error([] { read_signature(Bytes(kDer).part(0, 7)); }, "neither 64 bytes");
  expect_key_error([] { read_signature(Bytes()); }, "neither 64 bytes");
  const std::vector<uint8_t> trailing = {0x30, 6, 2, 1, 1, 2, 1, 2, 0};
  expect_key_error([&] { read_signature(trailing); }, "neither 64 bytes");
  expect_key_error([] { read_signature(RawSignature{}); }, "out of range");
}

}  // namespace
}  // namespace otter
