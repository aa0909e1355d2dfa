#include "ota/wire/url.h"

#include <gtest/gtest.h>

#include <string>

#include "publish/text.h"

namespace otter {
namespace {

TEST(Url, AnOriginIsSchemeHostAndPort) {
  for (const char* good :
       {"https://ota.example", "http://10.0.0.5:8080", "https://[fe80::1]:8443"}) {
    EXPECT_TRUE(is_origin(good)) << good;
  }
  for (const char* bad : {"", "https://", "ftp://host", "https://user@host", "https://host/",
                          "https://host?x", "https://ho st", "host:8443"}) {
    EXPECT_FALSE(is_origin(bad)) << bad;
  }
  EXPECT_FALSE(is_origin(std::string("https://") + std::string(kOriginSizeMax, 'a')));
}

TEST(Url, IsSplitIntoOriginAndTarget) {
  const Result<UrlParts> url = split_url("https://cdn.example:444/a/b?c=d");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(string_of(url.value.origin), "https://cdn.example:444");
  EXPECT_EQ(string_of(url.value.target), "/a/b?c=d");
  EXPECT_EQ(string_of(split_url("http://cdn.example").value.target), "/");
}

TEST(Url, OfAnotherFormIsRefused) {
  for (const char* bad : {"/a", "//host/a", "https://host/a b", "https://host/a#b", "https://u@h/a",
                          "javascript:alert(1)", "https://host//a", "https://host?a"}) {
    EXPECT_EQ(split_url(bad).error, Error::malformed) << bad;
  }
}

TEST(Url, ATargetIsAPathOnTheSameHost) {
  EXPECT_TRUE(is_target("/firmware/1.bin?x=1"));
  for (const char* bad : {"", "a", "//host/a", "/a\r\nX-Evil: 1", "/a#b"}) {
    EXPECT_FALSE(is_target(bad)) << bad;
  }
}

}  // namespace
}  // namespace otter
