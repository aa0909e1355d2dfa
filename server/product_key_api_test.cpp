#include "server/product_key_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kPath[] = "/api/v1/products/lamp/keys";

class ProductKeyApiTest : public testing::Test {
 protected:
  boost::json::array keys() { return json_of(server_.admin("GET", kPath)).at("keys").as_array(); }
  std::string id_at(size_t index) { return keys().at(index).at("id").as_string().c_str(); }
  // What a sketch with this key gets.
  unsigned status_of(const std::string& key) {
    return server_.send(request_of("GET", "/firmware/1.0.1.bin", {{"X-API-Key", key}})).status;
  }
  Response revoke(const std::string& id) { return server_.admin("DELETE", kPath + ("/" + id)); }
  OfflineServer server_;
};

TEST_F(ProductKeyApiTest, RotatesAKeyWithoutDowntime) {
  server_.publish("1.0.1", 1);
  const Response added = server_.admin("POST", kPath, "{}");
  const std::string fresh = json_of(added).at("api_key").as_string().c_str();
  EXPECT_EQ(status_of(server_.api_key), 200U);
  EXPECT_EQ(status_of(fresh), 200U);
  ASSERT_EQ(keys().size(), 2U);
  EXPECT_EQ(id_at(1), json_of(added).at("id").as_string());
  EXPECT_EQ(revoke(id_at(0)).body, "{\"id\":\"" +
                                       token_id_of(hash_secret(server_.crypto, server_.api_key)) +
                                       "\",\"left\":1}\n");
  EXPECT_EQ(status_of(server_.api_key), 401U);
  EXPECT_EQ(status_of(fresh), 200U);
}

TEST_F(ProductKeyApiTest, SaysWhichKeyIsStillInUse) {
  EXPECT_TRUE(keys().at(0).at("used").is_null());
  status_of(server_.api_key);
  EXPECT_EQ(keys().at(0).at("used"), kNow);
  server_.now_s = kNow + 59;
  status_of(server_.api_key);
  EXPECT_EQ(keys().at(0).at("used"), kNow);
  server_.now_s = kNow + 60;
  status_of(server_.api_key);
  EXPECT_EQ(keys().at(0).at("used"), kNow + 60);
}

TEST_F(ProductKeyApiTest, LeavesDevicesWithKeysOfTheirOwnAlone) {
  server_.publish("1.0.1", 1);
  const std::string own = server_.enroll("lamp-7");
  EXPECT_EQ(json_of(revoke(id_at(0))).at("left"), 0);
  EXPECT_EQ(status_of(own), 200U);
  EXPECT_EQ(status_of(server_.api_key), 401U);
}

TEST_F(ProductKeyApiTest, RefusesWhatThereIsNot) {
  server_.add_product("fan", "otk_of-fan", "esp32c3");
  const std::string others = token_id_of(hash_secret(server_.crypto, "otk_of-fan"));
  EXPECT_EQ(problem_of(revoke(others)), "404 not_found");
  EXPECT_EQ(problem_of(revoke("x")), "404 not_found");
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/products/none/keys")), "404 not_found");
  EXPECT_EQ(problem_of(server_.admin("DELETE", "/api/v1/products/none/keys/x")), "404 not_found");
  EXPECT_EQ(keys().size(), 1U);
}

TEST_F(ProductKeyApiTest, LeavesItsTraceWithoutTheKey) {
  const std::string id = id_at(0);
  revoke(id);
  const std::string line = server_.store->audit_entries({}).back().line;
  EXPECT_THAT(line, HasSubstr(R"("action":"API key revoked","subject":"lamp")"));
  EXPECT_THAT(line + server_.log_lines.str(), HasSubstr(id));
  EXPECT_THAT(line + server_.log_lines.str(), Not(HasSubstr(server_.api_key)));
}

}  // namespace
}  // namespace otter::server
