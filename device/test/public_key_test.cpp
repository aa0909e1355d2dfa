#include "ota/public_key.h"

#include <gtest/gtest.h>

#include <string>

#include "device/test/printers.h"
#include "device/test/signing_keys.h"
#include "publish/host_crypto.h"
#include "publish/keys.h"
#include "sim/fixed_key.h"

namespace otter {
namespace {

Result<ReleaseKey> key_of(const std::string& pem) {
  HostCrypto crypto;
  return release_key_of_pem(crypto, pem);
}

class PublicKeyTest : public testing::Test {
 protected:
  const sim::FixedKey key_{"release"};
  const std::string pem_ = public_pem_of(key_.release_key().point);
};

TEST_F(PublicKeyTest, IsWhatThePublisherWrites) {
  const Result<ReleaseKey> key = key_of(pem_);
  ASSERT_EQ(key.error, Error::ok);
  EXPECT_EQ(Bytes(key.value.point), Bytes(key_.release_key().point));
  EXPECT_EQ(Bytes(key.value.id), Bytes(key_.release_key().id));
}

TEST_F(PublicKeyTest, MayStandInAnyTextWithAnyLines) {
  std::string text = "# the key of the lamps\r\n" + pem_ + "more";
  EXPECT_EQ(key_of(text).error, Error::ok);
  const size_t middle = text.find("END") - 40;
  text.insert(middle, " \r\n\t");
  EXPECT_EQ(key_of(text).error, Error::ok);
}

TEST_F(PublicKeyTest, IsRefusedIfItIsNone) {
  EXPECT_EQ(key_of("").error, Error::malformed);
  EXPECT_EQ(key_of("04abcdef").error, Error::malformed);
  EXPECT_EQ(key_of(pem_.substr(0, pem_.size() - 5)).error, Error::malformed);
  std::string wrong = pem_;
  wrong[wrong.find('\n') + 5] = '?';
  EXPECT_EQ(key_of(wrong).error, Error::malformed);
}

TEST_F(PublicKeyTest, IsRefusedIfItIsAnotherKindOfKey) {
  const std::string begin = "-----BEGIN PUBLIC KEY-----\n";
  const std::string end = "-----END PUBLIC KEY-----\n";
  const std::string body = pem_.substr(begin.size(), pem_.find("-----END") - begin.size());
  EXPECT_EQ(key_of(begin + body + body + end).error, Error::unsupported) << "too long";
  EXPECT_EQ(key_of(begin + body.substr(0, 64) + end).error, Error::unsupported) << "too short";
  std::string other = body;
  other[10] = other[10] == 'A' ? 'B' : 'A';  // in the identifier of the algorithm
  EXPECT_EQ(key_of(begin + other + end).error, Error::unsupported);
}

}  // namespace
}  // namespace otter
