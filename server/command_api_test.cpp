#include "server/command_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kPath[] = "/api/v1/devices/lamp-7/command";

class CommandApiTest : public testing::Test {
 protected:
  Response give(const std::string& command) {
    return server_.admin("POST", kPath, "{\"command\":\"" + command + "\"}");
  }
  // What the statement tells a device that has been up for so long.
  otter::Statement check_in(const std::string& uptime) {
    const std::string up = uptime.empty() ? "" : ", up=" + uptime;
    const Response response = server_.send(
        request_of("GET", "/firmware/manifest",
                   {{"X-API-Key", key_},
                    {"Accept", kCheckinType},
                    {kDeviceFactsHeader,
                     "id=\"lamp-7\", ver=\"1.0.0\", product=\"lamp\", chip=\"esp32c3\", "
                     "nonce=:AAECAwQFBgcICQoLDA0ODw==:" +
                         up}}));
    EXPECT_EQ(response.status, 200U);
    last_ = response.body;
    return parse_statement(as_text(parse_checkin_frame(as_bytes(last_)).value.statement)).value;
  }
  boost::json::object shown() { return json_of(server_.admin("GET", "/api/v1/devices/lamp-7")); }
  void report(const std::string& phase, const std::string& error, const std::string& running) {
    const std::string body = R"({"device_id":"lamp-7","status":"FAILED","version":"1.0.0",)"
                             R"("phase":")" +
                             phase + R"(","error":")" + error + R"(","running_version":")" +
                             running + "\"}";
    EXPECT_EQ(server_.post("/firmware/report", key_, body).status, 200U);
  }
  std::string audited() {
    return server_.store->audit_entries({.count_max = 1, .newest_first = true}).at(0).line;
  }
  OfflineServer server_;
  std::string key_ = server_.enroll("lamp-7");
  std::string last_;
};

TEST_F(CommandApiTest, IsToldAtTheNextCheckinUntilTheDeviceHasStartedAnew) {
  EXPECT_EQ(give("reboot").status, 200U);
  EXPECT_EQ(shown().at("command"), "reboot");
  EXPECT_EQ(shown().at("command_requested"), kNow);
  EXPECT_TRUE(shown().at("command_told").is_null());
  server_.now_s += 60;
  EXPECT_EQ(check_in("3600").command, Command::reboot);
  EXPECT_EQ(shown().at("command_told"), kNow + 60);
  server_.now_s += 60;
  EXPECT_EQ(check_in("20").command, Command::none);
  EXPECT_TRUE(shown().at("command").is_null());
  EXPECT_TRUE(shown().at("command_requested").is_null());
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Command ended device=lamp-7"));
}

TEST_F(CommandApiTest, WaitsForABootThatIsOldEnough) {
  give("reboot");
  const otter::Statement statement = check_in("5");
  EXPECT_EQ(statement.command, Command::none);
  EXPECT_EQ(statement.next_checkin_s, 60U);
  EXPECT_TRUE(shown().at("command_told").is_null());
}

TEST_F(CommandApiTest, OutlivesTheServer) {
  give("reboot");
  check_in("3600");
  server_.now_s += 60;
  EXPECT_EQ(
      open_sqlite_store(server_.folder.file("otter.sqlite"))->device("lamp-7")->command.told_s,
      kNow);
}

// A check-in of a device that is told nothing reads and writes no database.
TEST_F(CommandApiTest, CostsNothingWhereThereIsNone) {
  check_in("3600");
  SqliteConnection other(server_.folder.file("otter.sqlite"));
  other.execute("ALTER TABLE devices RENAME TO hidden");
  EXPECT_EQ(check_in("3660").command, Command::none);
  other.execute("ALTER TABLE hidden RENAME TO devices");
}

TEST_F(CommandApiTest, IsNotToldIfItCantBeNoted) {
  give("reboot");
  EXPECT_EQ(server_.cache.device("lamp-7")->command.command, Command::reboot);
  SqliteConnection other(server_.folder.file("otter.sqlite"));
  other.execute("ALTER TABLE devices RENAME TO hidden");
  const Response response =
      server_.send(request_of("GET", "/firmware/manifest",
                              {{"X-API-Key", key_},
                               {"Accept", kCheckinType},
                               {kDeviceFactsHeader,
                                "id=\"lamp-7\", product=\"lamp\", chip=\"esp32c3\", up=99, "
                                "nonce=:AAECAwQFBgcICQoLDA0ODw==:"}}));
  EXPECT_EQ(problem_of(response), "503 store_unavailable");
  other.execute("ALTER TABLE hidden RENAME TO devices");
}

TEST_F(CommandApiTest, ARollbackEndsWithItsReport) {
  give("rollback");
  EXPECT_EQ(check_in("3600").command, Command::rollback);
  report("failed", "network", "0.9.0");  // of an update that was under way
  EXPECT_EQ(shown().at("command"), "rollback");
  report("rolled_back", "commanded", "0.9.0");
  EXPECT_TRUE(shown().at("command").is_null());
  EXPECT_EQ(check_in("3700").command, Command::none);
}

TEST_F(CommandApiTest, ARollbackThatTheDeviceRefusesEndsToo) {
  give("rollback");
  report("failed", "boot_loop", "1.0.0");  // before it was told
  EXPECT_EQ(check_in("3600").command, Command::rollback);
  report("failed", "no_fallback", "1.0.0");
  EXPECT_TRUE(shown().at("command").is_null());
}

TEST_F(CommandApiTest, AReportEndsNoReboot) {
  give("reboot");
  check_in("3600");
  report("rolled_back", "boot_loop", "0.9.0");
  EXPECT_EQ(shown().at("command"), "reboot");
}

TEST_F(CommandApiTest, CheckNowHasTheDeviceComeAgainSoon) {
  give("check_now");
  const otter::Statement statement = check_in("3600");
  EXPECT_EQ(statement.command, Command::check_now);
  EXPECT_EQ(statement.next_checkin_s, kCheckNowDelay);
  EXPECT_GT(check_in("3660").next_checkin_s, kCheckNowDelay);
}

TEST_F(CommandApiTest, IsToldOnceToADeviceOfBefore) {
  give("reboot");
  EXPECT_EQ(check_in("").command, Command::reboot);
  EXPECT_TRUE(shown().at("command").is_null());
  EXPECT_EQ(check_in("").command, Command::none);
}

TEST_F(CommandApiTest, IsReplacedAndWithdrawn) {
  give("reboot");
  give("rollback");
  EXPECT_THAT(audited(), HasSubstr(R"("action":"Command given","subject":"lamp-7",)"
                                   R"("before":{"command":"reboot"},)"
                                   R"("after":{"command":"rollback"})"));
  EXPECT_EQ(server_.admin("DELETE", kPath).status, 200U);
  EXPECT_THAT(audited(), HasSubstr("Command withdrawn"));
  EXPECT_EQ(check_in("3600").command, Command::none);
  EXPECT_EQ(problem_of(server_.admin("DELETE", kPath)), "404 not_found");
}

// The one that was read before it was withdrawn.
TEST_F(CommandApiTest, DoesNotComeBackOnceItIsWithdrawn) {
  give("reboot");
  DeviceCommand told = server_.store->device("lamp-7")->command;
  told.told_s = kNow;
  server_.admin("DELETE", kPath);
  EXPECT_FALSE(server_.store->set_command("lamp-7", told));
  EXPECT_TRUE(shown().at("command").is_null());
}

TEST_F(CommandApiTest, GoesWithTheDeviceThatIsShutOut) {
  give("reboot");
  server_.admin("PATCH", "/api/v1/devices/lamp-7", R"({"standing":"revoked"})");
  EXPECT_TRUE(shown().at("command").is_null());
  EXPECT_EQ(problem_of(give("reboot")), "409 not_enrolled");
}

TEST_F(CommandApiTest, RefusesWhatNoDeviceObeys) {
  for (const char* command : {"", "none", "dance", "REBOOT"}) {
    EXPECT_EQ(problem_of(give(command)), "422 invalid_field") << command;
  }
  EXPECT_EQ(problem_of(server_.admin("POST", kPath, "{}")), "422 invalid_field");
  for (const char* method : {"POST", "DELETE"}) {
    EXPECT_EQ(problem_of(server_.admin(method, "/api/v1/devices/ghost/command",
                                       R"({"command":"reboot"})")),
              "404 not_found");
  }
  EXPECT_THAT(server_.log_lines.str(), Not(HasSubstr("Command given")));
}

}  // namespace
}  // namespace otter::server
