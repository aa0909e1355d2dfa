// docs/threats.md: what the server has to stand. What boards have to: sim/threat_*_test.cpp.
#include <gtest/gtest.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

class Threat : public testing::Test {
 protected:
  Threat() {
    server_.publish("1.0.1", 1);
    stolen_ = server_.enroll("lamp-7");
    server_.enroll("lamp-8");
  }
  static std::string report_of(const std::string& device, const std::string& id) {
    return "{\"device_id\":\"" + device +
           "\",\"status\":\"FAILED\",\"version\":\"1.0.1\",\"error\":\"bad_hash\","
           "\"phase\":\"failed\",\"report_id\":\"" +
           id + "\"}";
  }
  size_t reports_of(const std::string& device) {
    const Response response = server_.admin("GET", "/api/v1/devices/" + device + "/reports");
    EXPECT_EQ(response.status, 200U) << response.body;
    return json_of(response).at("reports").as_array().size();
  }

  OfflineServer server_;
  std::string stolen_;  // the key of lamp-7
};

TEST_F(Threat, threat_replay) {
  const std::string captured = report_of("lamp-7", std::string(32, 'a'));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(server_.post("/firmware/report", stolen_, captured).status, 200U);
    server_.now_s += 3600;
  }
  EXPECT_EQ(reports_of("lamp-7"), 1U);
  EXPECT_EQ(
      server_.post("/firmware/report", stolen_, report_of("lamp-7", std::string(32, 'b'))).status,
      200U);
  EXPECT_EQ(reports_of("lamp-7"), 2U);
}

// Who has one device's key sees and says what that device may, and nothing of another.
TEST_F(Threat, threat_api_key_extraction) {
  const std::string foreign = report_of("lamp-8", std::string(32, 'c'));
  EXPECT_EQ(problem_of(server_.post("/firmware/report", stolen_, foreign)), "403 forbidden");
  EXPECT_EQ(reports_of("lamp-8"), 0U);
  server_.add_product("fan", "otk_of-fan", "esp32c3");
  ManifestOptions options = OfflineServer::options_of("2.0.0", 1);
  options.product = "fan";
  const std::vector<uint8_t> image = OfflineServer::image_of("2.0.0", "esp32c3", "fan");
  ASSERT_EQ(server_.publish(image, options).status, 201U);
  const std::string blob = "/firmware/blob/" + hex_text(digest_of(image).bytes);
  const auto get = [this](const std::string& target, const std::string& key) {
    return server_.send(request_of("GET", target, {{"X-API-Key", key}})).status;
  };
  EXPECT_EQ(get(blob, "otk_of-fan"), 200U);
  EXPECT_EQ(get(blob, stolen_), 404U) << "another product's";
  EXPECT_EQ(get("/api/v1/devices", stolen_), 401U);
  // However many connections it asks on, there is an end.
  unsigned status = 0;
  for (int i = 0; i < 100'000 && status != 429; ++i) status = get("/firmware/trust", stolen_);
  EXPECT_EQ(status, 429U);
}

// A manifest that was made of other input than the image is not taken, however well signed.
TEST_F(Threat, threat_mfst_modification) {
  const std::vector<uint8_t> image = OfflineServer::image_of("1.0.2");
  const ManifestOptions options = OfflineServer::options_of("1.0.2", 2);
  const std::string right = build_manifest(inspect_image(image), image, options);
  server_.upload(image);
  const auto answer_with = [&](const std::string& what, const std::string& with) {
    std::string wrong = right;
    EXPECT_NE(wrong.find(what), std::string::npos) << what;
    wrong.replace(wrong.find(what), what.size(), with);
    return problem_of(server_.publish_manifest(wrong));
  };
  const std::string elf = hex_text(inspect_image(image).app_elf_sha256.bytes);
  EXPECT_EQ(answer_with("\"version\":\"1.0.2\"", "\"version\":\"1.0.3\""), "422 facts_differ");
  EXPECT_EQ(answer_with(elf, std::string(64, '1')), "422 facts_differ");
  EXPECT_EQ(answer_with("\"size\":81920", "\"size\":81904"), "422 facts_differ");
  EXPECT_EQ(server_.publish_manifest(right).status, 201U);
}

}  // namespace
}  // namespace otter::server
