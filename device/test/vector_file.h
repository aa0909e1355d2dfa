// The test vectors of docs/spec/vectors/, for the tests of the core. Any thread.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "device/test/printers.h"
#include "ota/wire/json.h"

namespace otter {

inline std::string read_source_file(const std::string& path) {
  std::ifstream file(std::string(OTTER_SOURCE_DIR) + "/" + path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// One vector: named values, and the input that is to be read.
class TestVector {
 public:
  explicit TestVector(Json json) : json_(json) {}

  bool has(const char* key) const { return json_.member(key).ok(); }
  int64_t number(const char* key) const {
    const Result<int64_t> value = json_.member(key).value.integer();
    EXPECT_EQ(value.error, Error::ok) << key;
    return value.value;
  }
  bool flag(const char* key) const {
    const Result<bool> value = json_.member(key).value.boolean();
    EXPECT_EQ(value.error, Error::ok) << key;
    return value.value;
  }
  std::string text(const char* key) const {
    const Result<Json> member = json_.member(key);
    std::vector<uint8_t> buffer(member.value.text().size);
    const Result<size_t> size = member.value.string(buffer);
    EXPECT_EQ(size.error, Error::ok) << key;
    buffer.resize(size.value);
    return string_of(Bytes(buffer));
  }
  std::vector<uint8_t> bytes(const char* key) const { return bytes_of_hex(text(key)); }
  std::vector<uint8_t> input() const { return has("text") ? bytes_of(text("text")) : bytes("hex"); }

  std::string name() const { return text("name"); }
  Error error() const { return error_named(text("error")); }
  bool is_good() const { return text("error") == "ok"; }

 private:
  Json json_;
};

// A file of vectors, kept in memory with the views into it.
class VectorFile {
 public:
  explicit VectorFile(const std::string& name)
      : text_(read_source_file("docs/spec/vectors/" + name + ".json")) {
    JsonLimits limits;
    limits.size_max = text_.size();
    const Result<Json> list = Json::parse(text_, limits);
    EXPECT_EQ(list.error, Error::ok) << name;
    for (JsonItems items(list.value); items.next();) vectors_.emplace_back(items.value());
    EXPECT_FALSE(vectors_.empty()) << name;
    list_ = list.value;
  }

  Json list() const { return list_; }
  auto begin() const { return vectors_.begin(); }
  auto end() const { return vectors_.end(); }

 private:
  std::string text_;
  Json list_;
  std::vector<TestVector> vectors_;
};

}  // namespace otter
