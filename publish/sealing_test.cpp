#include "publish/sealing.h"

#include <gtest/gtest.h>

namespace otter {
namespace {

Digest key_of(uint8_t number) {
  Digest key;
  key.bytes[0] = number;
  return key;
}

TEST(Sealing, GivesBackWhatWasSealed) {
  for (const std::string& text : {std::string(), std::string("otk_x"), std::string(9999, 'a')}) {
    const std::vector<uint8_t> sealed = seal(key_of(1), text);
    EXPECT_EQ(sealed.size(), text.size() + 28);
    EXPECT_EQ(unseal(key_of(1), sealed), text);
  }
}

TEST(Sealing, IsDifferentEachTime) {
  EXPECT_NE(seal(key_of(1), "otk_x"), seal(key_of(1), "otk_x"));
}

TEST(Sealing, OpensForNobodyElse) {
  EXPECT_EQ(unseal(key_of(2), seal(key_of(1), "otk_x")), std::nullopt);
}

TEST(Sealing, NoticesEachChangedByte) {
  const std::vector<uint8_t> sealed = seal(key_of(1), "otk_x");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::vector<uint8_t> changed = sealed;
    changed[i] ^= 1;
    EXPECT_EQ(unseal(key_of(1), changed), std::nullopt) << i;
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(unseal(key_of(1), Bytes(sealed).part(0, size)), std::nullopt) << size;
  }
}

}  // namespace
}  // namespace otter
