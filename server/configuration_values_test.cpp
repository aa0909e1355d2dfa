#include "server/configuration_values.h"

#include <gtest/gtest.h>

#include <vector>

namespace otter::server {
namespace {

std::string merged(const std::string& values, const std::vector<std::string>& patches) {
  return merged_values(values, patches);
}

TEST(ConfigurationValues, LeavesValuesWithoutPatchesAsTheyAre) {
  EXPECT_EQ(merged(R"({"b":1,"a":[1,null]})", {}), R"({"b":1,"a":[1,null]})");
}

// Source: RFC 7396, appendix A; of its cases those whose target and patch are objects
TEST(ConfigurationValues, DoesWhatTheStandardSays) {
  const std::vector<std::vector<std::string>> cases = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}};
  for (const auto& one : cases) EXPECT_EQ(merged(one[0], {one[1]}), one[2]) << one[1];
}

TEST(ConfigurationValues, LetsALaterPatchHaveTheLastWord) {
  EXPECT_EQ(merged(R"({"interval_s":300})", {R"({"interval_s":60,"x":1})", R"({"interval_s":5})"}),
            R"({"interval_s":5,"x":1})");
  EXPECT_EQ(merged("{}", {R"({"a":1})", R"({"a":null})", R"({"a":2})"}), R"({"a":2})");
}

TEST(ConfigurationValues, KeepsWhatDevicesCanRead) {
  EXPECT_EQ(merged(R"({"n":9007199254740992,"m":-9007199254740992})", {R"({"s":"\u00e4\"\\/"})"}),
            "{\"n\":9007199254740992,\"m\":-9007199254740992,\"s\":\"\u00e4\\\"\\\\/\"}");
}

TEST(ConfigurationValues, PassThroughADocumentAsTheyAreWritten) {
  const std::string values = "{ \"n\" : [1, -0] }";
  EXPECT_EQ(configuration_document(3, values).error, Error::malformed);
  const std::string readable = "{ \"n\" : [1, 0] }";
  const Result<std::string> document = configuration_document(3, readable);
  EXPECT_EQ(document.value, "{\"version\":3,\"values\":" + readable + "}");
  EXPECT_EQ(values_of(document.value), readable);
  EXPECT_EQ(configuration_document(0, readable).error, Error::out_of_range);
}

TEST(ConfigurationValues, HaveASaltBesideThem) {
  const std::string document = configuration_document(3, R"({"a":1})", "x_y-z").value;
  EXPECT_EQ(document, R"({"version":3,"salt":"x_y-z","values":{"a":1}})");
  EXPECT_EQ(values_of(document), R"({"a":1})");
}

}  // namespace
}  // namespace otter::server
