#include "server/log.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <sstream>

namespace otter::server {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::string human_line(const std::string& event, LogFields fields) {
  std::ostringstream out;
  Log(LogFormat::human, out).info(event, fields);
  return out.str();
}

TEST(Log, WritesOneLineForAPerson) {
  EXPECT_THAT(human_line("Serving manifest v1.0.1", {{"product", "lamp"}, {"device", ""}}),
              MatchesRegex("\\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\] "
                           "Serving manifest v1\\.0\\.1 product=lamp\n"));
}

TEST(Log, MarksWhatIsNotWell) {
  std::ostringstream out;
  Log log(LogFormat::human, out);
  log.warning("a", {});
  log.error("b", {});
  EXPECT_THAT(out.str(), HasSubstr("] warning: a\n"));
  EXPECT_THAT(out.str(), HasSubstr("] error: b\n"));
}

TEST(Log, LetsNobodyForgeALine) {
  const std::string line = human_line("a\nb", {{"path", "/x\r\n[2025-01-01 00:00:00] forged"}});
  EXPECT_THAT(line, HasSubstr("a\\x0ab"));
  EXPECT_THAT(line, HasSubstr("\\x0d\\x0a[2025"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(Log, QuotesWhatHoldsSpaces) {
  EXPECT_THAT(human_line("e", {{"detail", "a \"b\" c=d"}, {"x", "1"}}),
              EndsWith("detail=\"a \\\"b\\\" c=d\" x=1\n"));
}

TEST(Log, ShortensLongValues) {
  const std::string line = human_line("e", {{"path", std::string(8192, 'a')}});
  EXPECT_LT(line.size(), 400U);
  EXPECT_THAT(line, EndsWith("a...\n"));
}

TEST(Log, TakesBracesAndPercentSignsAsTheyAre) {
  EXPECT_THAT(human_line("{} %s %v", {{"path", "{0}"}}), EndsWith("{} %s %v path={0}\n"));
}

TEST(Log, WritesJsonForAMachine) {
  std::ostringstream out;
  Log(LogFormat::json, out).warning("Request refused", {{"path", "/\xff\n\""}, {"device", ""}});
  const boost::json::object line = boost::json::parse(out.str()).as_object();
  EXPECT_EQ(line.at("level").as_string(), "warning");
  EXPECT_EQ(line.at("event").as_string(), "Request refused");
  EXPECT_EQ(line.at("path").as_string(), "/\\xff\\x0a\"");
  EXPECT_FALSE(line.contains("device"));
  EXPECT_THAT(std::string(line.at("time").as_string()),
              MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}Z"));
}

TEST(EscapeForLog, KeepsPrintableAsciiOnly) {
  EXPECT_EQ(escape_for_log("a~ \x1b[2J\x7f\xc3\xa9\\"), "a~ \\x1b[2J\\x7f\\xc3\\xa9\\x5c");
  EXPECT_THAT(escape_for_log(std::string("\0", 1)), Not(HasSubstr(std::string("\0", 1))));
}

// `otter token revoke TOKEN`, in place of its id.
TEST(EscapeForLog, HidesASecretThatIsNotInItsPlace) {
  const std::string secret(43, 'a');
  for (const std::string prefix : {"ota_", "otk_", "oth_"}) {
    EXPECT_EQ(escape_for_log("/api/v1/tokens/" + prefix + secret),
              "/api/v1/tokens/" + prefix + "...");
    EXPECT_EQ(escape_for_log("\"" + prefix + secret + "b-_\" and"), "\"" + prefix + "...\" and");
  }
  EXPECT_EQ(escape_for_log("ota_update_of_lamp otx_" + secret), "ota_update_of_lamp otx_" + secret);
}

TEST(Log, CutsOffAfterItHasHiddenASecret) {
  std::ostringstream out;
  const std::string path(240, '/');
  Log(LogFormat::human, out).warning("Refused", {{"path", path + "ota_" + std::string(43, 'a')}});
  EXPECT_THAT(out.str(), Not(HasSubstr("aaa")));
}

}  // namespace
}  // namespace otter::server
