// Holds docs/spec/openapi.json to the table of routes; test/openapi_test.py holds it to the
// answers.
#include "server/openapi.h"

#include <gmock/gmock.h>

#include <map>
#include <regex>

#include "server/routes.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

std::string spelled(Right right) {
  switch (right) {
    case Right::none:
      return "";
    case Right::key:
      return "productKey or deviceKey";
    case Right::view:
      return "token view";
    case Right::operate:
      return "token operate";
    case Right::publish:
      return "token publish";
    case Right::administer:
      return "token administer";
  }
  return "?";
}

// "GET /api/v1/products/*" -> who may.
using Rights = std::map<std::string, std::string>;

Rights of_the_table() {
  Rights rights;
  for (const Route& route : routes()) {
    rights[std::string(route.method) + " " + route.pattern] = spelled(route.right);
  }
  return rights;
}

std::string upper_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(c));
  return text;
}

// The schemes that an operation asks for, with the right that each must have.
std::string asked_of(const boost::json::object& operation) {
  std::string asked;
  for (const boost::json::value& scheme : operation.at("security").as_array()) {
    for (const auto& [name, needed] : scheme.as_object()) {
      asked += (asked.empty() ? "" : " or ") + std::string(name);
      for (const auto& right : needed.as_array()) asked += " " + std::string(right.as_string());
    }
  }
  return asked;
}

Rights of_the_document() {
  Rights rights;
  const boost::json::object document = boost::json::parse(kOpenapiDocument).as_object();
  for (const auto& [path, operations] : document.at("paths").as_object()) {
    const std::string pattern =
        std::regex_replace(std::string(path), std::regex("\\{\\w+\\}"), "*");
    for (const auto& [method, operation] : operations.as_object()) {
      rights[upper_case(std::string(method)) + " " + pattern] = asked_of(operation.as_object());
    }
  }
  return rights;
}

TEST(Openapi, DescribesEachRouteAndNoOther) { EXPECT_EQ(of_the_document(), of_the_table()); }

TEST(Openapi, IsServedToAnybody) {
  OfflineServer server;
  const Response response = server.send(request_of("GET", "/api/v1/openapi.json"));
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(header_of(response, "Content-Type"), "application/json");
  EXPECT_EQ(response.body, read_file(std::string(OTTER_SOURCE_DIR) + "/docs/spec/openapi.json"));
}

}  // namespace
}  // namespace otter::server
