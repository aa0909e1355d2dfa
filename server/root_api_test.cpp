#include "server/root_api.h"

#include <gmock/gmock.h>

#include "ota/wire/device_facts.h"
#include "ota/wire/signing.h"
#include "ota/wire/trust.h"
#include "publish/base64.h"
#include "server/envelope_json.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

// Keys by number, made once for all tests.
class Keys {
 public:
  static const Keys& get() {
    static const Keys keys;
    return keys;
  }
  std::string path(int key) const { return folder_.file(std::to_string(key) + ".pem"); }
  std::string id(int key) const { return key_id_of(point(key)); }
  std::string base64(int key) const { return base64_text(point(key)); }

 private:
  static constexpr int kCount = 8;
  Keys() {
    for (int key = 0; key < kCount; ++key) make_signing_key(path(key));
  }
  std::vector<uint8_t> point(int key) const { return read_public_point(path(key)); }
  TemporaryFolder folder_;
};

// An envelope's frame.
std::string signed_by(const std::vector<int>& keys, const std::string& body,
                      const char* type = kRootType) {
  HostCrypto crypto;
  const Digest digest = signing_digest(crypto, Text(type), as_bytes(body)).value;
  std::string frame = std::string("OTE1") + static_cast<char>(keys.size());
  for (const int key : keys) {
    uint8_t id[kKeyIdSize];
    EXPECT_EQ(hex_decode(Keys::get().id(key), id), Error::ok);
    frame.append(id, id + sizeof(id));
    const RawSignature signature = sign_digest(Keys::get().path(key), digest);
    frame.append(signature.begin(), signature.end());
  }
  frame += static_cast<char>(body.size() & 0xFF);
  frame += static_cast<char>(body.size() >> 8);
  return frame + body;
}

// Root metadata: two of three root keys, one release key.
struct RootParts {
  int version = 1;
  std::vector<int> root = {0, 1, 2};
  int release = 6;
  std::string rights;  // more members of the release key, with a comma in front
  std::string revoked;

  std::string body() const {
    std::string keys;
    for (const int key : root)
      keys += (keys.empty() ? "\"" : ",\"") + Keys::get().base64(key) + "\"";
    return "{\"schema\":1,\"version\":" + std::to_string(version) +
           ",\"epoch\":1,\"created\":1790000000,\"root\":{\"threshold\":2,\"keys\":[" + keys +
           "]},\"release\":{\"threshold\":1,\"keys\":[{\"point\":\"" + Keys::get().base64(release) +
           "\"" + rights + "}]},\"revoked\":[" + revoked + "]}";
  }
  std::string signed_by(const std::vector<int>& keys) const {
    return server::signed_by(keys, body());
  }
};

RootParts root_version(int version) {
  RootParts parts;
  parts.version = version;
  return parts;
}

std::string trust_version(int version, const std::vector<int>& keys) {
  return signed_by(keys,
                   "{\"schema\":1,\"version\":" + std::to_string(version) +
                       ",\"created\":1790000000,\"anchors\":[\"MAA=\"],\"pins\":[]}",
                   kTrustType);
}

class RootApiTest : public testing::Test {
 protected:
  Response send(const std::string& path, const std::string& frame) {
    const boost::json::object body = {{"frame", base64_text(as_bytes(frame))}};
    return server_.admin("POST", path, boost::json::serialize(body));
  }
  Response publish(const std::string& root) { return send("/api/v1/root", root); }
  Response publish_trust(const std::string& trust) { return send("/api/v1/trust", trust); }
  void anchor() { ASSERT_EQ(publish(RootParts().signed_by({0, 1})).status, 201U); }
  // Without a key.
  Response get(const std::string& target) { return server_.send(request_of("GET", target)); }

  // Publishes 1.0.1, signed by one of SigningKeys.
  Response release_by(int key) {
    const std::vector<uint8_t> image = OfflineServer::image_of("1.0.1");
    server_.upload(image);
    const std::string manifest =
        build_manifest(inspect_image(image), image, OfflineServer::options_of("1.0.1", 1));
    const std::string envelope =
        write_envelope_json(sign_manifest(manifest, Keys::get().path(key)));
    return server_.admin("POST", "/api/v1/releases", "{\"envelope\":" + envelope + "}");
  }
  bool is_offered_a_release(const std::string& device_key) {
    const std::string facts =
        "id=\"lamp-7\", ver=\"1.0.0\", product=\"lamp\", chip=\"esp32c3\", slot=1048576, "
        "nonce=:AAECAwQFBgcICQoLDA0ODw==:";
    const Response response = server_.send(request_of(
        "GET", "/firmware/manifest",
        {{"X-API-Key", device_key}, {"Accept", kCheckinType}, {kDeviceFactsHeader, facts}}));
    EXPECT_EQ(response.status, 200U) << response.body;
    return parse_checkin_frame(as_bytes(response.body)).value.envelope.size > 0;
  }
  OfflineServer server_;
};

TEST_F(RootApiTest, TakesTheFirstRootAsTheAnchor) {
  const std::string root = root_version(3).signed_by({0, 1});
  const Response response = publish(root);
  EXPECT_EQ(response.status, 201U);
  EXPECT_EQ(response.body, "{\"version\":3}\n");
  EXPECT_EQ(get("/firmware/root/3").body, root);
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Root metadata published version=3"));
}

TEST_F(RootApiTest, TakesNoAnchorThatDoesNotSignItself) {
  EXPECT_EQ(problem_of(publish(RootParts().signed_by({0}))), "422 unknown_key");
  EXPECT_EQ(problem_of(publish(RootParts().signed_by({4, 5}))), "422 unknown_key");
  std::string flipped = RootParts().signed_by({0, 1});
  flipped[40] = static_cast<char>(flipped[40] ^ 1);  // in the first signature
  EXPECT_EQ(problem_of(publish(flipped)), "422 bad_signature");
  RootParts revoking;
  revoking.revoked = "\"" + Keys::get().id(6) + "\"";
  EXPECT_EQ(problem_of(publish(revoking.signed_by({0, 1}))), "422 key_not_allowed");
  EXPECT_EQ(problem_of(get("/firmware/root/1")), "404 not_found");
}

TEST_F(RootApiTest, TakesAnAnchorSignedAsRootMetadataOnly) {
  EXPECT_EQ(problem_of(publish(signed_by({0, 1}, RootParts().body(), kManifestType))),
            "422 bad_signature");
}

TEST_F(RootApiTest, FollowsTheChain) {
  anchor();
  RootParts next = root_version(2);
  next.root = {3, 4, 5};
  EXPECT_EQ(publish(next.signed_by({0, 1, 3, 4})).status, 201U);
  next.version = 3;
  EXPECT_EQ(publish(next.signed_by({3, 4})).status, 201U);
  EXPECT_EQ(get("/firmware/root/2").status, 200U);
  EXPECT_EQ(server_.store->document_versions().root, 3U);
}

TEST_F(RootApiTest, RefusesWhatDoesNotFollow) {
  anchor();
  EXPECT_EQ(problem_of(publish(root_version(1).signed_by({0, 1}))), "422 old_root");
  EXPECT_EQ(problem_of(publish(root_version(3).signed_by({0, 1}))), "422 old_root");
  RootParts taken_over = root_version(2);
  taken_over.root = {3, 4, 5};
  EXPECT_EQ(problem_of(publish(taken_over.signed_by({3, 4}))), "422 unknown_key");
  EXPECT_EQ(server_.store->document_versions().root, 1U);
}

TEST_F(RootApiTest, RefusesWhatIsNoFrame) {
  for (const char* path : {"/api/v1/root", "/api/v1/trust"}) {
    EXPECT_EQ(problem_of(server_.admin("POST", path, "{}")), "422 invalid_field");
    EXPECT_EQ(problem_of(server_.admin("POST", path, R"({"frame":"***"})")), "422 invalid_field");
    const std::string huge = "{\"frame\":\"" + std::string(8000, 'A') + "\"}";
    EXPECT_EQ(problem_of(server_.admin("POST", path, huge)), "422 invalid_field");
    EXPECT_EQ(problem_of(send(path, "")), "422 truncated");
    EXPECT_EQ(problem_of(send(path, "OTE")), "422 truncated");
    EXPECT_EQ(problem_of(send(path, "OTE2 and more")), "422 bad_magic");
    EXPECT_EQ(problem_of(send(path, RootParts().signed_by({0, 1}) + "x")), "422 trailing_bytes");
  }
}

TEST_F(RootApiTest, ReadsAVersionStrictly) {
  anchor();
  for (const char* version : {"0", "2", "x", "1x", "+1", "-1", "%31x", "4294967297", "1 "}) {
    EXPECT_NE(get(std::string("/firmware/root/") + version).status, 200U) << version;
  }
  EXPECT_EQ(get("/firmware/root/1").status, 200U);
}

TEST_F(RootApiTest, LetsARootBeCachedAndNotTrust) {
  anchor();
  ASSERT_EQ(publish_trust(trust_version(1, {0, 1})).status, 201U);
  const Response root = get("/firmware/root/1");
  EXPECT_EQ(header_of(root, "Content-Type"), "application/octet-stream");
  EXPECT_THAT(header_of(root, "Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(header_of(get("/firmware/trust"), "Cache-Control"), "no-cache");
}

TEST_F(RootApiTest, GivesTheNewestTrustPayload) {
  EXPECT_EQ(problem_of(get("/firmware/trust")), "404 not_found");
  anchor();
  EXPECT_EQ(publish_trust(trust_version(1, {0, 1})).status, 201U);
  const std::string newest = trust_version(5, {1, 2});
  EXPECT_EQ(publish_trust(newest).body, "{\"version\":5}\n");
  EXPECT_EQ(get("/firmware/trust").body, newest);
}

TEST_F(RootApiTest, NeedsARootForTrust) {
  EXPECT_EQ(problem_of(publish_trust(trust_version(1, {0, 1}))), "404 not_found");
}

TEST_F(RootApiTest, RefusesTrustThatIsOldOrNotTheRoots) {
  anchor();
  EXPECT_EQ(publish_trust(trust_version(2, {0, 1})).status, 201U);
  EXPECT_EQ(problem_of(publish_trust(trust_version(2, {0, 1}))), "422 old_trust");
  EXPECT_EQ(problem_of(publish_trust(trust_version(1, {0, 1}))), "422 old_trust");
  EXPECT_EQ(problem_of(publish_trust(trust_version(3, {0}))), "422 unknown_key");
  EXPECT_EQ(problem_of(publish_trust(trust_version(3, {6, 7}))), "422 unknown_key");
}

TEST_F(RootApiTest, TakesReleasesByTheRootsKeysOnly) {
  EXPECT_EQ(problem_of(release_by(6)), "422 unknown_key");  // never registered
  anchor();
  EXPECT_EQ(problem_of(release_by(7)), "422 unknown_key");
  EXPECT_EQ(release_by(6).status, 201U);
}

TEST_F(RootApiTest, TakesNoReleaseByARegisteredKeyOnceThereIsARoot) {
  anchor();
  EXPECT_EQ(problem_of(server_.publish("1.0.1", 1)), "422 unknown_key");
}

TEST_F(RootApiTest, TakesNoReleaseByAKeyForOtherProductsOrChannels) {
  RootParts parts;
  parts.rights = R"(,"products":["fan"])";
  ASSERT_EQ(publish(parts.signed_by({0, 1})).status, 201U);
  EXPECT_EQ(problem_of(release_by(6)), "422 key_not_allowed");
  parts.version = 2;
  parts.rights = R"(,"products":["lamp"],"channels":["beta"])";
  ASSERT_EQ(publish(parts.signed_by({0, 1})).status, 201U);
  EXPECT_EQ(problem_of(release_by(6)), "422 key_not_allowed");
  parts.version = 3;
  parts.rights = R"(,"products":["lamp"],"channels":["stable"])";
  ASSERT_EQ(publish(parts.signed_by({0, 1})).status, 201U);
  EXPECT_EQ(release_by(6).status, 201U);
}

TEST_F(RootApiTest, TakesNoReleaseByAKeyThatWasReplaced) {
  anchor();
  RootParts next = root_version(2);
  next.release = 7;
  next.revoked = "\"" + Keys::get().id(6) + "\"";
  ASSERT_EQ(publish(next.signed_by({0, 1})).status, 201U);
  EXPECT_EQ(problem_of(release_by(6)), "422 unknown_key");
  EXPECT_EQ(release_by(7).status, 201U);
}

TEST_F(RootApiTest, TheKeysThatCountAreThoseOfTheNewest) {
  EXPECT_TRUE(json_of(server_.admin("GET", "/api/v1/keys/release")).at("root_version").is_null());
  anchor();
  RootParts next = root_version(2);
  next.release = 7;
  ASSERT_EQ(publish(next.signed_by({0, 1})).status, 201U);
  const boost::json::object answer = json_of(server_.admin("GET", "/api/v1/keys/release"));
  EXPECT_EQ(answer.at("root_version").as_int64(), 2);
  ASSERT_EQ(answer.at("keys").as_array().size(), 1U);
  const boost::json::object& key = answer.at("keys").as_array()[0].as_object();
  EXPECT_EQ(key.at("keyid").as_string(), Keys::get().id(7));
  EXPECT_TRUE(key.contains("products"));
}

TEST_F(RootApiTest, OffersNoReleaseWhoseKeyWasRevoked) {
  anchor();
  ASSERT_EQ(release_by(6).status, 201U);
  const std::string key = server_.enroll("lamp-7");
  EXPECT_TRUE(is_offered_a_release(key));
  RootParts next = root_version(2);
  next.release = 7;
  next.revoked = "\"" + Keys::get().id(6) + "\"";
  ASSERT_EQ(publish(next.signed_by({0, 1})).status, 201U);
  EXPECT_FALSE(is_offered_a_release(key));
}

}  // namespace
}  // namespace otter::server
