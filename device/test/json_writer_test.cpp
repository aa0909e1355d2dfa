#include "ota/wire/json_writer.h"

#include <array>

#include "device/test/printers.h"
#include "ota/wire/json.h"

namespace otter {
namespace {

std::string written_string(std::string_view value) {
  std::array<uint8_t, 1024> buffer{};
  JsonWriter json(buffer);
  json.string("k", value);
  const Result<Text> text = json.finish();
  EXPECT_EQ(text.error, Error::ok);
  return string_of(text.value);
}

TEST(JsonWriter, WritesMembersInOrder) {
  std::array<uint8_t, 128> buffer{};
  JsonWriter json(buffer);
  json.string("status", "SUCCESS");
  json.integer("bytes", -1048576);
  json.boolean("ok", true);
  json.boolean("not", false);
  EXPECT_EQ(json.finish().value,
            Text("{\"status\":\"SUCCESS\",\"bytes\":-1048576,\"ok\":true,\"not\":false}"));
}

TEST(JsonWriter, WritesAnEmptyObject) {
  std::array<uint8_t, 2> buffer{};
  EXPECT_EQ(JsonWriter(buffer).finish().value, Text("{}"));
}

TEST(JsonWriter, EscapesQuotesAndBackslashes) {
  EXPECT_EQ(written_string("a\"b\\c"), "{\"k\":\"a\\\"b\\\\c\"}");
}

TEST(JsonWriter, ReplacesWhatIsNotPrintableAscii) {
  EXPECT_EQ(written_string("a\nb\x7F\xC3\xA4"), "{\"k\":\"a?b???\"}");
}

TEST(JsonWriter, EveryByteGivesWhatTheReaderAccepts) {
  for (int c = 0; c < 256; ++c) {
    const std::string value(3, static_cast<char>(c));
    const std::string text = written_string(value);
    EXPECT_EQ(Json::parse(text).error, Error::ok) << text;
  }
}

TEST(JsonWriter, SaysThatTheBufferIsTooSmall) {
  std::array<uint8_t, 9> buffer{};
  for (size_t size = 0; size < buffer.size(); ++size) {
    JsonWriter json(MutableBytes(buffer).part(0, size));
    json.string("k", "vv");
    EXPECT_EQ(json.finish().error, Error::too_large) << size;
  }
}

}  // namespace
}  // namespace otter
