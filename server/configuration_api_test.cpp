#include "server/configuration_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

constexpr char kConfigPath[] = "/api/v1/products/lamp/config";

std::string document_of(int version, const std::string& values = "{\"interval_s\":300}") {
  return "{\"version\":" + std::to_string(version) + ",\"values\":" + values + "}";
}

class ConfigurationApiTest : public testing::Test {
 protected:
  Response add(const std::string& document) { return server_.admin("PUT", kConfigPath, document); }
  Response use(int version) {
    return server_.admin("POST", kConfigPath, "{\"version\":" + std::to_string(version) + "}");
  }
  boost::json::object shown(const std::string& query = "") {
    return json_of(server_.admin("GET", kConfigPath + query));
  }
  Response blob(const std::string& document, HeaderList headers = {}) {
    return server_.get("/firmware/blob/" + hex_text(digest_of(as_bytes(document)).bytes),
                       std::move(headers));
  }
  OfflineServer server_;
};

TEST_F(ConfigurationApiTest, BeginsWithNone) {
  const boost::json::object answer = shown();
  EXPECT_TRUE(answer.at("version").is_null());
  EXPECT_EQ(answer.at("in_force").as_int64(), 0);
  EXPECT_TRUE(answer.at("versions").as_array().empty());
}

TEST_F(ConfigurationApiTest, KeepsADocumentByteForByte) {
  const std::string document = " {\"version\": 1, \"values\": {\"a\": [1, true]}}\n";
  const Response response = add(document);
  EXPECT_EQ(response.status, 201U) << response.body;
  EXPECT_EQ(json_of(response).at("sha256").as_string(),
            hex_text(digest_of(as_bytes(document)).bytes));
  EXPECT_EQ(shown("?version=1").at("document").as_string(), document);
  EXPECT_EQ(shown().at("in_force").as_int64(), 0);
}

TEST_F(ConfigurationApiTest, PutsAVersionInForceAndGoesBack) {
  add(document_of(1));
  add(document_of(2, "{}"));
  EXPECT_EQ(use(2).status, 200U);
  EXPECT_EQ(shown().at("document").as_string(), document_of(2, "{}"));
  EXPECT_EQ(use(1).status, 200U);
  const boost::json::object answer = shown();
  EXPECT_EQ(answer.at("version").as_int64(), 1);
  EXPECT_EQ(answer.at("versions").as_array().at(0).at("version").as_int64(), 2);
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Configuration in force product=lamp version=1"));
}

TEST_F(ConfigurationApiTest, RefusesWhatNoDeviceWouldTake) {
  const std::pair<std::string, const char*> bad[] = {
      {"", "422 truncated"},
      {"{\"version\":1}", "422 missing_field"},
      {document_of(0), "422 out_of_range"},
      {document_of(1, "[]"), "422 wrong_type"},
      {document_of(1, "{\"a\":1.5}"), "422 unsupported"},
      {document_of(1, "{\"a\":1,\"a\":2}"), "422 duplicate_key"},
      {document_of(1, "{\"a\":[[[1]]]}"), "422 too_deep"},
      {document_of(1, "{\"a\":\"" + std::string(3072, 'x') + "\"}"), "422 too_large"}};
  for (const auto& [document, problem] : bad) EXPECT_EQ(problem_of(add(document)), problem);
  EXPECT_TRUE(shown().at("versions").as_array().empty());
}

TEST_F(ConfigurationApiTest, RefusesAVersionThatIsNotAboveTheLast) {
  add(document_of(3));
  for (const int version : {1, 3}) {
    EXPECT_EQ(problem_of(add(document_of(version, "{}"))), "409 version_used");
  }
}

TEST_F(ConfigurationApiTest, NamesWhatThereIsNot) {
  add(document_of(1));
  EXPECT_EQ(problem_of(use(2)), "404 not_found");
  EXPECT_EQ(problem_of(server_.admin("POST", kConfigPath, "{}")), "422 invalid_field");
  for (const char* query : {"?version=2", "?version=0", "?version=x", "?version=1x"}) {
    EXPECT_EQ(problem_of(server_.admin("GET", std::string(kConfigPath) + query)), "404 not_found");
  }
  for (const char* method : {"PUT", "POST", "GET"}) {
    EXPECT_EQ(problem_of(server_.admin(method, "/api/v1/products/fan/config", document_of(1))),
              "404 not_found");
  }
}

TEST_F(ConfigurationApiTest, ServesTheDocumentAsABlobOfItsProductAlone) {
  add(document_of(1));
  const Response response = blob(document_of(1));
  EXPECT_EQ(response.body, document_of(1));
  EXPECT_EQ(header_of(response, "Cache-Control"), "private, no-cache");
  const Response part = blob(document_of(1), {{"Range", "bytes=2-8"}});
  EXPECT_EQ(part.status, 206U);
  EXPECT_EQ(part.body, "version");
  server_.add_product("fan", "otk_of-fan", "");
  const std::string target =
      "/firmware/blob/" + hex_text(digest_of(as_bytes(document_of(1))).bytes);
  const HeaderList of_fan = {{"X-API-Key", "otk_of-fan"}};
  EXPECT_EQ(problem_of(server_.send(request_of("GET", target, of_fan))), "404 not_found");
  EXPECT_EQ(problem_of(server_.send(request_of("GET", target))), "401 unauthorized");
}

TEST_F(ConfigurationApiTest, CountsWhoHasIt) {
  for (const char* id : {"a", "b", "c"}) server_.enroll(id);
  add(document_of(1));
  add(document_of(2));
  use(2);
  server_.sightings.note({"a", kNow, "", "", 0, 1, {0, 0, 2, 0}});
  server_.sightings.note({"b", kNow, "", "", 0, 1, {0, 0, 1, 2}});
  const boost::json::value devices = shown().at("devices");
  EXPECT_EQ(boost::json::serialize(devices), "{\"enrolled\":3,\"applied\":1,\"failed\":1}");
}

}  // namespace
}  // namespace otter::server
