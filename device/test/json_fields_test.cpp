#include "ota/wire/json_fields.h"

#include "device/test/printers.h"

namespace otter {
namespace {

Json json_of(const char* text) {
  const Result<Json> json = Json::parse(text);
  EXPECT_EQ(json.error, Error::ok) << text;
  return json.value;
}

TEST(JsonFields, ReadMembersByTheirTypes) {
  JsonFields fields(json_of(R"({"i":-5,"n":7,"b":true,"s":"x","list":[1]})"));
  EXPECT_EQ(fields.integer("i", -5, 0), -5);
  EXPECT_EQ(fields.number("n", 7, 7), 7u);
  EXPECT_TRUE(fields.boolean("b"));
  EXPECT_EQ(fields.plain_string("s"), Text("x"));
  EXPECT_EQ(fields.value("list").type(), JsonType::array);
  EXPECT_EQ(fields.error(), Error::ok);
}

TEST(JsonFields, KeepTheFirstError) {
  JsonFields fields(json_of(R"({"n":7,"s":"x"})"));
  EXPECT_EQ(fields.plain_string("none"), Text());
  EXPECT_EQ(fields.error(), Error::missing_field);
  EXPECT_EQ(fields.number("s", 0, 9), 0u);
  EXPECT_EQ(fields.number("n", 0, 9), 0u) << "nothing is read after an error";
  fields.fail(Error::malformed);
  EXPECT_EQ(fields.error(), Error::missing_field);
}

TEST(JsonFields, SayWhatIsWrong) {
  const auto error_of = [](const char* text, auto&& read) {
    JsonFields fields(json_of(text));
    read(fields);
    return fields.error();
  };
  const auto number = [](JsonFields& fields) { fields.number("n", 1, 8); };
  EXPECT_EQ(error_of(R"({"n":8})", number), Error::ok);
  EXPECT_EQ(error_of(R"({"n":0})", number), Error::out_of_range);
  EXPECT_EQ(error_of(R"({"n":9})", number), Error::out_of_range);
  EXPECT_EQ(error_of(R"({"n":"8"})", number), Error::wrong_type);
  EXPECT_EQ(error_of("[]", number), Error::wrong_type);
  const auto string = [](JsonFields& fields) { fields.plain_string("n"); };
  EXPECT_EQ(error_of(R"({"n":"\n"})", string), Error::unsupported);
  const auto digest = [](JsonFields& fields) { fields.digest("n"); };
  EXPECT_EQ(error_of(R"({"n":"00"})", digest), Error::malformed);
}

TEST(JsonFields, TellNullFromMissing) {
  JsonFields fields(json_of(R"({"null":null,"n":0})"));
  EXPECT_TRUE(fields.has("null"));
  EXPECT_FALSE(fields.has_value("null"));
  EXPECT_TRUE(fields.has_value("n"));
  EXPECT_FALSE(fields.has("none"));
  EXPECT_FALSE(fields.has_value("none"));
  EXPECT_EQ(fields.error(), Error::ok) << "to ask is no error";
  fields.expect(false, Error::malformed);
  EXPECT_FALSE(fields.has("n"));
}

}  // namespace
}  // namespace otter
