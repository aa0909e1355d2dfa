// The JSON reader on any text. What it accepts is walked through in full and written again without
// white space: that text must be accepted too, and give the same again.
#include <string>

#include "fuzz/require.h"
#include "ota/wire/json.h"

namespace otter {
namespace {

std::string compact(Json json);

std::string compact_scalar(Json json) {
  if (json.type() == JsonType::string) {
    std::vector<uint8_t> buffer(json.text().size);
    const Result<size_t> size = json.string(buffer);
    require(size.ok(), "an accepted string can be read");
    const Result<Text> plain = json.plain_string();
    if (plain.ok()) {
      require(plain.value == as_text(Bytes(buffer).part(0, size.value)),
              "a plain string is what string() gives");
    }
  } else if (json.type() == JsonType::integer) {
    const Result<int64_t> value = json.integer();
    require(value.ok() && value.value <= kJsonIntegerMax && value.value >= -kJsonIntegerMax,
            "an accepted integer is within its limits");
    require(std::to_string(value.value) == std::string(json.text().data, json.text().size),
            "an integer has one spelling");
  }
  return std::string(json.text().data, json.text().size);
}

std::string compact_container(Json json) {
  const bool is_object = json.type() == JsonType::object;
  std::string out(1, is_object ? '{' : '[');
  for (JsonItems items(json); items.next();) {
    require(is_within(items.value().text(), json.text()), "a value lies within its container");
    if (out.size() > 1) out += ',';
    if (is_object) {
      const Result<Json> found = json.member(items.key());
      require(found.ok() && found.value.text().data == items.value().text().data,
              "each key is found, and is there once");
      out += '"' + std::string(items.key().data, items.key().size) + "\":";
    }
    out += compact(items.value());
  }
  return out + (is_object ? '}' : ']');
}

// The depth is bounded by the reader's own limit.
std::string compact(Json json) {
  const bool is_container = json.type() == JsonType::object || json.type() == JsonType::array;
  return is_container ? compact_container(json) : compact_scalar(json);
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  JsonLimits limits;
  limits.depth_max = kJsonDepthMax;
  const Result<Json> json = Json::parse(as_text(Bytes(data, size)), limits);
  if (!json.ok()) return 0;
  const std::string once = compact(json.value);
  const Result<Json> again = Json::parse(once, limits);
  require(again.ok(), "what is written again is accepted");
  require(compact(again.value) == once, "writing it again changes nothing");
  return 0;
}
