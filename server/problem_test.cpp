#include "server/problem.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

TEST(Problem, IsADocumentOfRfc9457) {
  const Response response = problem_response(HttpError(Problem::not_found, "no \"x\""));
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(header_of(response, "Content-Type"), "application/problem+json");
  EXPECT_EQ(response.body,
            R"({"type":"about:blank","title":"Not Found","status":404,"code":"not_found",)"
            R"("detail":"no \"x\""})"
            "\n");
}

TEST(Problem, CarriesTheHeadersThatItsStatusAsksFor) {
  const HttpError error(Problem::method_not_allowed, "", {{"Allow", "POST"}});
  EXPECT_EQ(header_of(problem_response(error), "Allow"), "POST");
}

TEST(Problem, SpeaksTheDevicesWords) {
  const Response response = problem_response(HttpError(Error::wrong_chip, "other chip"));
  EXPECT_EQ(problem_of(response), "422 wrong_chip");
}

TEST(Problem, HasAWordForWhatTheEngineRefuses) {
  EXPECT_EQ(problem_of(problem_response(408, "slow")), "408 timeout");
  EXPECT_EQ(problem_of(problem_response(413, "large")), "413 too_large");
  EXPECT_EQ(problem_of(problem_response(414, "long")), "414 target_too_long");
  EXPECT_EQ(problem_of(problem_response(417, "more")), "417 expectation_failed");
  EXPECT_EQ(problem_of(problem_response(431, "many")), "431 headers_too_large");
  EXPECT_EQ(problem_of(problem_response(400, "bad")), "400 bad_request");
}

TEST(Problem, HasATitleForEachStatus) {
  for (int i = 0; i <= static_cast<int>(Problem::store_unavailable); ++i) {
    const Response response = problem_response(HttpError(static_cast<Problem>(i), ""));
    EXPECT_NE(json_of(response).at("title").as_string(), "Error") << name(static_cast<Problem>(i));
  }
}

}  // namespace
}  // namespace otter::server
