#include "server/id_token.h"

#include <gmock/gmock.h>

#include "server/openid_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using Claims = boost::json::object;

class IdTokenTest : public testing::Test {
 protected:
  // What a token that says this is refused with.
  std::string refusal(const Claims& claims, int64_t now_s = kNow) {
    try {
      const SignedToken token = parse_signed_token(provider_.token_of(claims));
      checked_claims(token, parse_key_set(provider_.key_set()), {kIssuer, kClientId, "n-1", now_s});
      return "taken";
    } catch (const TokenError& error) {
      return error.what();
    }
  }
  // With one claim changed; with none, removed.
  std::string with(const char* name, const boost::json::value& value) {
    Claims claims = good_claims();
    claims[name] = value;
    return refusal(claims);
  }
  std::string without(const char* name) {
    Claims claims = good_claims();
    claims.erase(name);
    return refusal(claims);
  }
  FixtureProvider provider_;
};

TEST_F(IdTokenTest, TakesAGoodOne) { EXPECT_EQ(refusal(good_claims()), "taken"); }

TEST_F(IdTokenTest, RefusesAnotherIssuer) {
  for (const char* issuer : {"https://evil.example", "https://login.example/staff/", ""}) {
    EXPECT_THAT(with("iss", issuer), HasSubstr("\"iss\"")) << issuer;
  }
  EXPECT_THAT(with("iss", boost::json::array{kIssuer}), HasSubstr("\"iss\""));
  EXPECT_THAT(without("iss"), HasSubstr("\"iss\""));
}

TEST_F(IdTokenTest, RefusesAnotherAudience) {
  EXPECT_THAT(with("aud", "other"), HasSubstr("\"aud\""));
  EXPECT_THAT(with("aud", boost::json::array{"other"}), HasSubstr("\"aud\""));
  EXPECT_THAT(with("aud", boost::json::array{}), HasSubstr("\"aud\""));
  EXPECT_THAT(without("aud"), HasSubstr("\"aud\""));
  EXPECT_EQ(with("aud", boost::json::array{kClientId}), "taken");
}

TEST_F(IdTokenTest, RefusesWhatAnotherPartyHasAskedFor) {
  Claims claims = good_claims();
  claims["aud"] = boost::json::array{kClientId, "other"};
  EXPECT_THAT(refusal(claims), HasSubstr("\"azp\""));
  claims["azp"] = "other";
  EXPECT_THAT(refusal(claims), HasSubstr("\"azp\""));
  claims["azp"] = kClientId;
  EXPECT_EQ(refusal(claims), "taken");
  EXPECT_THAT(with("azp", "other"), HasSubstr("\"azp\""));
}

TEST_F(IdTokenTest, RefusesOneThatIsOver) {
  EXPECT_EQ(refusal(good_claims(), kNow + 359), "taken");
  EXPECT_THAT(refusal(good_claims(), kNow + 360), HasSubstr("\"exp\""));
  EXPECT_THAT(without("exp"), HasSubstr("\"exp\""));
  EXPECT_THAT(with("exp", boost::json::string(std::to_string(kNow + 300))), HasSubstr("\"exp\""));
  EXPECT_THAT(with("exp", -1), HasSubstr("\"exp\""));
  EXPECT_THAT(with("exp", 1e300), HasSubstr("\"exp\""));
  EXPECT_EQ(with("exp", static_cast<double>(kNow) + 0.5), "taken");
}

TEST_F(IdTokenTest, RefusesOneOfTheFuture) {
  EXPECT_EQ(refusal(good_claims(), kNow - 60), "taken");
  EXPECT_THAT(refusal(good_claims(), kNow - 61), HasSubstr("\"iat\""));
  EXPECT_THAT(without("iat"), HasSubstr("\"iat\""));
  EXPECT_EQ(with("nbf", kNow + 60), "taken");
  EXPECT_THAT(with("nbf", kNow + 61), HasSubstr("\"nbf\""));
  EXPECT_THAT(with("nbf", nullptr), HasSubstr("\"nbf\""));
}

TEST_F(IdTokenTest, RefusesThatOfAnotherSignIn) {
  EXPECT_THAT(with("nonce", "n-2"), HasSubstr("\"nonce\""));
  EXPECT_THAT(with("nonce", ""), HasSubstr("\"nonce\""));
  EXPECT_THAT(without("nonce"), HasSubstr("\"nonce\""));
}

TEST_F(IdTokenTest, RefusesOneOfNobody) {
  EXPECT_THAT(without("sub"), HasSubstr("\"sub\""));
  EXPECT_THAT(with("sub", ""), HasSubstr("\"sub\""));
  EXPECT_THAT(with("sub", 7), HasSubstr("\"sub\""));
  EXPECT_THAT(with("sub", "a\nb"), HasSubstr("\"sub\""));
  EXPECT_THAT(with("sub", boost::json::string(256, 's')), HasSubstr("\"sub\""));
  EXPECT_EQ(with("sub", boost::json::string(255, 's')), "taken");
}

TEST_F(IdTokenTest, RefusesASignatureThatIsNotTheProviders) {
  FixtureProvider other;
  const std::vector<ProviderKey> keys = parse_key_set(provider_.key_set());
  const SignedToken token = parse_signed_token(other.token_of(good_claims()));
  EXPECT_THROW(checked_claims(token, keys, {kIssuer, kClientId, "n-1", kNow}), TokenError);
  EXPECT_THROW(checked_claims(token, {}, {kIssuer, kClientId, "n-1", kNow}), TokenError);
}

TEST(ClaimedRole, IsTheHighestThatTheSettingsName) {
  OpenIdSettings settings = openid_settings();
  const auto role = [&](const boost::json::value& value) {
    return role_of_claims({{"roles", value}}, settings);
  };
  EXPECT_EQ(role({"staff"}), Role::viewer);
  EXPECT_EQ(role({"staff", "On call"}), Role::operator_);
  EXPECT_EQ(role({"otter-admin", "staff"}), Role::admin);
  EXPECT_EQ(role("staff"), Role::viewer);
  for (const boost::json::value& none :
       {boost::json::value(nullptr), boost::json::value(1), boost::json::value("Staff"),
        boost::json::value(boost::json::array{}), boost::json::value(boost::json::array{1}),
        boost::json::value(boost::json::object{{"staff", true}})}) {
    EXPECT_EQ(role(none), std::nullopt) << none;
  }
  settings = {};
  EXPECT_EQ(role(""), std::nullopt);
}

TEST(ClaimedRole, MayBeDeepInside) {
  OpenIdSettings settings = openid_settings();
  settings.role_claim = "https://a.example/x.realm.roles";
  EXPECT_EQ(role_of_claims({{"https://a.example/x.realm.roles", "staff"}}, settings), Role::viewer);
  settings.role_claim = "realm.roles";
  EXPECT_EQ(role_of_claims({{"realm", {{"roles", {"staff"}}}}}, settings), Role::viewer);
  EXPECT_EQ(role_of_claims({{"realm", {"roles", "staff"}}}, settings), std::nullopt);
  EXPECT_EQ(role_of_claims({{"roles", {"staff"}}}, settings), std::nullopt);
}

TEST(ClaimedRole, ComesFromNoAddressThatIsNotVerified) {
  OpenIdSettings settings = openid_settings();
  settings.role_claim = "email";
  settings.admin = {"ada@example.com"};
  const auto role = [&](const boost::json::value& verified) {
    return role_of_claims({{"email", "ada@example.com"}, {"email_verified", verified}}, settings);
  };
  EXPECT_EQ(role(true), Role::admin);
  EXPECT_EQ(role(false), std::nullopt);
  EXPECT_EQ(role("true"), std::nullopt);
  EXPECT_EQ(role_of_claims({{"email", "ada@example.com"}}, settings), std::nullopt);
}

TEST(ClaimedName, IsOfTheCharactersOfAnId) {
  const auto name = [](const Claims& claims) {
    return account_name_of_claims(claims, OpenIdSettings());
  };
  EXPECT_EQ(name({{"preferred_username", "ada"}, {"email", "b@c"}}), "ada");
  EXPECT_EQ(name({{"email", "ada.l@example.com"}}), "ada.l-example.com");
  EXPECT_EQ(name({{"preferred_username", "A\xC3\x84 /b\n"}}), "A----b-");
  EXPECT_EQ(name({{"preferred_username", ".."}, {"sub", "auth0|7"}}), "auth0-7");
  EXPECT_EQ(name({{"preferred_username", std::string(100, 'a')}}), std::string(48, 'a'));
  EXPECT_EQ(name({{"sub", ".."}}), "person");
}

}  // namespace
}  // namespace otter::server
