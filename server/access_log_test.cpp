#include "server/access_log.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <sstream>

namespace otter::server {
namespace {

using testing::EndsWith;

std::string line(const Request& request, const Response& response,
                 LogFormat format = LogFormat::human) {
  std::ostringstream out;
  Log log(format, out);
  log_access(log, {request, response, 612, std::chrono::microseconds(184)});
  return out.str();
}

Request request_for(const std::string& target) {
  return {"GET", target, {{"X-API-Key", "otk_secret"}}, "body", "192.0.2.7"};
}

TEST(AccessLog, TellsWhatBecameOfARequest) {
  Response response;
  response.device = "lamp-7";
  EXPECT_THAT(line(request_for("/firmware/manifest"), response),
              EndsWith("] Answered method=GET path=/firmware/manifest status=200 bytes=612 us=184 "
                       "device=lamp-7 remote=192.0.2.7\n"));
}

TEST(AccessLog, LeavesOutWhatIsNotKnownAndWhatMayBeSecret) {
  Response response;
  response.status = 404;
  EXPECT_THAT(line(request_for("/a?key=otk_secret"), response),
              EndsWith("] Answered method=GET path=/a status=404 bytes=612 us=184 "
                       "remote=192.0.2.7\n"));
}

TEST(AccessLog, WritesJsonForAMachine) {
  const std::string text = line(request_for("/a"), {}, LogFormat::json);
  const boost::json::object members = boost::json::parse(text).as_object();
  EXPECT_EQ(members.at("path").as_string(), "/a");
  EXPECT_EQ(members.at("status").as_string(), "200");
}

}  // namespace
}  // namespace otter::server
