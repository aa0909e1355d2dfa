#include "server/group_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

class GroupApiTest : public testing::Test {
 protected:
  GroupApiTest() {
    for (const char* id : {"lamp-7", "lamp-8", "lamp-9"}) server_.enroll(id);
    server_.store->set_labels("lamp-7", {{"beta"}, {}});
    server_.store->set_labels("lamp-8", {{"beta", "lab"}, {}});
  }
  std::string path(const std::string& name) { return "/api/v1/products/lamp/groups/" + name; }
  Response put(const std::string& name, const std::string& filter) {
    const boost::json::object body = {{"filter", filter}};
    return server_.admin("PUT", path(name), boost::json::serialize(body));
  }
  Response get(const std::string& name) { return server_.admin("GET", path(name)); }
  std::string last_entry() {
    return server_.store->audit_entries({.count_max = 1, .newest_first = true}).at(0).line;
  }
  OfflineServer server_;
};

TEST_F(GroupApiTest, KeepsAFilterInItsCanonicalSpelling) {
  EXPECT_EQ(put("beta", "tag=beta").status, 201U);
  EXPECT_EQ(get("beta").body,
            R"({"product":"lamp","name":"beta","filter":"tag = \"beta\"","created":1760000000,)"
            R"("devices":2})"
            "\n");
  EXPECT_THAT(last_entry(), HasSubstr(R"("action":"Group added","subject":"beta","before":null)"));
}

TEST_F(GroupApiTest, ChangesAGroup) {
  put("beta", "tag=beta");
  server_.now_s += 60;
  EXPECT_EQ(put("beta", "tag=lab").status, 200U);
  const boost::json::object group = json_of(get("beta"));
  EXPECT_EQ(group.at("devices").as_int64(), 1);
  EXPECT_EQ(group.at("created").as_int64(), kNow);
  EXPECT_THAT(last_entry(), HasSubstr(R"("before":{"product":"lamp","filter":"tag = \"beta\""},)"
                                      R"("after":{"product":"lamp","filter":"tag = \"lab\""})"));
}

TEST_F(GroupApiTest, CountsTheDevicesOfEachInAList) {
  server_.add_product("fan", "otk_of-fan", "esp32c3");
  put("all", "");
  put("beta", "tag=beta");
  put("lab", "tag=lab");
  const std::string list = "/api/v1/products/lamp/groups";
  const boost::json::array all = json_of(server_.admin("GET", list)).at("groups").as_array();
  ASSERT_EQ(all.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(all[i].at("devices").as_int64(), static_cast<int64_t>(3 - i));
  }
  const boost::json::object page = json_of(server_.admin("GET", list + "?limit=2"));
  const std::string next(page.at("next").as_string());
  EXPECT_THAT(server_.admin("GET", list + "?cursor=" + next).body,
              HasSubstr(R"({"groups":[{"product":"lamp","name":"lab")"));
  EXPECT_EQ(server_.admin("GET", "/api/v1/products/fan/groups").body,
            "{\"groups\":[],\"next\":null}\n");
}

TEST_F(GroupApiTest, RemovesAGroup) {
  put("beta", "tag=beta");
  EXPECT_EQ(server_.admin("DELETE", path("beta")).body,
            "{\"product\":\"lamp\",\"name\":\"beta\"}\n");
  EXPECT_THAT(last_entry(), HasSubstr(R"("action":"Group removed")"));
  EXPECT_EQ(problem_of(server_.admin("DELETE", path("beta"))), "404 not_found");
  EXPECT_EQ(problem_of(get("beta")), "404 not_found");
}

TEST_F(GroupApiTest, RefusesWhatIsNoGroup) {
  const Response wrong = put("beta", "tag");
  EXPECT_EQ(problem_of(wrong), "422 invalid_field");
  EXPECT_THAT(wrong.body, HasSubstr(R"(\"filter\", column 4: expected)"));
  EXPECT_EQ(problem_of(put("a%20b", "")), "422 invalid_field");
  EXPECT_EQ(problem_of(server_.admin("PUT", path("beta"), "{}")), "422 invalid_field");
  const std::string of_none = "/api/v1/products/none/groups";
  EXPECT_EQ(problem_of(server_.admin("PUT", of_none + "/a", R"({"filter":""})")), "404 not_found");
  EXPECT_EQ(problem_of(server_.admin("GET", of_none)), "404 not_found");
}

TEST_F(GroupApiTest, BoundsTheGroupsOfAProduct) {
  for (size_t i = 0; i < kGroupsMax; ++i) {
    server_.store->put_group({"lamp", "g" + std::to_string(i), "", kNow});
  }
  EXPECT_EQ(problem_of(put("more", "")), "422 invalid_field");
  EXPECT_EQ(put("g7", "tag=lab").status, 200U);
}

}  // namespace
}  // namespace otter::server
