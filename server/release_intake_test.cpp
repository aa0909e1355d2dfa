#include "server/release_intake.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

class ReleaseIntakeTest : public testing::Test {
 protected:
  // The manifest of 1.0.1 with one text replaced by another.
  std::string manifest_with(const std::string& what, const std::string& with) {
    std::string text = build_manifest(inspect_image(image_), image_, options_);
    const size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), with);
  }
  std::string answer_to(const std::string& manifest) {
    return problem_of(server_.publish_manifest(manifest));
  }
  std::string answer_to_envelope(const std::string& envelope) {
    return problem_of(server_.admin("POST", "/api/v1/releases", "{\"envelope\":" + envelope + "}"));
  }
  ManifestOptions options_for(const std::string& product) {
    ManifestOptions options = options_;
    options.product = product;
    return options;
  }
  Response publish_for(const std::string& product) {
    return server_.publish(OfflineServer::image_of("1.0.1", "esp32c3", product),
                           options_for(product));
  }
  void expect_nothing_stored() { EXPECT_TRUE(server_.store->releases({}).empty()); }

  const std::vector<uint8_t> image_ = OfflineServer::image_of("1.0.1");
  const ManifestOptions options_ = OfflineServer::options_of("1.0.1", 1);
  OfflineServer server_;
};

TEST_F(ReleaseIntakeTest, TakesAReleaseThatIsRight) {
  const Response response = server_.publish(image_, options_, "notes");
  ASSERT_EQ(response.status, 201U) << response.body;
  const boost::json::object answer = json_of(response);
  EXPECT_EQ(answer.at("product").as_string(), "lamp");
  EXPECT_EQ(answer.at("channel").as_string(), "stable");
  EXPECT_EQ(answer.at("sequence").as_int64(), 1);
  EXPECT_EQ(answer.at("sha256").as_string(), hex_text(digest_of(image_).bytes));
  const ReleasePtr release = release_of_version(*server_.store, "lamp", "1.0.1");
  EXPECT_EQ(answer.at("manifest").as_string(), hex_text(release->manifest_sha256.bytes));
  EXPECT_EQ(release->notes, "notes");
  EXPECT_EQ(release->app_elf_sha256, inspect_image(image_).app_elf_sha256);
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Release published product=lamp version=1.0.1"));
}

TEST_F(ReleaseIntakeTest, NeedsTheConfigurationThatItBrings) {
  const std::string document = "{\"version\":1,\"values\":{}}";
  ManifestOptions options = options_;
  options.config_digest = hex_text(digest_of(as_bytes(document)).bytes);
  EXPECT_EQ(problem_of(server_.publish(image_, options)), "422 config_missing");
  server_.store->add_configuration({"lamp", 1, digest_of(as_bytes(document)), document, kNow});
  EXPECT_EQ(server_.publish(image_, options).status, 201U);
}

TEST_F(ReleaseIntakeTest, RefusesAKeyThatItDoesNotKnow) {
  server_.upload(image_);
  const std::string other = server_.folder.file("other.pem");
  make_signing_key(other);
  const std::string manifest = build_manifest(inspect_image(image_), image_, options_);
  EXPECT_EQ(answer_to_envelope(write_envelope_json(sign_manifest(manifest, other))),
            "422 unknown_key");
  expect_nothing_stored();
}

TEST_F(ReleaseIntakeTest, RefusesASignatureOfOtherBytes) {
  server_.upload(image_);
  SignedManifest envelope =
      sign_manifest(build_manifest(inspect_image(image_), image_, options_), server_.key_file());
  envelope.manifest = manifest_with("\"1.0.1\"", "\"1.0.2\"");
  EXPECT_EQ(answer_to_envelope(write_envelope_json(envelope)), "422 bad_signature");
  expect_nothing_stored();
}

TEST_F(ReleaseIntakeTest, RefusesASignatureOfZeros) {
  SignedManifest envelope =
      sign_manifest(build_manifest(inspect_image(image_), image_, options_), server_.key_file());
  envelope.signatures[0].signature.fill(0);
  EXPECT_EQ(answer_to_envelope(write_envelope_json(envelope)), "422 bad_signature");
}

TEST_F(ReleaseIntakeTest, RefusesEnvelopesThatAreNone) {
  for (const char* envelope : {"{}", "[]", "1", "null", R"({"payloadType":"text/plain"})"}) {
    EXPECT_EQ(answer_to_envelope(envelope), "422 invalid_field") << envelope;
  }
  EXPECT_EQ(problem_of(server_.admin("POST", "/api/v1/releases", "{}")), "422 invalid_field");
  EXPECT_EQ(problem_of(server_.admin("POST", "/api/v1/releases", "{\"envelope\":")),
            "400 bad_json");
}

TEST_F(ReleaseIntakeTest, RefusesManifestsThatItCantRead) {
  EXPECT_EQ(answer_to("{}"), "422 missing_field");
  EXPECT_EQ(answer_to("nonsense"), "422 malformed");
  EXPECT_EQ(answer_to(manifest_with("\"sequence\":1,", "\"sequence\":0,")), "422 out_of_range");
  expect_nothing_stored();
}

TEST_F(ReleaseIntakeTest, AsksForTheImageFirst) {
  const Response response =
      server_.publish_manifest(build_manifest(inspect_image(image_), image_, options_));
  EXPECT_EQ(problem_of(response), "422 blob_missing");
  EXPECT_THAT(response.body, HasSubstr(hex_text(digest_of(image_).bytes)));
}

TEST_F(ReleaseIntakeTest, KnowsNoOtherProduct) {
  EXPECT_EQ(problem_of(publish_for("fan")), "404 not_found");
  expect_nothing_stored();
}

TEST_F(ReleaseIntakeTest, ComparesTheManifestWithTheImage) {
  server_.upload(image_);
  EXPECT_EQ(answer_to(manifest_with("\"size\":81920", "\"size\":81904")), "422 facts_differ");
  const std::string elf = hex_text(inspect_image(image_).app_elf_sha256.bytes);
  EXPECT_EQ(answer_to(manifest_with(elf, std::string(64, '1'))), "422 facts_differ");
  EXPECT_EQ(answer_to(manifest_with("\"1.0.1\"", "\"1.0.2\"")), "422 facts_differ");
  expect_nothing_stored();
}

TEST_F(ReleaseIntakeTest, ComparesEachBlock) {
  server_.upload(image_);
  const std::string manifest = build_manifest(inspect_image(image_), image_, options_);
  const std::string blocks(parse_manifest(manifest).value.blocks.data,
                           parse_manifest(manifest).value.blocks.size);
  std::string other = blocks;
  other[0] = other[0] == 'A' ? 'B' : 'A';
  const Response response = server_.publish_manifest(manifest_with(blocks, other));
  EXPECT_EQ(problem_of(response), "422 facts_differ");
  EXPECT_THAT(response.body, HasSubstr("block 0"));
}

TEST_F(ReleaseIntakeTest, RefusesAnImageForAnotherChip) {
  const std::vector<uint8_t> image = OfflineServer::image_of("1.0.1", "esp32");
  EXPECT_EQ(problem_of(server_.publish(image, options_)), "422 wrong_chip");
  expect_nothing_stored();
}

TEST_F(ReleaseIntakeTest, RefusesAManifestForAnotherChipThanItsImage) {
  Product open;
  open.name = "open";
  server_.store->add_product(open, digest_number(5));
  const std::vector<uint8_t> image = OfflineServer::image_of("1.0.1", "esp32c3", "open");
  server_.upload(image);
  std::string manifest = build_manifest(inspect_image(image), image, options_for("open"));
  manifest.replace(manifest.find("esp32c3"), 7, "esp32s3");
  EXPECT_EQ(answer_to(manifest), "422 facts_differ");
  expect_nothing_stored();
}

TEST_F(ReleaseIntakeTest, RefusesWhatDoesNotFitTheSlot) {
  Product small;
  small.name = "small";
  small.slot_bytes = 64 * 1024;
  server_.store->add_product(small, digest_number(5));
  EXPECT_EQ(problem_of(publish_for("small")), "422 slot_too_small");
}

TEST_F(ReleaseIntakeTest, RefusesAFileThatIsNoImage) {
  std::vector<uint8_t> broken = image_;
  broken[broken.size() - 40] ^= 1;
  server_.upload(broken);
  const std::string was = hex_text(digest_of(image_).bytes);
  const std::string is = hex_text(digest_of(broken).bytes);
  const Response response = server_.publish_manifest(manifest_with(was, is));
  EXPECT_EQ(response.status, 422U);
  EXPECT_THAT(problem_of(response), testing::AnyOf("422 bad_checksum", "422 bad_hash"));
  expect_nothing_stored();
}

TEST_F(ReleaseIntakeTest, TakesAVersionAndASequenceOnce) {
  server_.publish("1.0.1", 5);
  EXPECT_EQ(problem_of(server_.publish("1.0.1", 6)), "409 version_used");
  EXPECT_EQ(problem_of(server_.publish("1.0.2", 5)), "409 sequence_used");
  EXPECT_EQ(server_.publish("1.0.2", 6).status, 201U);
}

TEST_F(ReleaseIntakeTest, TakesTwoSignatures) {
  const std::string second = server_.folder.file("second.pem");
  make_signing_key(second);
  const std::string pem =
      boost::json::serialize(boost::json::object{{"public_key_pem", read_file(second + ".pub")}});
  server_.admin("POST", "/api/v1/keys/release", pem);
  server_.upload(image_);
  SignedManifest envelope =
      sign_manifest(build_manifest(inspect_image(image_), image_, options_), server_.key_file());
  add_signature(envelope, read_public_point(second),
                sign_digest(second, manifest_signing_digest(envelope.manifest)));
  const Response response = server_.admin("POST", "/api/v1/releases",
                                          "{\"envelope\":" + write_envelope_json(envelope) + "}");
  EXPECT_EQ(response.status, 201U) << response.body;
}

}  // namespace
}  // namespace otter::server
