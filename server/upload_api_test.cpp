#include "server/upload_api.h"

#include <gmock/gmock.h>

#include "publish/core_dump_maker.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class UploadApiTest : public testing::Test {
 protected:
  UploadApiTest() : key_(server_.enroll("lamp-7")) {}
  void ask_for_log() {
    const std::string body = R"({"command":"send_logs"})";
    EXPECT_EQ(server_.admin("POST", "/api/v1/devices/lamp-7/command", body).status, 200U);
  }
  Response send_log(const std::string& text) { return send("/firmware/log", text); }
  Response send(const std::string& target, const std::string& body, const std::string& key = "") {
    return server_.post(target, key.empty() ? key_ : key, body);
  }
  static std::string query_of(const std::string& dump, size_t offset) {
    return "/firmware/dump?sha256=" + hex_text(digest_of(as_bytes(dump)).bytes) +
           "&size=" + std::to_string(dump.size()) + "&offset=" + std::to_string(offset);
  }
  // How much the server says it has after the piece [offset, offset + size).
  int64_t piece(const std::string& dump, size_t offset, size_t size) {
    return json_of(send(query_of(dump, offset), dump.substr(offset, size))).at("kept").as_int64();
  }
  boost::json::array list(const char* what) {
    const std::string target = std::string("/api/v1/devices/lamp-7/") + what;
    return json_of(server_.admin("GET", target)).at(what).as_array();
  }
  static std::string made_dump(const std::string& elf = "55e7bb49f") {
    DumpRecipe recipe;
    recipe.chip = find_chip(Text("esp32c3"))->id;
    recipe.app_elf_sha256 = elf;
    const std::vector<uint8_t> bytes = make_core_dump(recipe);
    return {bytes.begin(), bytes.end()};
  }
  OfflineServer server_;
  std::string key_;
};

TEST_F(UploadApiTest, TakesALogThatWasAskedFor) {
  ask_for_log();
  EXPECT_EQ(send_log("0 I Current version: 1.0.0\n").status, 200U);
  const boost::json::array logs = list("logs");
  ASSERT_THAT(logs, SizeIs(1));
  EXPECT_EQ(logs[0].at("text").as_string(), "0 I Current version: 1.0.0\n");
  EXPECT_EQ(logs[0].at("received").as_int64(), kNow);
  EXPECT_TRUE(json_of(server_.admin("GET", "/api/v1/devices/lamp-7")).at("command").is_null());
}

TEST_F(UploadApiTest, TellsListenersOfALogAndOfAWholeDump) {
  ask_for_log();
  const Response stream = server_.admin("GET", "/api/v1/events?product=lamp");
  std::string heard;
  const std::function<void()> listen = [&] {
    stream.more([&](const Response& event) {
      heard += event.body;
      listen();
    });
  };
  listen();
  send_log("0 I x\n");
  const std::string dump = made_dump();
  piece(dump, 0, 500);
  EXPECT_THAT(heard, HasSubstr("event: log\ndata: {\"device\":\"lamp-7\""));
  EXPECT_THAT(heard, Not(HasSubstr("event: dump")));
  piece(dump, 500, std::string::npos);
  EXPECT_THAT(heard, HasSubstr("event: dump\ndata: {\"device\":\"lamp-7\""));
}

TEST_F(UploadApiTest, TakesNoLogThatNobodyAskedFor) {
  EXPECT_EQ(problem_of(send_log("0 I x\n")), "404 not_found");
  ask_for_log();
  send_log("0 I x\n");
  EXPECT_EQ(problem_of(send_log("0 I x\n")), "404 not_found");
  EXPECT_THAT(list("logs"), SizeIs(1));
}

TEST_F(UploadApiTest, ShowsNothingOfALogButPrintableCharacters) {
  ask_for_log();
  send_log("a\x1b[2J\xff\r\n");
  EXPECT_EQ(list("logs")[0].at("text").as_string(), "a?[2J??\n");
}

TEST_F(UploadApiTest, TakesNothingWithAProductsKey) {
  ask_for_log();
  EXPECT_EQ(problem_of(send("/firmware/log", "x", server_.api_key)), "409 not_enrolled");
  EXPECT_EQ(problem_of(send(query_of("x", 0), "x", server_.api_key)), "409 not_enrolled");
}

TEST_F(UploadApiTest, TakesADumpInPieces) {
  const std::string dump = made_dump();
  EXPECT_EQ(piece(dump, 0, 0), 0);
  EXPECT_EQ(piece(dump, 0, 500), 500);
  EXPECT_EQ(piece(dump, 0, 500), 500);    // once more
  EXPECT_EQ(piece(dump, 600, 100), 500);  // not where it goes on
  EXPECT_THAT(list("coredumps"), SizeIs(0));
  EXPECT_EQ(piece(dump, 500, std::string::npos), static_cast<int64_t>(dump.size()));
  EXPECT_EQ(piece(dump, 0, 0), static_cast<int64_t>(dump.size()));  // the answer was lost
  ASSERT_THAT(list("coredumps"), SizeIs(1));
  const Response whole = server_.admin(
      "GET", "/api/v1/devices/lamp-7/coredumps/" + hex_text(digest_of(as_bytes(dump)).bytes));
  EXPECT_EQ(whole.body, dump);
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Core dump received"));
}

TEST_F(UploadApiTest, TellsWhatADumpSays) {
  server_.publish("1.0.1", 1);
  const ReleasePtr release = release_of_version(*server_.store, "lamp", "1.0.1");
  const std::string elf = std::string(to_hex(release->app_elf_sha256).characters).substr(0, 9);
  const std::string dump = made_dump(elf);
  piece(dump, 0, std::string::npos);
  const boost::json::value shown = list("coredumps").at(0);
  EXPECT_EQ(shown.at("version").as_string(), "1.0.1");
  EXPECT_EQ(shown.at("crash"), boost::json::parse(R"({"chip": "esp32c3", "app_elf_sha256": ")" +
                                                  elf + R"(", "tasks": 1, "task": "main",
      "pc": 1107296256, "caller": 1107296272, "reason": null})"));
}

TEST_F(UploadApiTest, KeepsADumpOfAnUnknownForm) {
  piece("not an ELF file", 0, std::string::npos);
  ASSERT_THAT(list("coredumps"), SizeIs(1));
  EXPECT_TRUE(list("coredumps")[0].at("crash").is_null());
  EXPECT_TRUE(list("coredumps")[0].at("version").is_null());
}

TEST_F(UploadApiTest, DropsADumpThatIsNotWhatItsNameSays) {
  const std::string dump = made_dump();
  piece(dump, 0, 500);
  std::string wrong = dump.substr(500);
  wrong[7] ^= 1;
  EXPECT_EQ(problem_of(send(query_of(dump, 500), wrong)), "422 hash_differs");
  EXPECT_THAT(list("coredumps"), SizeIs(0));
  EXPECT_EQ(piece(dump, 0, 0), 0);  // from the start
}

TEST_F(UploadApiTest, RefusesWhatCanBeNoPiece) {
  const std::string sha256(64, 'a');
  const auto refusal = [&](const std::string& query, const std::string& body = "") {
    return problem_of(send("/firmware/dump" + query, body));
  };
  EXPECT_EQ(refusal(""), "400 bad_query");
  EXPECT_EQ(refusal("?sha256=ab&size=1&offset=0"), "400 bad_query");
  EXPECT_EQ(refusal("?sha256=" + sha256 + "&size=0&offset=0"), "400 bad_query");
  EXPECT_EQ(refusal("?sha256=" + sha256 + "&size=4&offset=5"), "400 bad_query");
  EXPECT_EQ(refusal("?sha256=" + sha256 + "&size=4&offset=2", "abc"), "400 bad_query");
  EXPECT_EQ(refusal("?sha256=" + sha256 + "&size=4&offset=-1"), "400 bad_query");
  EXPECT_EQ(refusal("?sha256=" + sha256 + "&size=1048577&offset=0"), "413 too_large");
}

TEST_F(UploadApiTest, ShowsADumpToWhoMaySteerDevicesAlone) {
  const std::string dump = made_dump();
  piece(dump, 0, std::string::npos);
  server_.add_token("ota_of-a-viewer", "eve", Role::viewer);
  const std::string target = "/api/v1/devices/lamp-7/coredumps";
  const HeaderList viewer = {{"Authorization", "Bearer ota_of-a-viewer"}};
  EXPECT_EQ(server_.send(request_of("GET", target, viewer)).status, 200U);
  const std::string one = target + "/" + hex_text(digest_of(as_bytes(dump)).bytes);
  EXPECT_EQ(problem_of(server_.send(request_of("GET", one, viewer))), "403 forbidden");
}

TEST_F(UploadApiTest, ShowsNoOtherDevicesDump) {
  const std::string dump = made_dump();
  piece(dump, 0, std::string::npos);
  server_.enroll("lamp-8");
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/devices/lamp-8/coredumps/" +
                                                hex_text(digest_of(as_bytes(dump)).bytes))),
            "404 not_found");
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/devices/lamp-7/coredumps/x")),
            "404 not_found");
}

}  // namespace
}  // namespace otter::server
