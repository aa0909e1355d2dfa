#include "server/idempotency.h"

#include <gmock/gmock.h>

#include <set>

#include "server/access.h"
#include "server/change.h"
#include "server/secrets.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class IdempotencyTest : public testing::Test {
 protected:
  Response post(const std::string& target, const std::string& body, const std::string& key) {
    return post_as(server_.admin_token, target, body, key);
  }
  Response post_as(const std::string& token, const std::string& target, const std::string& body,
                   const std::string& key) {
    return server_.send(request_of("POST", target,
                                   {{"Authorization", "Bearer " + token},
                                    {"Content-Type", "application/json"},
                                    {"Idempotency-Key", key}},
                                   body));
  }
  size_t product_count() { return server_.store->products({}).size(); }
  OfflineServer server_;
};

TEST_F(IdempotencyTest, DoesARequestOnceAndGivesItsAnswerAgain) {
  const Response first = post("/api/v1/products", R"({"name":"fan"})", "k1");
  const Response again = post("/api/v1/products", R"({"name":"fan"})", "k1");
  EXPECT_EQ(first.status, 201U);
  EXPECT_EQ(again.status, 201U);
  EXPECT_EQ(again.body, first.body);  // with the API key that is shown once
  EXPECT_EQ(header_of(first, "Idempotency-Replayed"), "");
  EXPECT_EQ(header_of(again, "Idempotency-Replayed"), "true");
  EXPECT_EQ(header_of(again, "Content-Type"), "application/json");
  EXPECT_EQ(header_of(again, "Cache-Control"), "no-store");
  EXPECT_EQ(product_count(), 2U);
}

TEST_F(IdempotencyTest, MakesOneKeyOfAProductHoweverOftenItIsAsked) {
  const std::string first = post("/api/v1/products/lamp/keys", "{}", "k1").body;
  EXPECT_EQ(post("/api/v1/products/lamp/keys", "{}", "k1").body, first);
  EXPECT_NE(post("/api/v1/products/lamp/keys", "{}", "k2").body, first);
  EXPECT_NE(server_.admin("POST", "/api/v1/products/lamp/keys", "{}").body, first);
}

TEST_F(IdempotencyTest, OutlivesARestart) {
  const std::string first = post("/api/v1/products/lamp/keys", "{}", "k1").body;
  Router restarted(server_.backend);
  const Response again = restarted.handle(request_of(
      "POST", "/api/v1/products/lamp/keys",
      {{"Authorization", "Bearer " + server_.admin_token}, {"Idempotency-Key", "k1"}}, "{}"));
  EXPECT_EQ(again.body, first);
}

TEST_F(IdempotencyTest, RefusesAKeyThatWasUsedForAnotherRequest) {
  post("/api/v1/products", R"({"name":"fan"})", "k1");
  EXPECT_EQ(problem_of(post("/api/v1/products", R"({"name":"bulb"})", "k1")), "422 key_reused");
  EXPECT_EQ(problem_of(post("/api/v1/products/lamp/keys", R"({"name":"fan"})", "k1")),
            "422 key_reused");
  EXPECT_EQ(product_count(), 2U);
}

TEST_F(IdempotencyTest, ForgetsAfterADay) {
  const std::string first = post("/api/v1/products/lamp/keys", "{}", "k1").body;
  server_.now_s += kAnswerLifetime;
  EXPECT_NE(post("/api/v1/products/lamp/keys", "{}", "k1").body, first);
}

// As a proxy does it that lets nobody through without a password of its own.
TEST_F(IdempotencyTest, TellsOneSessionsKeysFromAnothersWhateverElseIsSent) {
  std::set<std::string> bodies;
  for (const char* name : {"ada", "eve"}) {
    const std::string secret = std::string("ots_") + name;
    server_.add_token(secret, name, Role::admin);
    Token session = *token(*server_.store, hash_secret(server_.crypto, secret));
    session.kind = TokenKind::session;
    session.used_s = server_.now_s;
    server_.store->remove_token(session.id);
    server_.store->put_token(session);
    const Response response =
        server_.send(request_of("POST", "/api/v1/products/lamp/keys",
                                {{"Authorization", "Basic cHJveHk6eA=="},
                                 {"Cookie", std::string(kSessionCookie) + "=" + secret},
                                 {kCsrfHeader, csrf_token_of(server_.crypto, secret)},
                                 {"Content-Type", "application/json"},
                                 {"Idempotency-Key", "1"}},
                                "{}"));
    EXPECT_EQ(response.status, 201U) << response.body;
    bodies.insert(response.body);
  }
  EXPECT_EQ(bodies.size(), 2U);
}

TEST_F(IdempotencyTest, KeepsNoRefusal) {
  EXPECT_EQ(problem_of(post("/api/v1/products", R"({"name":"lamp"})", "k1")), "409 exists");
  EXPECT_EQ(post("/api/v1/products", R"({"name":"fan"})", "k1").status, 201U);
}

TEST_F(IdempotencyTest, TellsOneCallersKeysFromAnothers) {
  server_.add_token("ota_second", "second", Role::admin);
  const std::string first = post("/api/v1/products/lamp/keys", "{}", "k1").body;
  EXPECT_NE(post_as("ota_second", "/api/v1/products/lamp/keys", "{}", "k1").body, first);
  EXPECT_EQ(problem_of(post_as("ota_wrong", "/api/v1/products/lamp/keys", "{}", "k1")),
            "401 unauthorized");
}

TEST_F(IdempotencyTest, RefusesKeysThatAreNone) {
  for (const std::string& key :
       {std::string(), std::string("a b"), std::string("\xc3\xa4"), std::string(256, 'a')}) {
    EXPECT_EQ(problem_of(post("/api/v1/products", R"({"name":"fan"})", key)), "400 bad_request");
  }
  EXPECT_EQ(product_count(), 1U);
  EXPECT_EQ(post("/api/v1/products", R"({"name":"fan"})", std::string(255, 'a')).status, 201U);
}

TEST_F(IdempotencyTest, LeavesNoSecretInTheDatabase) {
  const boost::json::object made =
      json_of(post("/api/v1/products/lamp/keys", "{}", "only-the-caller-knows"));
  const std::string key(made.at("api_key").as_string());
  std::string bytes;
  for (const auto& file : std::filesystem::directory_iterator(server_.folder.path())) {
    if (file.is_regular_file()) bytes += read_file(file.path());
  }
  EXPECT_THAT(bytes, HasSubstr("kept_answers"));
  EXPECT_THAT(bytes, Not(HasSubstr(key)));
  EXPECT_THAT(bytes, Not(HasSubstr("only-the-caller-knows")));
}

TEST_F(IdempotencyTest, IgnoresTheHeaderWhereItMeansNothing) {
  const Request get =
      request_of("GET", "/api/v1/products",
                 {{"Authorization", "Bearer " + server_.admin_token}, {"Idempotency-Key", "k1"}});
  EXPECT_EQ(server_.send(get).body, server_.send(get).body);
  EXPECT_EQ(header_of(server_.send(get), "Idempotency-Replayed"), "");
}

// A call with a key, whose change is the test's.
class IdempotencyCallTest : public IdempotencyTest {
 protected:
  Response answer(const std::function<Response()>& work) { return answer(request_, work); }
  Response answer(const Request& request, const std::function<Response()>& work) {
    const Call call{request, target_, server_.backend, server_.crypto, kNow};
    return idempotency_.answer(call, [&] { return make_change(call, work); });
  }
  const Request request_ =
      request_of("POST", "/x", {{"Authorization", "Bearer x"}, {"Idempotency-Key", "k1"}});
  const Target target_ = parse_target("/x");
  Idempotency idempotency_;
};

TEST_F(IdempotencyCallTest, RefusesASecondOneWhileTheFirstIsUnderWay) {
  std::string code;
  const auto never = []() -> Response { throw std::logic_error("called"); };
  const auto slow = [&] {
    try {
      answer(never);
    } catch (const HttpError& error) {
      code = error.code;
    }
    return Response();
  };
  EXPECT_EQ(answer(slow).status, 200U);
  EXPECT_EQ(code, "in_progress");
  EXPECT_EQ(answer(never).status, 200U);  // now it is kept
}

TEST_F(IdempotencyCallTest, TakesASessionsCookieForItsCaller) {
  const auto cookie = [](const std::string& session) {
    const std::string text = std::string(kSessionCookie) + "=" + session;
    return request_of("POST", "/x", {{"Cookie", text}, {"Idempotency-Key", "k1"}});
  };
  int calls = 0;
  for (const char* session : {"1", "1", "2"}) {
    answer(cookie(session), [&] {
      ++calls;
      return Response();
    });
  }
  EXPECT_EQ(calls, 2);
}

TEST_F(IdempotencyCallTest, UndoesWhatAFailedHandlerDid) {
  const auto fails = [&]() -> Response {
    server_.add_product("fan", "otk_fan", "esp32");
    throw StoreError("no more");
  };
  EXPECT_THROW(answer(fails), StoreError);
  EXPECT_EQ(product_count(), 1U);
  EXPECT_EQ(answer([] { return Response(); }).status, 200U);
}

}  // namespace
}  // namespace otter::server
