#include "ota/wire/configuration.h"

#include <gtest/gtest.h>

#include <string>

#include "device/test/printers.h"

namespace otter {
namespace {

TEST(ParseConfiguration, GivesVersionAndValues) {
  const Result<ConfigurationDocument> document =
      parse_configuration("{\"version\":7,\"values\":{\"colour\":\"red\"},\"note\":1}");
  ASSERT_EQ(document.error, Error::ok);
  EXPECT_EQ(document.value.version, 7u);
  EXPECT_EQ(document.value.values.member("colour").value.plain_string().value, Text("red"));
}

TEST(ParseConfiguration, RefusesWhatIsNone) {
  EXPECT_EQ(parse_configuration("{\"values\":{}}").error, Error::missing_field);
  EXPECT_EQ(parse_configuration("{\"version\":1}").error, Error::missing_field);
  EXPECT_EQ(parse_configuration("{\"version\":0,\"values\":{}}").error, Error::out_of_range);
  EXPECT_EQ(parse_configuration("{\"version\":4294967296,\"values\":{}}").error,
            Error::out_of_range);
  EXPECT_EQ(parse_configuration("{\"version\":\"1\",\"values\":{}}").error, Error::wrong_type);
  EXPECT_EQ(parse_configuration("{\"version\":1,\"values\":[]}").error, Error::wrong_type);
  EXPECT_EQ(parse_configuration("[]").error, Error::wrong_type);
  EXPECT_EQ(parse_configuration("{\"version\":1,").error, Error::truncated);
  const std::string large =
      "{\"version\":1,\"values\":{\"a\":\"" + std::string(kConfigurationSizeMax, 'a') + "\"}}";
  EXPECT_EQ(parse_configuration(large).error, Error::too_large);
}

}  // namespace
}  // namespace otter
