#include "server/device_api.h"

#include <gmock/gmock.h>

#include "ota/wire/url.h"
#include "server/offer.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr uint8_t kNonce[kNonceSize] = {1, 2, 3};

std::string facts_header(const std::string& id, const std::string& product = "lamp",
                         uint64_t sequence = 0) {
  DeviceFacts facts;
  facts.id = id;
  facts.version = "1.0.0";
  facts.product = product;
  facts.chip = find_chip(Text("esp32c3"))->id;
  facts.slot_size_bytes = 1024 * 1024;
  facts.sequence = sequence;
  memcpy(facts.nonce, kNonce, sizeof(kNonce));
  facts.client = "0.1.0";
  uint8_t buffer[kDeviceFactsSizeMax];
  Appender out(buffer);
  write_device_facts(facts, out);
  const Text text = as_text(out.written());
  return {text.data, text.size};
}

class DeviceApiTest : public testing::Test {
 protected:
  Response check_in(const std::string& key, const std::string& facts) {
    return server_.send(
        request_of("GET", "/firmware/manifest",
                   {{"X-API-Key", key}, {"Accept", kCheckinType}, {kDeviceFactsHeader, facts}}));
  }
  // The statement of an answer, after its MAC was verified as a device does it.
  Statement statement_of(const Response& response, const std::string& device) {
    return statement_with(response, server_.device_key(device));
  }
  static Statement statement_with(const Response& response, const Digest& device_key) {
    const CheckinFrame frame = parse_checkin_frame(as_bytes(response.body)).value;
    HostCrypto crypto;
    const Digest key = derive_purpose_key(crypto, device_key.bytes, KeyPurpose::response_mac).value;
    EXPECT_EQ(frame.mac, Bytes(hmac_sha256(crypto, key.bytes, frame.statement).value.bytes));
    return parse_statement(as_text(frame.statement)).value;
  }
  std::string log() const { return server_.log_lines.str(); }
  OfflineServer server_;
};

TEST_F(DeviceApiTest, GivesThePlainManifest) {
  const std::vector<uint8_t> image = OfflineServer::image_of("1.0.1");
  server_.publish(image, OfflineServer::options_of("1.0.1", 1), "mends the \"light\"");
  const Response response = server_.get("/firmware/manifest");
  EXPECT_EQ(response.status, 200U);
  const boost::json::object manifest = json_of(response);
  EXPECT_EQ(manifest.at("version").as_string(), "1.0.1");
  EXPECT_EQ(manifest.at("size").as_int64(), static_cast<int64_t>(image.size()));
  EXPECT_EQ(manifest.at("sha256").as_string(), hex_text(digest_of(image).bytes));
  EXPECT_EQ(manifest.at("url").as_string(), "/firmware/1.0.1.bin");
  EXPECT_EQ(manifest.at("release_notes").as_string(), "mends the \"light\"");
  EXPECT_THAT(log(), HasSubstr("Serving manifest v1.0.1 product=lamp remote=192.0.2.7"));
}

TEST_F(DeviceApiTest, MakesTheHmacWithTheProductsSecret) {
  const std::vector<uint8_t> image = OfflineServer::image_of("1.0.1");
  server_.publish(image, OfflineServer::options_of("1.0.1", 1));
  const Digest hmac =
      hmac_sha256(server_.crypto, as_bytes(std::string("oth_secret-of-lamp")), image).value;
  EXPECT_EQ(json_of(server_.get("/firmware/manifest")).at("hmac").as_string(),
            hex_text(hmac.bytes));
}

TEST_F(DeviceApiTest, GivesTheSignedEnvelopeToPlainDevicesToo) {
  server_.publish("1.0.1", 1);
  const boost::json::object manifest = json_of(server_.get("/firmware/manifest"));
  const SignedManifest envelope =
      read_envelope_json(boost::json::serialize(manifest.at("envelope")));
  EXPECT_TRUE(is_signed_by(envelope, read_public_point(server_.key_file())));
  EXPECT_EQ(parse_manifest(envelope.manifest).value.version, Text("1.0.1"));
}

TEST_F(DeviceApiTest, HasNoManifestWithoutARelease) {
  EXPECT_EQ(problem_of(server_.get("/firmware/manifest")), "404 not_found");
}

TEST_F(DeviceApiTest, ShowsAProductOnlyItsOwnReleases) {
  server_.publish("1.0.1", 1);
  server_.add_product("fan", "otk_of-fan", "");
  const Request request = request_of("GET", "/firmware/manifest", {{"X-API-Key", "otk_of-fan"}});
  EXPECT_EQ(problem_of(server_.send(request)), "404 not_found");
}

TEST_F(DeviceApiTest, RefusesAllWrongKeysAlike) {
  server_.publish("1.0.1", 1);
  server_.enroll("lamp-7");
  const std::string real = server_.device_api_key("lamp-7");
  std::string bodies;
  for (const std::string& key :
       {std::string(), std::string("otk_wrong"), std::string("lamp-7."), std::string("."),
        "lamp-7." + std::string(64, '0'), server_.device_api_key("lamp-8"), real + "0",
        real.substr(0, real.size() - 1), "x" + real, std::string(300, 'a')}) {
    const Response response =
        server_.send(request_of("GET", "/firmware/manifest", {{"X-API-Key", key}}));
    EXPECT_EQ(problem_of(response), "401 unauthorized") << key;
    if (bodies.empty()) bodies = response.body;
    EXPECT_EQ(response.body, bodies);
    EXPECT_NE(header_of(response, "WWW-Authenticate"), "");
  }
  EXPECT_EQ(problem_of(server_.send(request_of("GET", "/firmware/manifest"))), "401 unauthorized");
}

TEST_F(DeviceApiTest, LogsNoKey) {
  server_.publish("1.0.1", 1);
  server_.get("/firmware/manifest");
  server_.send(request_of("GET", "/firmware/manifest", {{"X-API-Key", "otk_wrong"}}));
  EXPECT_THAT(log(), HasSubstr("API key validated product=lamp"));
  EXPECT_THAT(log(), Not(HasSubstr("otk_")));
  EXPECT_THAT(log(), Not(HasSubstr("ota_")));
}

TEST_F(DeviceApiTest, AnswersACheckInWithNothingToDo) {
  const std::string key = server_.enroll("lamp-7");
  const Response response = check_in(key, facts_header("lamp-7"));
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(header_of(response, "Content-Type"), kCheckinType);
  EXPECT_LT(response.body.size(), 300U);
  const Statement statement = statement_of(response, "lamp-7");
  EXPECT_FALSE(statement.has_offer);
  EXPECT_EQ(statement.device, Text("lamp-7"));
  EXPECT_EQ(statement.time_s, kNow);
  EXPECT_EQ(statement.next_checkin_s, next_checkin_of("lamp-7", 3600));
  EXPECT_EQ(statement.nonce, Text("AQIDAAAAAAAAAAAAAAAAAA=="));
}

TEST_F(DeviceApiTest, SaysWhichKeysAndDocumentsThereAre) {
  const std::string key = server_.enroll("lamp-7");
  EXPECT_EQ(statement_of(check_in(key, facts_header("lamp-7")), "lamp-7").key_epoch, 1U);
  server_.store->add_document(DocumentKind::root, {3, {'x'}, kNow});
  server_.store->add_document(DocumentKind::trust, {2, {'x'}, kNow});
  const Response response = check_in(key, facts_header("lamp-7"));
  EXPECT_LT(response.body.size(), 300U);
  const Statement statement = statement_of(response, "lamp-7");
  EXPECT_EQ(statement.root_version, 3U);
  EXPECT_EQ(statement.trust_version, 2U);
}

// A device checks the answer with the key that it has, and learns from it that there is a newer.
TEST_F(DeviceApiTest, AnswersADeviceWithTheKeyThatItSent) {
  const std::string first = server_.enroll("lamp-7");
  const Digest first_key = server_.device_key("lamp-7");
  ASSERT_TRUE(server_.masters.rotate(server_.crypto, 2));
  const Response old = check_in(first, facts_header("lamp-7"));
  EXPECT_EQ(statement_with(old, first_key).key_epoch, 2U);
  const Response fresh = check_in(server_.device_api_key("lamp-7"), facts_header("lamp-7"));
  EXPECT_EQ(statement_of(fresh, "lamp-7").key_epoch, 2U);
}

TEST_F(DeviceApiTest, RemembersTheEpochOfTheKeyThatWasUsed) {
  const std::string first = server_.enroll("lamp-7");
  ASSERT_TRUE(server_.masters.rotate(server_.crypto, 2));
  check_in(first, facts_header("lamp-7"));
  server_.sightings.flush(*server_.store);
  EXPECT_EQ(server_.store->device("lamp-7")->key_epoch, 1U);
  check_in(server_.device_api_key("lamp-7"), facts_header("lamp-7"));
  server_.sightings.flush(*server_.store);
  EXPECT_EQ(server_.store->device("lamp-7")->key_epoch, 2U);
}

TEST_F(DeviceApiTest, OffersTheNewestRelease) {
  server_.publish("1.0.1", 1);
  const std::string key = server_.enroll("lamp-7");
  const Response response = check_in(key, facts_header("lamp-7"));
  const Statement statement = statement_of(response, "lamp-7");
  ASSERT_TRUE(statement.has_offer);
  const CheckinFrame frame = parse_checkin_frame(as_bytes(response.body)).value;
  const Envelope envelope = parse_envelope(frame.envelope).value;
  EXPECT_EQ(digest_of(envelope.body), statement.offered);
  EXPECT_THAT(log(), HasSubstr("Serving manifest v1.0.1 product=lamp device=lamp-7"));
}

TEST_F(DeviceApiTest, OffersNothingThatTheDeviceHas) {
  server_.publish("1.0.1", 1);
  const std::string key = server_.enroll("lamp-7");
  EXPECT_FALSE(statement_of(check_in(key, facts_header("lamp-7", "lamp", 1)), "lamp-7").has_offer);
}

TEST_F(DeviceApiTest, RemembersWhoCheckedIn) {
  check_in(server_.enroll("lamp-7"), facts_header("lamp-7"));
  server_.sightings.flush(*server_.store);
  EXPECT_EQ(server_.store->device("lamp-7")->version, "1.0.0");
  EXPECT_EQ(server_.store->device("lamp-7")->slot_bytes, 1024U * 1024U);
  EXPECT_EQ(server_.store->device("lamp-7")->make.layout.size(), 2 * kLayoutSize);
}

TEST_F(DeviceApiTest, ChecksInOnlyWithTheDevicesOwnKey) {
  const std::string key = server_.enroll("lamp-7");
  EXPECT_EQ(problem_of(check_in(server_.api_key, facts_header("lamp-7"))), "403 forbidden");
  EXPECT_EQ(problem_of(check_in(key, facts_header("lamp-8"))), "403 forbidden");
  EXPECT_EQ(problem_of(check_in(key, facts_header("lamp-7", "fan"))), "403 forbidden");
}

TEST_F(DeviceApiTest, RefusesFactsThatItCantRead) {
  const std::string key = server_.enroll("lamp-7");
  for (const std::string& facts : {std::string(), std::string("id=1"), std::string("\xff"),
                                   facts_header("lamp-7") + ", ", std::string(5000, 'a')}) {
    EXPECT_EQ(problem_of(check_in(key, facts)), "400 bad_facts") << facts;
  }
  const Request bare =
      request_of("GET", "/firmware/manifest", {{"X-API-Key", key}, {"Accept", kCheckinType}});
  EXPECT_EQ(problem_of(server_.send(bare)), "400 bad_facts");
}

TEST_F(DeviceApiTest, StatesTheConfigurationThatIsInForce) {
  const std::string key = server_.enroll("lamp-7");
  EXPECT_EQ(statement_of(check_in(key, facts_header("lamp-7")), "lamp-7").config_version, 0U);
  const std::string document = "{\"version\":4,\"values\":{}}";
  const Digest digest = digest_of(as_bytes(document));
  server_.store->add_configuration({"lamp", 4, digest, document, kNow});
  EXPECT_EQ(statement_of(check_in(key, facts_header("lamp-7")), "lamp-7").config_version, 0U);
  use_configuration(*server_.store, "lamp", 4);
  const Statement statement = statement_of(check_in(key, facts_header("lamp-7")), "lamp-7");
  EXPECT_EQ(statement.config_version, 4U);
  EXPECT_EQ(statement.config_sha256, digest);
}

// What a device runs is 1.0.0.
TEST_F(DeviceApiTest, StatesTheConfigurationThatTheRunningReleaseHasBrought) {
  const std::string key = server_.enroll("lamp-7");
  for (const uint32_t version : {1U, 2U, 3U}) {
    const std::string document = "{\"version\":" + std::to_string(version) + ",\"values\":{}}";
    server_.store->add_configuration(
        {"lamp", version, digest_of(as_bytes(document)), document, kNow});
  }
  ManifestOptions options = OfflineServer::options_of("1.0.0", 1);
  options.config_digest = hex_text(configuration(*server_.store, "lamp", 2)->sha256.bytes);
  server_.publish(OfflineServer::image_of("1.0.0"), options);
  const std::pair<uint32_t, uint32_t> stated_by_force[] = {{1, 2}, {2, 2}, {3, 3}};
  for (const auto& [in_force, stated] : stated_by_force) {
    use_configuration(*server_.store, "lamp", in_force);
    const Response response = check_in(key, facts_header("lamp-7", "lamp", 1));
    EXPECT_EQ(statement_of(response, "lamp-7").config_version, stated);
  }
}

TEST_F(DeviceApiTest, NamesMirrorsBesideAnOffer) {
  const std::string key = server_.enroll("lamp-7");
  server_.settings.mirrors = {"https://a.example", "http://b:8080"};
  const Response nothing = check_in(key, facts_header("lamp-7"));
  EXPECT_EQ(statement_of(nothing, "lamp-7").mirrors.type(), JsonType::null);
  server_.publish("1.0.1", 1);
  const Response offer = check_in(key, facts_header("lamp-7"));
  EXPECT_THAT(offer.body, HasSubstr("\"mirrors\":[\"https://a.example\",\"http://b:8080\"]"));
  EXPECT_EQ(statement_of(offer, "lamp-7").mirrors.type(), JsonType::array);
}

// The longest that the settings, the database and the protocol let in.
TEST_F(DeviceApiTest, TheLongestStatementIsOneThatADeviceReads) {
  const std::string id(64, 'x');
  const std::string mirror = "https://" + std::string(kOriginSizeMax - 8, 'm');
  server_.publish("1.0.1", 1);
  const Release release = *release_of_version(*server_.store, "lamp", "1.0.1");
  Configuration configuration;
  configuration.version = UINT32_MAX;
  StatementFacts facts;
  facts.device = id;
  facts.nonce = kNonce;
  facts.time_s = 9'999'999'999;
  facts.next_checkin_s = 31'622'400;
  facts.offered = &release;
  facts.configuration = &configuration;
  facts.key_epoch = kEpochMax;
  facts.documents = {UINT32_MAX, UINT32_MAX};
  facts.mirrors.assign(kMirrorsMax, mirror);
  facts.command = Command::send_logs;
  Response response;
  const Digest key =
      derive_purpose_key(server_.crypto, Digest().bytes, KeyPurpose::response_mac).value;
  response.body = write_checkin_answer(facts, key, server_.crypto);
  EXPECT_EQ(statement_with(response, Digest()).config_version, UINT32_MAX);
}

TEST_F(DeviceApiTest, RemembersWhatADeviceGoesBy) {
  const std::string key = server_.enroll("lamp-7");
  const std::string facts = facts_header("lamp-7") + ", root=3, trust=2, config=5, config_failed=6";
  EXPECT_EQ(check_in(key, facts).status, 200U);
  server_.sightings.flush(*server_.store);
  const AppliedVersions applied = server_.store->device("lamp-7")->applied;
  EXPECT_EQ(applied.root, 3U);
  EXPECT_EQ(applied.trust, 2U);
  EXPECT_EQ(applied.config, 5U);
  EXPECT_EQ(applied.config_failed, 6U);
}

TEST_F(DeviceApiTest, LearnsHowADeviceFares) {
  const std::string key = server_.enroll("lamp-7");
  EXPECT_EQ(check_in(key, facts_header("lamp-7")).status, 200U);  // of before there was this
  for (const int64_t later : {60, 120, 180}) {
    server_.now_s = kNow + later * 60;
    const std::string health = ", up=70, reset=\"panic\", heap=51234, rssi=67";
    EXPECT_EQ(check_in(key, facts_header("lamp-7") + health).status, 200U);
  }
  const boost::json::object shown = json_of(server_.admin("GET", "/api/v1/devices/lamp-7"));
  EXPECT_EQ(shown.at("resets"), 3);
  EXPECT_EQ(shown.at("reset_reason"), "panic");
  EXPECT_EQ(shown.at("uptime_s"), 70);
  EXPECT_EQ(shown.at("heap_bytes"), 51234);
  EXPECT_EQ(shown.at("rssi_dbm"), -67);
}

}  // namespace
}  // namespace otter::server
