#include "ota/wire/json.h"

#include <array>

#include "device/test/printers.h"

namespace otter {
namespace {

Error parse_error(std::string_view text) { return Json::parse(text).error; }

Json parsed(std::string_view text) {
  const Result<Json> result = Json::parse(text);
  EXPECT_EQ(result.error, Error::ok) << text;
  return result.value;
}

std::string string_in(std::string_view text) {
  std::array<uint8_t, 64> buffer{};
  const Result<size_t> size = parsed(text).string(buffer);
  EXPECT_EQ(size.error, Error::ok) << text;
  return string_of(Bytes(buffer).part(0, size.value));
}

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

// Every way of cutting `text` short is refused; nothing reads past the end (under ASan).
void expect_no_prefix_parses(const std::string& text) {
  for (size_t size = 0; size < text.size(); ++size) {
    const std::vector<uint8_t> exact = bytes_of(text.substr(0, size));
    EXPECT_NE(Json::parse(as_text(exact)).error, Error::ok) << text.substr(0, size);
  }
}

TEST(Json, KnowsEveryType) {
  EXPECT_EQ(parsed("{}").type(), JsonType::object);
  EXPECT_EQ(parsed("[]").type(), JsonType::array);
  EXPECT_EQ(parsed("\"\"").type(), JsonType::string);
  EXPECT_EQ(parsed("-7").type(), JsonType::integer);
  EXPECT_EQ(parsed("true").type(), JsonType::boolean);
  EXPECT_EQ(parsed("false").type(), JsonType::boolean);
  EXPECT_EQ(parsed("null").type(), JsonType::null);
  EXPECT_EQ(Json().type(), JsonType::null);
}

TEST(Json, AllowsWhiteSpaceAroundEverything) {
  const Json json = parsed(" \t\r\n{ \"a\" :\n[ 1 , 2 ] ,\t\"b\":{ } } \n");
  EXPECT_EQ(json.text(), Text("{ \"a\" :\n[ 1 , 2 ] ,\t\"b\":{ } }"));
  EXPECT_EQ(json.member("a").value.text(), Text("[ 1 , 2 ]"));
  EXPECT_EQ(json.member("b").value.text(), Text("{ }"));
}

TEST(Json, RefusesOtherWhiteSpace) {
  EXPECT_EQ(parse_error("\v1"), Error::malformed);
  EXPECT_EQ(parse_error("\f1"), Error::malformed);
  EXPECT_EQ(parse_error("\xC2\xA0{}"), Error::malformed);
  EXPECT_EQ(parse_error("\xEF\xBB\xBF{}"), Error::malformed);
}

TEST(Json, RefusesNothing) {
  EXPECT_EQ(parse_error(""), Error::truncated);
  EXPECT_EQ(parse_error("  \n"), Error::truncated);
  EXPECT_EQ(Json::parse(Text(nullptr, 0)).error, Error::truncated);
}

TEST(Json, RefusesBytesAfterTheValue) {
  for (const char* text : {"{}{}", "1 2", "null null", "[],", "{}x", "\"a\"b", "truefalse"}) {
    EXPECT_EQ(parse_error(text), Error::trailing_bytes) << text;
  }
  EXPECT_EQ(parse_error(std::string_view("{}\0", 3)), Error::trailing_bytes);
}

TEST(Json, RefusesEveryPrefix) {
  expect_no_prefix_parses("{\"a\":[1,-20,\"x\\u00e4\\n\",{\"b\":null}],\"c\":true,\"d\":false}");
  expect_no_prefix_parses("\"\\ud83d\\ude00\"");
  expect_no_prefix_parses("[\"\xF0\x9F\x98\x80\"]");
}

TEST(Json, RefusesWrongPunctuation) {
  for (const char* text :
       {"{,}",       "[,]",          "[1,]",       "{\"a\":1,}", "{\"a\"}",
        "{\"a\",1}", "{\"a\":}",     "[1 2]",      "[1:2]",      "{\"a\":1 \"b\":2}",
        "{1:2}",     "{a:1}",        "{'a':1}",    "[}",         "{]",
        "[1}",       "{\"a\":1]",    "]",          "}",          ":",
        ",",         "[\"a\"\"b\"]", "{\"a\"::1}", "[[]",        "/**/1"}) {
    EXPECT_NE(parse_error(text), Error::ok) << text;
  }
  EXPECT_EQ(parse_error("[1,]"), Error::malformed);
  EXPECT_EQ(parse_error("{\"a\":1,}"), Error::malformed);
  EXPECT_EQ(parse_error("[1}"), Error::malformed);
}

TEST(Json, RefusesOtherWords) {
  for (const char* text :
       {"True", "nul1", "NULL", "nan", "NaN", "Infinity", "undefined", "[trux]"}) {
    EXPECT_EQ(parse_error(text), Error::malformed) << text;
  }
  EXPECT_EQ(parse_error("tru"), Error::truncated);
}

TEST(JsonInteger, ReachesItsLimits) {
  EXPECT_EQ(parsed("0").integer().value, 0);
  EXPECT_EQ(parsed("9007199254740992").integer().value, kJsonIntegerMax);
  EXPECT_EQ(parsed("-9007199254740992").integer().value, -kJsonIntegerMax);
}

TEST(JsonInteger, RefusesWhatIsBeyondThem) {
  for (const char* text :
       {"9007199254740993", "-9007199254740993", "90071992547409920", "9223372036854775807",
        "9223372036854775808", "18446744073709551616", "99999999999999999999999999999999999999"}) {
    EXPECT_EQ(parse_error(text), Error::out_of_range) << text;
  }
}

TEST(JsonInteger, RefusesOtherSpellings) {
  for (const char* text : {"01", "00", "-0", "-01", "+1", "--1", "-a", ".5", "-.5"}) {
    EXPECT_EQ(parse_error(text), Error::malformed) << text;
  }
  for (const char* text : {"1.0", "1.", "0e0", "1E2", "-1.5", "[1e3]"}) {
    EXPECT_EQ(parse_error(text), Error::unsupported) << text;
  }
  EXPECT_EQ(parse_error("-"), Error::truncated);
  EXPECT_EQ(parse_error("0x10"), Error::trailing_bytes);
  EXPECT_EQ(parse_error("[0x10]"), Error::malformed);
}

TEST(JsonDepth, IsBoundedByTheLimits) {
  EXPECT_EQ(parse_error(nested(4)), Error::ok);
  EXPECT_EQ(parse_error(nested(5)), Error::too_deep);
  EXPECT_EQ(parse_error("[[[[{}]]]]"), Error::too_deep);
  EXPECT_EQ(parse_error("{\"a\":{\"a\":{\"a\":{\"a\":[]}}}}"), Error::too_deep);
  EXPECT_EQ(parse_error("[[[[1]]],[[[2]]]]"), Error::ok);
}

TEST(JsonDepth, NeverExceedsTheStack) {
  JsonLimits limits;
  limits.depth_max = 255;
  EXPECT_EQ(Json::parse(nested(kJsonDepthMax), limits).error, Error::ok);
  EXPECT_EQ(Json::parse(nested(kJsonDepthMax + 1), limits).error, Error::too_deep);
  EXPECT_EQ(Json::parse(std::string(4096, '['), limits).error, Error::too_deep);
  limits.depth_max = 0;
  EXPECT_EQ(Json::parse("1", limits).error, Error::ok);
  EXPECT_EQ(Json::parse("[]", limits).error, Error::too_deep);
}

TEST(JsonSize, IsBoundedByTheLimits) {
  const std::string fitting = "\"" + std::string(4094, 'a') + "\"";
  EXPECT_EQ(parse_error(fitting), Error::ok);
  EXPECT_EQ(parse_error(fitting + " "), Error::too_large);
  EXPECT_EQ(parse_error(std::string(5000, ' ')), Error::too_large);
}

TEST(JsonKeys, MayNotRepeatInOneObject) {
  for (const char* text :
       {"{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":1,\"a\":2,\"a\":3}",
        "{\"\":1,\"\":1}", "{\"a\":{\"x\":[1,{\"a\":2}]},\"a\":3}", "{\"a\" : 1 , \"a\" : 2 }",
        "{\"a\":\"}\\\",\",\"a\":2}", "[{\"k\":{\"a\":1,\"a\":1}}]"}) {
    EXPECT_EQ(parse_error(text), Error::duplicate_key) << text;
  }
}

TEST(JsonKeys, MayRepeatElsewhere) {
  for (const char* text :
       {"{\"a\":{\"a\":{\"a\":1}}}", "[{\"a\":1},{\"a\":1}]", "{\"a\":1,\"A\":2,\"aa\":3,\"\":4}",
        "{\"a\":\"b\",\"b\":\"a\"}", "{\"a\":{\"b\":1},\"b\":2}", "{\"a \":1,\"a\":2}"}) {
    EXPECT_EQ(parse_error(text), Error::ok) << text;
  }
}

TEST(JsonKeys, MayNotHoldEscapes) {
  EXPECT_EQ(parse_error("{\"\\u0061\":1}"), Error::unsupported);
  EXPECT_EQ(parse_error("{\"a\\n\":1}"), Error::unsupported);
  EXPECT_EQ(parse_error("{\"a\":{\"b\":1,\"\\u0062\":2}}"), Error::unsupported);
}

TEST(JsonString, ResolvesEscapes) {
  EXPECT_EQ(string_in("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(string_in("\"\\u0041\\u00e4\\u20AC\\uffff\""), "A\xC3\xA4\xE2\x82\xAC\xEF\xBF\xBF");
  EXPECT_EQ(string_in("\"\\ud83d\\ude00\\uDBFF\\uDFFF\""), "\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF");
  EXPECT_EQ(string_in("\"\xC3\xA4\x7F\""), "\xC3\xA4\x7F");
  EXPECT_EQ(string_in("\"\""), "");
}

TEST(JsonString, RefusesOtherEscapes) {
  for (const char* text : {"\"\\a\"", "\"\\U0041\"", "\"\\x41\"", "\"\\'\"", "\"\\u00g0 \"",
                           "\"\\0\"", "\"\\u 041\"", "\"\\u+041\""}) {
    EXPECT_EQ(parse_error(text), Error::malformed) << text;
  }
}

TEST(JsonString, RefusesLoneSurrogates) {
  for (const char* text : {"\"\\ud800xxxxxx\"", "\"\\ud800\\u0041\"", "\"\\udc00\\ud800\"",
                           "\"\\udfff     \"", "\"\\ud800\\ud800\"", "\"\\ud83d\\n\\ude00\""}) {
    EXPECT_EQ(parse_error(text), Error::malformed) << text;
  }
  EXPECT_NE(parse_error("\"\\ud800\""), Error::ok);
}

TEST(JsonString, RefusesNulAndControlCharacters) {
  EXPECT_EQ(parse_error("\"\\u0000\""), Error::unsupported);
  for (char c = 0; c < 0x20; ++c) {
    const std::string text = std::string("\"") + c + "\"";
    EXPECT_EQ(parse_error(text), Error::malformed) << static_cast<int>(c);
  }
}

TEST(JsonString, RefusesWhatIsNotUtf8) {
  for (const char* bytes :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3\x28", "\xE0\x80\x80", "\xE0\x9F\xBF",
        "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF0\x9F\x98", "\xFE", "\xFF", "a\xC3\xA4\xA4"}) {
    EXPECT_EQ(parse_error("\"" + std::string(bytes) + "\""), Error::malformed) << bytes;
    EXPECT_EQ(parse_error("{\"" + std::string(bytes) + "\":1}"), Error::malformed) << bytes;
  }
}

TEST(JsonString, IsPlainOnlyWithoutEscapes) {
  EXPECT_EQ(parsed("\"a/b\"").plain_string().value, Text("a/b"));
  EXPECT_EQ(parsed("\"\"").plain_string().value, Text(""));
  EXPECT_EQ(parsed("\"a\\/b\"").plain_string().error, Error::unsupported);
  EXPECT_EQ(parsed("\"\\\\\"").plain_string().error, Error::unsupported);
}

TEST(JsonString, SaysThatTheBufferIsTooSmall) {
  std::array<uint8_t, 2> buffer{};
  EXPECT_EQ(parsed("\"ab\"").string(buffer).value, 2u);
  EXPECT_EQ(parsed("\"abc\"").string(buffer).error, Error::too_large);
  EXPECT_EQ(parsed("\"\\u20ac\"").string(buffer).error, Error::too_large);
  EXPECT_EQ(parsed("\"\"").string(MutableBytes()).value, 0u);
}

TEST(Json, RefusesAnotherType) {
  EXPECT_EQ(parsed("\"1\"").integer().error, Error::wrong_type);
  EXPECT_EQ(parsed("1").boolean().error, Error::wrong_type);
  EXPECT_EQ(parsed("null").boolean().error, Error::wrong_type);
  EXPECT_EQ(parsed("true").plain_string().error, Error::wrong_type);
  EXPECT_EQ(parsed("[]").string(MutableBytes()).error, Error::wrong_type);
  EXPECT_EQ(parsed("[]").member("a").error, Error::wrong_type);
  EXPECT_EQ(parsed("\"a\"").member("a").error, Error::wrong_type);
}

TEST(Json, FindsMembers) {
  const Json json = parsed("{\"a\":1,\"ab\":[{\"a\":5}],\"\":\"}\",\"b\":{\"a\":3},\"c\":false}");
  EXPECT_EQ(json.member("a").value.integer().value, 1);
  EXPECT_EQ(json.member("").value.plain_string().value, Text("}"));
  EXPECT_EQ(json.member("b").value.member("a").value.integer().value, 3);
  EXPECT_FALSE(json.member("c").value.boolean().value);
  EXPECT_EQ(json.member("d").error, Error::missing_field);
  EXPECT_EQ(json.member("A").error, Error::missing_field);
  EXPECT_EQ(parsed("{}").member("a").error, Error::missing_field);
}

TEST(JsonItems, WalksInOrder) {
  std::string seen;
  const Json list = parsed("[ 1 , [2,3] ,\"4,5\", {\"a\":[]} ]");
  for (JsonItems items(list); items.next();) {
    EXPECT_TRUE(items.key().empty());
    seen += string_of(items.value().text()) + ";";
  }
  EXPECT_EQ(seen, "1;[2,3];\"4,5\";{\"a\":[]};");
}

TEST(JsonItems, GivesKeys) {
  std::string seen;
  const Json object = parsed("{ \"a\" : 1 ,\"b\":\"\\\"\",\"c\":{}}");
  for (JsonItems items(object); items.next();) {
    seen += string_of(items.key()) + "=" + string_of(items.value().text()) + ";";
  }
  EXPECT_EQ(seen, "a=1;b=\"\\\"\";c={};");
}

TEST(JsonItems, WalksOverNothingInOtherValues) {
  for (const char* text : {"[]", "[ ]", "{}", "{ }", "1", "\"abc\"", "null", "true"}) {
    JsonItems items(parsed(text));
    EXPECT_FALSE(items.next()) << text;
    EXPECT_FALSE(items.next()) << text;
  }
}

}  // namespace
}  // namespace otter
