#include "server/audit.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class AuditTest : public testing::Test {
 protected:
  // The lines of a log with `count` entries.
  std::vector<std::string> lines(int count) {
    std::vector<std::string> all;
    AuditHead head;
    for (int i = 0; i < count; ++i) {
      const AuditEntry entry = next_entry(
          head, {kNow + i, "ada", "0123456789ab", "192.0.2.7"},
          {"Product added", "lamp-" + std::to_string(i), nullptr, {{"chip", "esp32"}}}, crypto_);
      head = {entry.number, entry.hash};
      all.push_back(entry.line);
    }
    return all;
  }
  // What following all lines comes to.
  std::string verdict(const std::vector<std::string>& lines) {
    AuditHead head;
    try {
      for (const std::string& line : lines) head = follow(head, line, crypto_);
    } catch (const AuditError& error) {
      return error.what();
    }
    return "whole, " + std::to_string(head.number);
  }
  HostCrypto crypto_;
};

TEST_F(AuditTest, FollowsWhatItWrites) {
  EXPECT_EQ(verdict({}), "whole, 0");
  EXPECT_EQ(verdict(lines(5)), "whole, 5");
}

TEST_F(AuditTest, SeesEveryChangedByte) {
  const std::vector<std::string> good = lines(2);
  for (size_t at = 0; at < good[0].size(); ++at) {
    std::vector<std::string> bad = good;
    bad[0][at] = static_cast<char>(bad[0][at] ^ 1);
    EXPECT_THAT(verdict(bad), HasSubstr("behind entry 0: ")) << at;
  }
}

TEST_F(AuditTest, SeesARemovedEntry) {
  for (size_t removed = 0; removed < 3; ++removed) {
    std::vector<std::string> bad = lines(4);
    bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(removed));
    EXPECT_THAT(verdict(bad), HasSubstr("some are missing")) << removed;
  }
}

TEST_F(AuditTest, SeesReorderedAndRepeatedEntries) {
  std::vector<std::string> bad = lines(3);
  std::swap(bad[1], bad[2]);
  EXPECT_THAT(verdict(bad), HasSubstr("behind entry 1: the next entry has another number"));
  bad = lines(2);
  bad.push_back(bad[1]);
  EXPECT_THAT(verdict(bad), HasSubstr("behind entry 2: "));
}

// Whoever changes an entry can make its hash anew, but then the next one does not fit.
TEST_F(AuditTest, SeesAnEntryWithItsHashMadeAnew) {
  std::vector<std::string> bad = lines(2);
  bad[0] = next_entry({}, {kNow, "eve", "", ""}, {"Product added", "lamp-0"}, crypto_).line;
  EXPECT_THAT(verdict(bad), HasSubstr("behind entry 1: the next entry belongs to another log"));
}

TEST_F(AuditTest, SeesACutOffLine) {
  const std::string good = lines(1)[0];
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_THAT(verdict({good.substr(0, size)}), HasSubstr("behind entry 0: ")) << size;
  }
}

TEST_F(AuditTest, SeesWhatIsNoEntry) {
  const std::string tail = lines(1)[0].substr(lines(1)[0].rfind(",\"hash\""));
  for (const char* head : {"", "[]", "{\"number\":1", "{\"number\":\"1\""}) {
    EXPECT_THAT(verdict({std::string(head) + tail}), HasSubstr("behind entry 0: ")) << head;
  }
}

TEST_F(AuditTest, KeepsALineALine) {
  const AuditEntry entry =
      next_entry({}, {kNow, "ada", "", ""}, {"x", "a\n\"b\"", "c\nd", nullptr}, crypto_);
  EXPECT_EQ(entry.line.find('\n'), std::string::npos);
  EXPECT_EQ(verdict({entry.line}), "whole, 1");
}

class AuditLogTest : public testing::Test {
 protected:
  std::string last() {
    const auto entries = server_.store->audit_entries({.count_max = 1, .newest_first = true});
    return entries.empty() ? "" : entries[0].line;
  }
  OfflineServer server_;
};

TEST_F(AuditLogTest, SaysWhoWhenWhereAndWhat) {
  server_.admin("POST", "/api/v1/products", R"({"name":"fan"})");
  const std::string id = token_id_of(hash_secret(server_.crypto, server_.admin_token));
  EXPECT_THAT(last(), HasSubstr(R"("time":1760000000,"account":"admin","token":")" + id +
                                R"(","remote":"192.0.2.7","action":"Product added",)" +
                                R"("subject":"fan","before":null,"after":{"name":"fan",)"));
}

TEST_F(AuditLogTest, HoldsNoSecret) {
  for (const auto& [target, body] : {std::pair("/api/v1/products", R"({"name":"fan"})"),
                                     std::pair("/api/v1/products/fan/keys", "{}")}) {
    const boost::json::object answer = json_of(server_.admin("POST", target, body));
    for (const char* secret : {"api_key", "hmac_secret"}) {
      const boost::json::value* value = answer.if_contains(secret);
      if (value == nullptr) continue;
      EXPECT_THAT(last(), Not(HasSubstr(value->as_string().c_str()))) << target;
    }
  }
}

TEST_F(AuditLogTest, NotesNothingThatWasRefused) {
  server_.admin("POST", "/api/v1/products", R"({"name":"lamp"})");
  server_.admin("POST", "/api/v1/products", R"({"name":"."})");
  server_.send(request_of("POST", "/api/v1/products", {}, R"({"name":"fan"})"));
  server_.admin("GET", "/api/v1/products");
  EXPECT_EQ(last(), "");
}

// An entry that can't be written takes its change with it.
TEST_F(AuditLogTest, UndoesAChangeWithoutAnEntry) {
  SqliteConnection(server_.folder.file("otter.sqlite")).execute("DROP TABLE audit");
  const Response response = server_.admin("POST", "/api/v1/products", R"({"name":"fan"})");
  EXPECT_EQ(problem_of(response), "503 store_unavailable");
  EXPECT_FALSE(server_.store->product("fan").has_value());
}

TEST_F(AuditLogTest, IsServedFromANumberOn) {
  for (const char* name : {"a", "b", "c"}) {
    server_.admin("POST", "/api/v1/products", "{\"name\":\"" + std::string(name) + "\"}");
  }
  const Response response = server_.admin("GET", "/api/v1/audit?after=1");
  EXPECT_EQ(header_of(response, "Content-Type"), "application/x-ndjson");
  const std::vector<AuditEntry> all = server_.store->audit_entries({});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(response.body, all[1].line + "\n" + all[2].line + "\n");
  EXPECT_EQ(server_.admin("GET", "/api/v1/audit?after=3").body, "");
  EXPECT_EQ(server_.admin("GET", "/api/v1/audit?last=2").body, response.body);
  EXPECT_EQ(server_.admin("GET", "/api/v1/audit?after=2&last=2").body, all[2].line + "\n");
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/audit?last=0")), "400 bad_query");
  for (const char* wrong : {"-1", "x", "1x", "99999999999999999999"}) {
    EXPECT_EQ(problem_of(server_.admin("GET", std::string("/api/v1/audit?after=") + wrong)),
              "400 bad_query");
  }
}

}  // namespace
}  // namespace otter::server
