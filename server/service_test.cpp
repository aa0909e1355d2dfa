// The whole server over loopback, as a client meets it.
#include "server/service.h"

#include <gmock/gmock.h>
#include <signal.h>

#include "publish/https_client.h"
#include "server/data_folder.h"
#include "server/server_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    InitRequest request;
    request.folder = folder_.path();
    request.product = "lamp";
    made_ = make_data_folder(request, kNow);
    settings_.data = made_.data.path;
    settings_.port = 0;
  }
  HttpsClient client_of(const Service& service) const {
    HttpsClientSettings client;
    client.endpoint = parse_https_url(service.url()).value;
    client.ca_file = made_.data.certificates() + "/ca.crt";
    return HttpsClient(client);
  }
  // What starting is refused with.
  std::string refusal() {
    try {
      const Service service(settings_, log_);
      return "started";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  TemporaryFolder folder_;
  InitResult made_;
  ServerSettings settings_;
  std::ostringstream log_;
};

std::string read_all(HttpsClient& client) {
  std::string body;
  uint8_t piece[4096];
  while (true) {
    const Result<size_t> size = client.read(piece);
    if (!size.ok() || size.value == 0) return body;
    body.append(reinterpret_cast<const char*>(piece), size.value);
  }
}

TEST_F(ServiceTest, AnswersOverHttps) {
  Service service(settings_, log_);
  service.start();
  HttpsClient client = client_of(service);
  HttpsResponseHead head;
  ASSERT_EQ(
      client.open("GET", "/firmware/manifest", {{"X-API-Key", made_.api_key}}, Bytes(), &head),
      Error::ok)
      << client.detail();
  EXPECT_EQ(head.status, 404U);
  EXPECT_EQ(head.headers["content-type"], "application/problem+json");
  EXPECT_THAT(read_all(client), HasSubstr("the product lamp has no release"));
}

TEST_F(ServiceTest, LogsUntilItHasStopped) {
  {
    Service service(settings_, log_);
    service.start();
    service.stop();
    service.stop();
  }
  EXPECT_THAT(log_.str(), HasSubstr("Stopped"));
}

// Serves for one round of what is due from time to time.
void serve_once(const ServerSettings& settings, std::ostream& log) {
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  block_stop_signals();
  Service service(settings, log);
  service.start();
  raise(SIGTERM);  // waits until it is asked for
  service.wait_for_stop_signal();
  service.stop();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(ServiceTest, RollsOldReportsUpWhileItServes) {
  Report report;
  report.id = "r1";
  report.device = "lamp-7";
  report.product = "lamp";
  report.received_s = kNow - 366 * 24 * 3600;
  report.outcome = Outcome::failed;
  add_report(*open_sqlite_store(made_.data.database()), report);
  serve_once(settings_, log_);
  const std::unique_ptr<Store> store = open_sqlite_store(made_.data.database());
  EXPECT_TRUE(store->reports({.device = "lamp-7"}).empty());
  EXPECT_EQ(store->report_counts("lamp").size(), 1U);
}

TEST_F(ServiceTest, NamesTheUrlThatItServes) {
  settings_.public_url = "https://otter.example";
  const Service service(settings_, log_);
  EXPECT_THAT(service.url(), HasSubstr("https://127.0.0.1:"));
}

TEST_F(ServiceTest, SaysThatAPortIsInUse) {
  const Service first(settings_, log_);
  InitRequest request;
  request.folder = folder_.file("second");
  settings_.data = make_data_folder(request, kNow).data.path;
  settings_.port = static_cast<uint16_t>(std::stoi(first.url().substr(first.url().rfind(':') + 1)));
  EXPECT_THAT(refusal(), AllOf(HasSubstr("in use"), HasSubstr(std::to_string(settings_.port))));
}

TEST_F(ServiceTest, RefusesAFolderThatIsServed) {
  const Service first(settings_, log_);
  EXPECT_THAT(refusal(), HasSubstr("another otter serves " + settings_.data));
}

TEST_F(ServiceTest, SaysThatAKeyCantBeRead) {
  settings_.key = folder_.file("none.key");
  EXPECT_THAT(refusal(), HasSubstr("none.key"));
}

TEST_F(ServiceTest, SaysThatThereIsNoDataFolder) {
  settings_.data = folder_.file("none");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("none/otter.sqlite"), HasSubstr("otter init")));
}

TEST_F(ServiceTest, RefusesTheDataFolderOfANewerProgram) {
  SqliteConnection(made_.data.database()).execute("PRAGMA user_version = 999");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("otter.sqlite"), HasSubstr("newer otter")));
}

}  // namespace
}  // namespace otter::server
