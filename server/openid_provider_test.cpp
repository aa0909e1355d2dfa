#include "server/openid_provider.h"

#include <gmock/gmock.h>

#include <thread>

#include "server/openid_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kConfiguration[] = "https://login.example/staff/.well-known/openid-configuration";
constexpr char kKeys[] = "https://login.example/keys";
constexpr char kBack[] = "https://otter.example/api/v1/sign-in/openid/callback";

class OpenIdProviderTest : public testing::Test {
 protected:
  OpenIdProviderTest() { outside_.grant(good_claims(proof_.nonce)); }
  boost::json::object claims(int64_t now_s = kNow, const std::string& issuer = {}) {
    return provider_.claims_of({"code/1", issuer}, proof_, now_s);
  }
  boost::json::object claims_until(int64_t expires_s) const {
    boost::json::object claims = good_claims(proof_.nonce);
    claims["exp"] = expires_s;
    return claims;
  }
  // What it says when the provider's answers won't do.
  std::string failure(int64_t now_s = kNow, const std::string& issuer = {}) {
    try {
      claims(now_s, issuer);
      return "taken";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  std::string failure_with(const char* name, const boost::json::value& value) {
    outside_.configuration[name] = value;
    return failure();
  }
  HostCrypto crypto_;
  OpenIdSettings settings_ = openid_settings();
  FixtureProvider outside_;
  SignInProof proof_ = proof_of(crypto_, "otp_1");
  OpenIdProvider provider_{settings_, kBack, outside_.fetcher()};
};

TEST_F(OpenIdProviderTest, SendsPeopleWithAllThatBindsTheAnswer) {
  EXPECT_EQ(provider_.sign_in_url(proof_, kNow),
            "https://login.example/authorize?response_type=code&client_id=otter&redirect_uri=https"
            "%3A%2F%2Fotter.example%2Fapi%2Fv1%2Fsign-in%2Fopenid%2Fcallback&scope=openid%20profile"
            "%20email&state=" +
                proof_.state + "&nonce=" + proof_.nonce + "&code_challenge=" + proof_.challenge +
                "&code_challenge_method=S256");
}

TEST_F(OpenIdProviderTest, KeepsTheQueryOfItsAddress) {
  outside_.configuration["authorization_endpoint"] = "https://login.example/authorize?p=x";
  EXPECT_THAT(provider_.sign_in_url(proof_, kNow),
              StartsWith("https://login.example/authorize?p=x&response_type=code&"));
}

TEST_F(OpenIdProviderTest, HasAProofOfItsOwnForEachSecret) {
  const SignInProof other = proof_of(crypto_, "otp_2");
  EXPECT_NE(proof_.state, other.state);
  EXPECT_NE(proof_.nonce, other.nonce);
  EXPECT_NE(proof_.verifier, other.verifier);
  EXPECT_NE(proof_.state, proof_.nonce);
  EXPECT_NE(proof_.nonce, proof_.verifier);
  // RFC 7636 section 4.2: of the verifier as it is sent.
  EXPECT_EQ(proof_.challenge, base64url(digest_of(as_bytes(proof_.verifier)).bytes));
}

TEST_F(OpenIdProviderTest, GivesTheCodeWithTheVerifierOfAPublicClient) {
  EXPECT_EQ(claims().at("sub"), "248289761001");
  EXPECT_EQ(outside_.posted.url, "https://login.example/token");
  EXPECT_EQ(
      outside_.posted.body,
      "grant_type=authorization_code&code=code%2F1&redirect_uri=https%3A%2F%2Fotter.example%2F"
      "api%2Fv1%2Fsign-in%2Fopenid%2Fcallback&code_verifier=" +
          proof_.verifier + "&client_id=otter");
}

TEST_F(OpenIdProviderTest, SendsItsSecretAsTheProviderTakesIt) {
  settings_.client_secret_file = outside_.folder.file("secret");
  write_file(settings_.client_secret_file, "s:1\n");
  claims();
  EXPECT_EQ(outside_.posted.headers.back().first, "Authorization");
  EXPECT_EQ(outside_.posted.headers.back().second, "Basic " + base64_text(as_bytes("otter:s%3A1")));
  EXPECT_THAT(outside_.posted.body, Not(HasSubstr("client_id")));
  outside_.configuration["token_endpoint_auth_methods_supported"] =
      boost::json::array{"client_secret_post"};
  outside_.grant(claims_until(kNow + 2 * kProviderFactsLifetime));
  claims(kNow + kProviderFactsLifetime);
  EXPECT_THAT(outside_.posted.body, HasSubstr("&client_id=otter&client_secret=s%3A1"));
}

TEST_F(OpenIdProviderTest, SaysThatItsSecretCantBeRead) {
  settings_.client_secret_file = outside_.folder.file("none");
  EXPECT_THAT(failure(), HasSubstr("can't be read from " + settings_.client_secret_file));
}

TEST_F(OpenIdProviderTest, AsksOnceAnHourWhatTheProviderSaysOfItself) {
  provider_.sign_in_url(proof_, kNow);
  provider_.sign_in_url(proof_, kNow + kProviderFactsLifetime - 1);
  EXPECT_EQ(outside_.asked[kConfiguration], 1);
  provider_.sign_in_url(proof_, kNow + kProviderFactsLifetime);
  EXPECT_EQ(outside_.asked[kConfiguration], 2);
}

TEST_F(OpenIdProviderTest, AsksOnceForWhoComeAtTheSameTime) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] { provider_.sign_in_url(proof_, kNow); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(outside_.asked[kConfiguration], 1);
}

TEST_F(OpenIdProviderTest, AsksAnewWhenTheClockWasSetBack) {
  provider_.sign_in_url(proof_, kNow);
  provider_.sign_in_url(proof_, kNow - 1);
  EXPECT_EQ(outside_.asked[kConfiguration], 2);
}

TEST_F(OpenIdProviderTest, LeavesAProviderAloneThatHasJustFailed) {
  outside_.is_down = true;
  EXPECT_THAT(failure(), HasSubstr("no such host"));
  outside_.is_down = false;
  EXPECT_THAT(failure(kNow + kProviderRetry - 1), HasSubstr("a moment ago"));
  EXPECT_EQ(failure(kNow + kProviderRetry), "taken");
}

TEST_F(OpenIdProviderTest, FollowsTheProvidersNewKeys) {
  claims();
  outside_.add_key("key-2");
  outside_.grant(good_claims(proof_.nonce));
  EXPECT_THAT(failure(kNow + kProviderKeysAgain - 1), HasSubstr("by no key of the provider's"));
  EXPECT_EQ(outside_.asked[kKeys], 1);
  EXPECT_EQ(failure(kNow + kProviderKeysAgain), "taken");
  EXPECT_EQ(outside_.asked[kKeys], 2);
}

TEST_F(OpenIdProviderTest, ForgetsKeysThatTheProviderHasNoMore) {
  outside_.grant(claims_until(kNow + 2 * kProviderFactsLifetime));
  claims();
  outside_.keys.clear();
  EXPECT_EQ(failure(kNow + kProviderFactsLifetime - 1), "taken");
  EXPECT_THAT(failure(kNow + kProviderFactsLifetime), HasSubstr("by no key of the provider's"));
}

TEST_F(OpenIdProviderTest, RefusesAProviderThatIsNotTheOneThatIsSet) {
  EXPECT_THAT(failure_with("issuer", "https://login.example/staff/"),
              HasSubstr("openid.issuer must be"));
  EXPECT_THAT(failure(kNow, "https://evil.example"), HasSubstr("a moment ago"));
}

TEST_F(OpenIdProviderTest, RefusesAnAnswerOfAnotherIssuer) {
  EXPECT_THAT(failure(kNow, "https://evil.example"), HasSubstr("another issuer's"));
  EXPECT_EQ(failure(kNow, kIssuer), "taken");
}

TEST_F(OpenIdProviderTest, RefusesAnAnswerWithoutTheIssuerThatIsPromised) {
  EXPECT_THAT(failure_with("authorization_response_iss_parameter_supported", true),
              HasSubstr("another issuer's"));
  EXPECT_EQ(failure(kNow, kIssuer), "taken");
}

TEST_F(OpenIdProviderTest, RefusesAddressesWithoutHttps) {
  for (const char* name : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
    for (const boost::json::value& wrong :
         {boost::json::value("http://login.example/x"), boost::json::value("/x"),
          boost::json::value(nullptr), boost::json::value("https://u@login.example/")}) {
      boost::json::object document = outside_.configuration;
      document[name] = wrong;
      EXPECT_THROW(parse_provider_facts(boost::json::serialize(document), kIssuer), ProviderError)
          << name << wrong;
    }
  }
  EXPECT_THROW(parse_provider_facts("[]", kIssuer), ProviderError);
}

TEST_F(OpenIdProviderTest, SaysWhatIsWrongWithTheAnswerToTheCode) {
  outside_.token_status = 400;
  EXPECT_THAT(failure(), HasSubstr("answer to the code: status 400"));
  outside_.token_status = 200;
  outside_.token_answer = {{"access_token", "secret-of-ada"}};
  EXPECT_THAT(failure(), HasSubstr("has no id_token"));
  outside_.token_answer = {{"id_token", "secret-of-ada"}};
  EXPECT_EQ(failure(), "the token has not three parts");
}

TEST_F(OpenIdProviderTest, CountsItsKeys) { EXPECT_EQ(provider_.count_keys(kNow), 1U); }

}  // namespace
}  // namespace otter::server
