#include "publish/envelope.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "ota/wire/manifest.h"
#include "publish/host_crypto.h"
#include "publish/temporary_folder.h"

namespace otter {
namespace {

constexpr char kManifest[] = "{\"schema\":1}";

class EnvelopeJson : public testing::Test {
 protected:
  EnvelopeJson() {
    key_ = folder_.file("k.pem");
    make_signing_key(key_);
    point_ = read_public_point(key_);
  }

  TemporaryFolder folder_;
  std::string key_;
  std::vector<uint8_t> point_;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(std::string::npos, at) << from;
  return text.replace(at, from.size(), to);
}

void expect_error(const std::string& text, const char* part_of_reason) {
  try {
    read_envelope_json(text);
    FAIL() << "accepted " << text;
  } catch (const EnvelopeError& error) {
    EXPECT_NE(std::string::npos, std::string(error.what()).find(part_of_reason)) << error.what();
  }
}

TEST_F(EnvelopeJson, IsSignedOverTheDssePreAuthenticationEncoding) {
  const SignedManifest envelope = sign_manifest(kManifest, key_);
  const std::string encoded =
      std::string("DSSEv1 38 application/vnd.otter.manifest.v1+json 12 ") + kManifest;
  HostCrypto crypto;
  const Digest digest = sha256(crypto, as_bytes(encoded)).value;
  EXPECT_EQ(digest, manifest_signing_digest(kManifest));
  EXPECT_TRUE(crypto.verify_p256(point_, digest, envelope.signatures[0].signature));
  EXPECT_EQ(key_id_of(point_), envelope.signatures[0].key_id);
}

TEST_F(EnvelopeJson, ReadsBackWhatItWrote) {
  const SignedManifest envelope = sign_manifest(kManifest, key_);
  const SignedManifest again = read_envelope_json(write_envelope_json(envelope));
  EXPECT_EQ(kManifest, again.manifest);
  ASSERT_EQ(1u, again.signatures.size());
  EXPECT_EQ(envelope.signatures[0].signature, again.signatures[0].signature);
  EXPECT_TRUE(is_signed_by(again, point_));
}

TEST_F(EnvelopeJson, IsNotSignedByAnotherKey) {
  make_signing_key(folder_.file("other.pem"));
  const SignedManifest envelope = sign_manifest(kManifest, key_);
  EXPECT_FALSE(is_signed_by(envelope, read_public_point(folder_.file("other.pem"))));
}

TEST_F(EnvelopeJson, IsNotSignedAfterAChange) {
  SignedManifest envelope = sign_manifest(kManifest, key_);
  envelope.manifest += " ";
  EXPECT_FALSE(is_signed_by(envelope, point_));
}

TEST_F(EnvelopeJson, TakesADetachedSignatureOfTheManifestOnly) {
  SignedManifest envelope{kManifest, {}};
  const RawSignature other = sign_digest(key_, manifest_signing_digest("{}"));
  EXPECT_THROW(add_signature(envelope, point_, other), KeyError);
  EXPECT_TRUE(envelope.signatures.empty());
  add_signature(envelope, point_, sign_digest(key_, manifest_signing_digest(kManifest)));
  EXPECT_TRUE(is_signed_by(envelope, point_));
}

TEST_F(EnvelopeJson, TakesEightSignatures) {
  SignedManifest envelope{kManifest, {}};
  for (int i = 0; i < 9; ++i) {
    const std::string path = folder_.file(std::to_string(i) + ".pem");
    make_signing_key(path);
    const RawSignature signature = sign_digest(path, manifest_signing_digest(kManifest));
    const auto add = [&] { add_signature(envelope, read_public_point(path), signature); };
    if (i == 8) {
      EXPECT_THROW(add(), KeyError);
    } else {
      add();
    }
  }
  EXPECT_EQ(8u, read_envelope_json(write_envelope_json(envelope)).signatures.size());
}

TEST_F(EnvelopeJson, CountsAKeyOnce) {
  SignedManifest envelope = sign_manifest(kManifest, key_);
  const RawSignature again = sign_digest(key_, manifest_signing_digest(kManifest));
  EXPECT_THROW(add_signature(envelope, point_, again), KeyError);
  EXPECT_EQ(1u, envelope.signatures.size());
}

TEST_F(EnvelopeJson, RefusesWhatIsNoEnvelope) {
  const std::string good = write_envelope_json(sign_manifest(kManifest, key_));
  expect_error("", "JSON object");
  expect_error("[]", "JSON object");
  expect_error("{}", "no text 'payloadType'");
  expect_error(replaced(good, "otter.manifest", "other.manifest"), "payloadType");
  expect_error(replaced(good, "\"payload\":\"", "\"payload\":\"!"), "payload is not base64");
  expect_error(replaced(good, "\"payload\"", "\"load\""), "no text 'payload'");
  expect_error(replaced(good, "\"sig\":\"", "\"sig\":\"*"), "sig is not base64");
  expect_error(replaced(good, "\"sig\":\"", "\"sig\":\"AAAA"), "not of 64 bytes");
  expect_error(replaced(good, "\"keyid\":\"", "\"keyid\":\"0"), "16 hexadecimal digits");
  expect_error(replaced(good, "\"signatures\":[{", "\"signatures\":[3,{"), "not an object");
  expect_error(replaced(good, "\"signatures\"", "\"others\""), "1 to 8 signatures");
}

TEST_F(EnvelopeJson, RefusesAManifestThatNoDeviceTakes) {
  SignedManifest envelope = sign_manifest("{}", key_);
  envelope.manifest = std::string(kManifestSizeMax + 1, ' ');
  expect_error(write_envelope_json(envelope), "4096");
}

// The text of the fenced block of that language in a page.
std::string block_of(const std::string& page, const std::string& language) {
  std::ifstream file(std::string(OTTER_SOURCE_DIR) + "/docs/spec/" + page);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string fence = "```" + language + "\n";
  const size_t begin = text.find(fence);
  EXPECT_NE(std::string::npos, begin);
  const size_t from = begin + fence.size();
  return text.substr(from, text.find("```", from) - from);
}

TEST_F(EnvelopeJson, IsReadFromItsPage) {
  const std::string text = block_of("envelope.md", "json");
  const SignedManifest envelope = read_envelope_json(text);
  EXPECT_TRUE(parse_manifest(envelope.manifest).ok());
  EXPECT_TRUE(is_signed_by(envelope, public_point_of_pem(block_of("envelope.md", "pem"), "page")));
  EXPECT_EQ(text, write_envelope_json(envelope) + "\n");
}

}  // namespace
}  // namespace otter
