#include "server/peer_address.h"

#include <gtest/gtest.h>

namespace otter::server {
namespace {

TEST(AddressKey, TellsIpv4AddressesApart) {
  EXPECT_NE(address_key("192.0.2.1"), address_key("192.0.2.2"));
  EXPECT_EQ(address_key("192.0.2.1"), address_key("::ffff:192.0.2.1"));
}

TEST(AddressKey, TakesOneNetworkOfIpv6ForOne) {
  EXPECT_EQ(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
  EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:2:2::1"));
}

TEST(Loopback, IsThisMachineAlone) {
  for (const char* own : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback(own)) << own;
  }
  for (const char* other : {"192.0.2.7", "::", "::2", "1::1", "::ffff:192.0.2.7", "unknown", ""}) {
    EXPECT_FALSE(is_loopback(other)) << other;
  }
}

}  // namespace
}  // namespace otter::server
