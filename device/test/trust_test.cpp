#include "ota/wire/trust.h"

#include "device/test/signing_keys.h"

namespace otter {
namespace {

// Base64 of `size` bytes that begin as a DER certificate does.
std::string anchor(size_t size = 300) {
  std::vector<uint8_t> der(size, 0x5A);
  der[0] = 0x30;
  std::vector<uint8_t> text(base64_size(size));
  Appender out(text);
  base64_encode(der, out);
  return string_of(Bytes(text));
}

std::string list_of(size_t count, const std::string& text) {
  std::string list;
  for (size_t i = 0; i < count; ++i) list += (i == 0 ? "\"" : ",\"") + text + "\"";
  return "[" + list + "]";
}

std::string body_with(const std::string& anchors, const std::string& pins) {
  return "{\"schema\":1,\"version\":7,\"created\":1790000000,\"anchors\":" + anchors +
         ",\"pins\":" + pins + "}";
}
std::string body() { return body_with(list_of(2, anchor()), list_of(2, std::string(64, 'a'))); }

Error trust_error(const std::string& text) { return parse_trust(text).error; }

Error changed_trust_error(const std::string& from, const std::string& to) {
  std::string text = body();
  EXPECT_NE(text.find(from), std::string::npos) << from;
  return trust_error(text.replace(text.find(from), from.size(), to));
}

Error verify_error(const SignedBody& payload) {
  HostCrypto crypto;
  const std::string root = RootParts().body();
  TrustPayload trust;
  return verify_trust(crypto, payload.envelope(), parse_root(root).value, &trust);
}

TEST(Trust, ReadsItsFields) {
  const std::string text = body();
  const Result<TrustPayload> trust = parse_trust(text);
  ASSERT_EQ(trust.error, Error::ok);
  EXPECT_EQ(trust.value.version, 7u);
  JsonItems anchors(trust.value.anchors);
  ASSERT_TRUE(anchors.next());
  EXPECT_EQ(anchors.value().plain_string().value, Text(anchor()));
  EXPECT_EQ(trust.value.pins.text(), Text(list_of(2, std::string(64, 'a'))));
}

TEST(Trust, PinsMayBeNone) {
  EXPECT_EQ(trust_error(body_with(list_of(1, anchor()), "[]")), Error::ok);
}

TEST(Trust, NeedsEachField) {
  for (const char* key : {"schema", "version", "created", "anchors", "pins"}) {
    EXPECT_EQ(changed_trust_error("\"" + std::string(key) + "\"", "\"x\""), Error::missing_field)
        << key;
  }
  // Without an authority a device could reach nobody.
  EXPECT_EQ(trust_error(body_with("[]", "[]")), Error::missing_field);
}

TEST(Trust, RefusesWrongTypes) {
  EXPECT_EQ(trust_error("[]"), Error::wrong_type);
  EXPECT_EQ(changed_trust_error("\"version\":7", "\"version\":\"7\""), Error::wrong_type);
  EXPECT_EQ(trust_error(body_with("{}", "[]")), Error::wrong_type);
  EXPECT_EQ(trust_error(body_with("[7]", "[]")), Error::wrong_type);
  EXPECT_EQ(trust_error(body_with(list_of(1, anchor()), "[7]")), Error::wrong_type);
}

TEST(Trust, RefusesNumbersOutOfRange) {
  EXPECT_EQ(changed_trust_error("\"version\":7", "\"version\":0"), Error::out_of_range);
  EXPECT_EQ(changed_trust_error("\"version\":7", "\"version\":4294967296"), Error::out_of_range);
  EXPECT_EQ(changed_trust_error("\"created\":1790000000", "\"created\":-1"), Error::out_of_range);
}

TEST(Trust, AnAnchorIsStrictBase64OfASequence) {
  for (size_t size : {1u, 47u, 48u, 49u, 95u, 96u, 97u, 1000u}) {
    EXPECT_EQ(trust_error(body_with(list_of(1, anchor(size)), "[]")), Error::ok) << size;
  }
  EXPECT_EQ(trust_error(body_with("[\"\"]", "[]")), Error::malformed);
  EXPECT_EQ(trust_error(body_with("[\"AAAA\"]", "[]")), Error::malformed);
  EXPECT_EQ(trust_error(body_with(list_of(1, anchor() + "A"), "[]")), Error::malformed);
  // Padding is at the end, not at that of a group.
  const std::string padded = anchor(47) + anchor(47);
  EXPECT_EQ(trust_error(body_with(list_of(1, padded), "[]")), Error::malformed);
}

TEST(Trust, APinIsASha256) {
  EXPECT_EQ(trust_error(body_with(list_of(1, anchor()), "[\"ab\"]")), Error::malformed);
  const std::string no_hex(64, 'x');
  EXPECT_EQ(trust_error(body_with(list_of(1, anchor()), list_of(1, no_hex))), Error::malformed);
}

TEST(Trust, IsBounded) {
  const std::string pin(64, 'a');
  EXPECT_EQ(trust_error(body_with(list_of(kAnchorsMax, anchor()), list_of(kPinsMax, pin))),
            Error::ok);
  EXPECT_EQ(trust_error(body_with(list_of(kAnchorsMax + 1, anchor()), "[]")), Error::too_large);
  EXPECT_EQ(trust_error(body_with(list_of(1, anchor()), list_of(kPinsMax + 1, pin))),
            Error::too_large);
  EXPECT_EQ(trust_error(body() + std::string(kTrustSizeMax, ' ')), Error::too_large);
}

TEST(Trust, AnotherSchemaIsUnsupported) {
  EXPECT_EQ(changed_trust_error("\"schema\":1", "\"schema\":2"), Error::unsupported);
}

TEST(Trust, IsSignedByTheRootThreshold) {
  EXPECT_EQ(verify_error(SignedBody(kTrustType, body(), {0, 2})), Error::ok);
  EXPECT_EQ(verify_error(SignedBody(kTrustType, body(), {0})), Error::unknown_key);
  EXPECT_EQ(verify_error(SignedBody(kTrustType, body(), {0, 0})), Error::unknown_key);
  // Key 6 signs releases: it does not choose whom a device connects to.
  EXPECT_EQ(verify_error(SignedBody(kTrustType, body(), {0, 6})), Error::unknown_key);
}

TEST(Trust, SignaturesOfAnotherPayloadTypeFail) {
  EXPECT_EQ(verify_error(SignedBody(kRootType, body(), {0, 1})), Error::bad_signature);
}

TEST(Trust, EveryFlippedByteFails) {
  const SignedBody good(kTrustType, body(), {0, 1});
  for (size_t at = 0; at < good.body().size(); ++at) {
    SignedBody bad = good;
    bad.flip_body(at);
    EXPECT_EQ(verify_error(bad), Error::bad_signature) << at;
  }
  for (size_t at = 0; at < kSignatureSize; ++at) {
    SignedBody bad = good;
    bad.flip_signature(0, at);
    EXPECT_EQ(verify_error(bad), Error::bad_signature) << at;
  }
}

TEST(Trust, WhatIsSignedButUnreadableIsRefused) {
  EXPECT_EQ(verify_error(SignedBody(kTrustType, "{}", {0, 1})), Error::missing_field);
}

}  // namespace
}  // namespace otter
