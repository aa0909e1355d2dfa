// Holds the pages of docs/spec that describe the server to what it does.
#include <gmock/gmock.h>

#include "fleet/decision.h"
#include "server/audit.h"
#include "server/backup_index.h"
#include "server/experiment_json.h"
#include "server/problem.h"
#include "server/report_claim.h"
#include "server/rollout_json.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

std::string page(const std::string& name) {
  return read_file(std::string(OTTER_SOURCE_DIR) + "/docs/spec/" + name);
}

// The contents of a page's blocks of that kind.
std::vector<std::string> blocks(const std::string& text, const std::string& kind) {
  const std::string begin = "```json " + kind + "\n";
  std::vector<std::string> found;
  for (size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    const size_t start = at + begin.size();
    found.push_back(text.substr(start, text.find("```", start) - start));
  }
  return found;
}

TEST(ProblemsPage, HasEachProblem) {
  const std::string text = page("problems.md");
  for (int i = 0; i <= static_cast<int>(Problem::store_unavailable); ++i) {
    const Problem problem = static_cast<Problem>(i);
    EXPECT_THAT(text,
                HasSubstr(std::string("| `") + name(problem) + "` | " +
                          std::to_string(status_of(problem)) + " | " + meaning(problem) + " |\n"));
  }
}

TEST(ProblemsPage, ShowsAProblemAsItIsSent) {
  OfflineServer server;
  EXPECT_THAT(blocks(page("problems.md"), "problem-example"),
              testing::ElementsAre(server.get("/nowhere").body));
}

TEST(BackupPage, ShowsAListAsItIsWritten) {
  const std::vector<std::string> examples = blocks(page("backup.md"), "backup-example");
  ASSERT_THAT(examples, SizeIs(1));
  EXPECT_EQ(write_backup_index(read_backup_index(examples[0])) + "\n", examples[0]);
}

TEST(ReportPage, ShowsReportsThatAreTaken) {
  const std::vector<std::string> examples = blocks(page("report.md"), "report-example");
  ASSERT_THAT(examples, SizeIs(2));
  for (const std::string& example : examples) {
    OfflineServer server;
    const bool of_library = example.find("lamp-7") != std::string::npos;
    const std::string key = of_library ? server.enroll("lamp-7") : server.api_key;
    EXPECT_EQ(server.post("/firmware/report", key, example).body, "{\"ok\":true}\n") << example;
  }
}

TEST(ReportPage, HasEachOutcome) {
  for (int i = 0; i <= static_cast<int>(Outcome::claimed); ++i) {
    EXPECT_THAT(page("report.md"),
                HasSubstr(std::string("`") + name(static_cast<Outcome>(i)) + "`"));
  }
}

TEST(RolloutPage, ShowsAPlanThatIsTaken) {
  const std::vector<std::string> examples = blocks(page("rollout.md"), "rollout-example");
  ASSERT_THAT(examples, SizeIs(1));
  const fleet::Plan plan = plan_from_json(boost::json::parse(examples[0]).as_object());
  EXPECT_EQ(plan.stages.size(), 3U);
  EXPECT_EQ(plan.on_breach, fleet::OnBreach::take_back);
}

TEST(RolloutPage, HasEachPhaseAndReason) {
  const std::string text = page("rollout.md");
  for (int i = 0; i <= static_cast<int>(fleet::Phase::aborted); ++i) {
    EXPECT_THAT(text, HasSubstr(name(static_cast<fleet::Phase>(i))));
  }
  for (int i = 0; i <= static_cast<int>(fleet::Reason::busy); ++i) {
    EXPECT_THAT(text, HasSubstr(std::string("`") + name(static_cast<fleet::Reason>(i)) + "`"));
  }
}

TEST(ExperimentPage, ShowsAPlanThatIsTaken) {
  const std::vector<std::string> examples = blocks(page("experiment.md"), "experiment-example");
  ASSERT_THAT(examples, SizeIs(1));
  const fleet::TrialPlan plan =
      experiment_plan_from_json(boost::json::parse(examples[0]).as_object());
  ASSERT_THAT(plan.arms, SizeIs(3));
  EXPECT_EQ(plan.arms[1].name, "slow");
  EXPECT_EQ(plan.arms[2].name, "c");
}

TEST(ExperimentPage, HasEachPhaseCauseAndMetric) {
  const std::string text = page("experiment.md");
  for (int i = 0; i <= static_cast<int>(fleet::TrialPhase::stopped); ++i) {
    EXPECT_THAT(text, HasSubstr(name(static_cast<fleet::TrialPhase>(i))));
  }
  for (int i = 1; i <= static_cast<int>(fleet::TrialCause::failing); ++i) {
    EXPECT_THAT(text, HasSubstr(std::string("| `") + name(static_cast<fleet::TrialCause>(i))));
  }
  for (int i = 0; i <= static_cast<int>(fleet::Metric::signal); ++i) {
    EXPECT_THAT(text, HasSubstr(std::string("| `") + name(static_cast<fleet::Metric>(i))));
  }
}

TEST(AuditPage, ShowsALogThatIsWhole) {
  const std::vector<std::string> examples = blocks(page("audit.md"), "audit-example");
  ASSERT_THAT(examples, SizeIs(1));
  HostCrypto crypto;
  AuditHead head;
  std::istringstream lines(examples[0]);
  for (std::string line; std::getline(lines, line);) head = follow(head, line, crypto);
  EXPECT_EQ(head.number, 2U);
  const AuditedChange change = {
      "Configuration in force", "lamp", {{"version", 1}}, {{"version", 2}}};
  const AuditHead first = follow({}, examples[0].substr(0, examples[0].find('\n')), crypto);
  EXPECT_THAT(
      examples[0],
      testing::EndsWith(
          next_entry(first, {1'760'000'060, "admin", "5f3a09c1d2e4", "192.0.2.7"}, change, crypto)
              .line +
          "\n"));
}

// Every path that a page names is one that the server knows.
void expect_known(const std::string& method, std::string path) {
  OfflineServer server;
  for (size_t at = path.find('<'); at != std::string::npos; at = path.find('<')) {
    path.replace(at, path.find('>') - at + 1, "x");
  }
  const Response response = server.send(request_of(method, path));
  EXPECT_NE(response.status, 405U) << method << " " << path;
  EXPECT_THAT(response.body, testing::Not(HasSubstr("no such path"))) << path;
}

TEST(ApiPages, NamePathsThatThereAre) {
  size_t count = 0;
  for (const std::string& text :
       {page("admin-api.md"), page("device-api.md"), page("accounts.md")}) {
    for (size_t at = text.find('`'); at != std::string::npos; at = text.find('`', at + 1)) {
      const size_t space = text.find(' ', at);
      const std::string method = text.substr(at + 1, space - at - 1);
      if (method != "GET" && method != "HEAD" && method != "POST" && method != "PUT" &&
          method != "PATCH" && method != "DELETE") {
        continue;
      }
      expect_known(method,
                   text.substr(space + 1, text.find_first_of("`? ,", space + 1) - space - 1));
      ++count;
    }
  }
  EXPECT_GE(count, 10U);
}

}  // namespace
}  // namespace otter::server
