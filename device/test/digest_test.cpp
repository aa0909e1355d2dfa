#include "ota/wire/digest.h"

#include <array>

#include "device/test/printers.h"

namespace otter {
namespace {

std::string encode(std::string_view text) {
  std::array<uint8_t, 256> buffer{};
  Appender out(buffer);
  base64_encode(bytes_of(text), out);
  EXPECT_FALSE(out.failed());
  return string_of(out.written());
}

std::string decode(std::string_view text) {
  std::array<uint8_t, 256> buffer{};
  const Result<size_t> size = base64_decode(text, buffer);
  return size.ok() ? string_of(Bytes(buffer).part(0, size.value)) : string_of(name(size.error));
}

Error decode_error(std::string_view text) {
  std::array<uint8_t, 256> buffer{};
  return base64_decode(text, buffer).error;
}

// RFC 4648 section 10
const std::pair<std::string, std::string> kRfcVectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};

TEST(Hex, WritesLowerCase) { EXPECT_EQ(hex_of(bytes_of("\x0f\xa0\xff")), "0fa0ff"); }

TEST(Hex, ReadsBothCases) {
  EXPECT_EQ(hex_of(bytes_of_hex("0fA0fF")), "0fa0ff");
  EXPECT_EQ(hex_of(bytes_of_hex("")), "");
}

TEST(Hex, RefusesAnotherLength) {
  std::array<uint8_t, 2> out{};
  EXPECT_EQ(hex_decode("0fa", out), Error::malformed);
  EXPECT_EQ(hex_decode("0fa0f", out), Error::malformed);
  EXPECT_EQ(hex_decode("0fa0ff", out), Error::malformed);
  EXPECT_EQ(hex_decode("", out), Error::malformed);
}

TEST(Hex, RefusesEveryOtherCharacter) {
  std::array<uint8_t, 1> out{};
  for (int c = 0; c < 256; ++c) {
    if (isxdigit(c) != 0) continue;
    const char first[] = {static_cast<char>(c), '0'};
    const char second[] = {'0', static_cast<char>(c)};
    EXPECT_EQ(hex_decode(Text(first, 2), out), Error::malformed) << c;
    EXPECT_EQ(hex_decode(Text(second, 2), out), Error::malformed) << c;
  }
}

TEST(Digest, SurvivesHex) {
  Digest digest;
  EXPECT_TRUE(digest.is_zero());
  for (size_t i = 0; i < kDigestSize; ++i) digest.bytes[i] = static_cast<uint8_t>(i * 7);
  EXPECT_FALSE(digest.is_zero());
  const DigestHex hex = to_hex(digest);
  EXPECT_EQ(strlen(hex.characters), kDigestHexSize);
  EXPECT_TRUE(digest_from_hex(hex).value == digest);
}

TEST(Digest, IsZeroOnlyIfAllBytesAre) {
  for (size_t i = 0; i < kDigestSize; ++i) {
    Digest digest;
    digest.bytes[i] = 1;
    EXPECT_FALSE(digest.is_zero()) << i;
  }
}

TEST(Digest, RefusesAnotherLength) {
  EXPECT_EQ(digest_from_hex(std::string(63, 'a')).error, Error::malformed);
  EXPECT_EQ(digest_from_hex(std::string(65, 'a')).error, Error::malformed);
  EXPECT_EQ(digest_from_hex("").error, Error::malformed);
}

TEST(Base64, AgreesWithTheRfc) {
  for (const auto& [plain, encoded] : kRfcVectors) {
    EXPECT_EQ(encode(plain), encoded);
    EXPECT_EQ(decode(encoded), plain);
    EXPECT_EQ(base64_size(plain.size()), encoded.size());
  }
}

TEST(Base64, UsesPlusAndSlash) {
  EXPECT_EQ(encode("\xfb\xff\xbf"), "+/+/");
  EXPECT_EQ(decode("+/+/"), "\xfb\xff\xbf");
  EXPECT_EQ(decode_error("-_-_"), Error::malformed);
}

TEST(Base64, RefusesMissingOrMisplacedPadding) {
  for (const char* text : {"Zg", "Zg=", "Z", "Z===", "====", "=Zg=", "Zg==Zg==", "Zm8=Zm8=", "Zg=A",
                           "Z=g=", "Zg===", "Zm9v====", "AA=A"}) {
    EXPECT_EQ(decode_error(text), Error::malformed) << text;
  }
}

TEST(Base64, RefusesBitsPastTheEnd) {
  EXPECT_EQ(decode_error("Zh=="), Error::malformed);
  EXPECT_EQ(decode_error("Zm9="), Error::malformed);
  EXPECT_EQ(decode_error("//=="), Error::malformed);
  EXPECT_EQ(decode("/w=="), "\xff");
}

TEST(Base64, RefusesWhiteSpaceAndEveryOtherCharacter) {
  EXPECT_EQ(decode_error("Zm9v\n"), Error::malformed);
  for (int c = 0; c < 256; ++c) {
    if (isalnum(c) != 0 || c == '+' || c == '/') continue;
    std::string text = "ZmZm";
    text[0] = static_cast<char>(c);
    EXPECT_EQ(decode_error(text), Error::malformed) << c;
  }
}

TEST(Base64, SaysThatTheBufferIsTooSmall) {
  std::array<uint8_t, 5> out{};
  EXPECT_EQ(base64_decode("Zm9vYmFy", out).error, Error::too_large);
  EXPECT_EQ(base64_decode("Zm9vYmE=", out).value, 5u);
  EXPECT_EQ(base64_decode("", MutableBytes()).value, 0u);
}

TEST(Base64, DecodesInPlace) {
  for (size_t size = 0; size < 64; ++size) {
    std::string plain(size, 0);
    for (size_t i = 0; i < size; ++i) plain[i] = static_cast<char>(i * 37 + 200);
    std::vector<uint8_t> buffer = bytes_of(encode(plain));
    const Result<size_t> decoded = base64_decode(as_text(buffer), buffer);
    ASSERT_EQ(decoded.error, Error::ok);
    EXPECT_EQ(string_of(Bytes(buffer).part(0, decoded.value)), plain);
  }
}

TEST(Base64, EncodingStopsAtTheBuffersEnd) {
  std::array<uint8_t, 7> buffer{};
  Appender out(buffer);
  base64_encode(bytes_of("foobar"), out);
  EXPECT_TRUE(out.failed());
}

}  // namespace
}  // namespace otter
