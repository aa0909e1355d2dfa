#include "server/readiness.h"

#include <gtest/gtest.h>

#include "server/server_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

class ReadinessTest : public testing::Test {
 protected:
  std::string answer(const char* target) {
    const Response response = server_.send(request_of("GET", target));
    return response.status == 200 ? response.body : problem_of(response);
  }
  void break_the_store() {
    SqliteConnection(server_.folder.file("otter.sqlite"))
        .execute("PRAGMA foreign_keys = OFF; DROP TABLE products");
  }
  OfflineServer server_;
};

TEST_F(ReadinessTest, AnswersAnybodyWhoAsks) {
  EXPECT_EQ(answer("/healthz"), "{\"status\":\"alive\"}\n");
  EXPECT_EQ(answer("/readyz"), "{\"status\":\"ready\"}\n");
}

TEST_F(ReadinessTest, IsAliveButNotReadyWithoutAStore) {
  break_the_store();
  EXPECT_EQ(answer("/healthz"), "{\"status\":\"alive\"}\n");
  EXPECT_EQ(answer("/readyz"), "503 store_unavailable");
}

TEST_F(ReadinessTest, AsksTheStoreEveryFewSeconds) {
  EXPECT_EQ(answer("/readyz"), "{\"status\":\"ready\"}\n");
  break_the_store();
  server_.now_s += Readiness::kGoodFor - 1;
  EXPECT_EQ(answer("/readyz"), "{\"status\":\"ready\"}\n");
  server_.now_s += 1;
  EXPECT_EQ(answer("/readyz"), "503 store_unavailable");
}

TEST_F(ReadinessTest, AsksTheStoreAgainWhenTheClockWasSetBack) {
  EXPECT_EQ(answer("/readyz"), "{\"status\":\"ready\"}\n");
  break_the_store();
  server_.now_s -= 1000;
  EXPECT_EQ(answer("/readyz"), "503 store_unavailable");
}

TEST_F(ReadinessTest, SaysWhatStandsAgainstIt) {
  std::string objection;
  server_.backend.readiness.ask([&] { return objection; });
  EXPECT_EQ(answer("/readyz"), "{\"status\":\"ready\"}\n");
  objection = "the server is about to stop";
  EXPECT_EQ(answer("/readyz"), "503 not_ready");
  EXPECT_EQ(answer("/healthz"), "{\"status\":\"alive\"}\n");
}

}  // namespace
}  // namespace otter::server
