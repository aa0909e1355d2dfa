#include "server/signed_token.h"

#include <gmock/gmock.h>

#include "server/openid_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

std::string token(const boost::json::object& header, const std::string& claims = "e30",
                  const std::string& signature = "AAAA") {
  return part_of(header) + "." + claims + "." + signature;
}

std::string refusal(const std::string& text) {
  try {
    parse_signed_token(text);
    return "taken";
  } catch (const TokenError& error) {
    return error.what();
  }
}

TEST(SignedToken, IsTakenApart) {
  const std::string text = token({{"alg", "RS256"}, {"kid", "k"}}, part_of({{"sub", "ada"}}));
  const SignedToken parsed = parse_signed_token(text);
  EXPECT_EQ(parsed.algorithm, TokenAlgorithm::rs256);
  EXPECT_EQ(parsed.key_id, "k");
  EXPECT_EQ(parsed.signed_text, text.substr(0, text.rfind('.')));
  EXPECT_EQ(parsed.signature, std::string(3, '\0'));
  EXPECT_EQ(parsed.claims.at("sub"), "ada");
}

TEST(SignedToken, TakesNoOtherAlgorithm) {
  for (const char* algorithm :
       {"none", "None", "HS256", "HS512", "RS512", "PS256", "ES384", "rs256", "", "RS256 "}) {
    EXPECT_THAT(refusal(token({{"alg", algorithm}})), HasSubstr("not signed by")) << algorithm;
  }
  EXPECT_THAT(refusal(token({})), HasSubstr("not signed by"));
  EXPECT_THAT(refusal(token({{"alg", 1}})), HasSubstr("\"alg\""));
}

TEST(SignedToken, TakesNoExtensionThatMustBeUnderstood) {
  EXPECT_THAT(refusal(token({{"alg", "ES256"}, {"crit", {"b64"}}, {"b64", false}})),
              HasSubstr("\"crit\""));
}

TEST(SignedToken, HasThreePartsOfBase64url) {
  const std::string head = part_of({{"alg", "ES256"}});
  EXPECT_THAT(refusal(""), HasSubstr("three parts"));
  EXPECT_THAT(refusal(head + ".e30"), HasSubstr("three parts"));
  EXPECT_THAT(refusal(head + ".e30.AAAA."), HasSubstr("three parts"));
  EXPECT_THAT(refusal(head + ".e30.AA=="), HasSubstr("signature is not base64url"));
  EXPECT_THAT(refusal(head + ".e30.A+/A"), HasSubstr("signature is not base64url"));
  EXPECT_THAT(refusal(head + ".e3 0.AAAA"), HasSubstr("claims is not base64url"));
  EXPECT_THAT(refusal("e30=." + head + ".AAAA"), HasSubstr("header is not base64url"));
}

TEST(SignedToken, HasObjectsOfJson) {
  EXPECT_THAT(refusal(token({{"alg", "ES256"}}, base64url(as_bytes("[]")))),
              HasSubstr("claims is not a JSON object"));
  EXPECT_THAT(refusal(token({{"alg", "ES256"}}, base64url(as_bytes("{")))),
              HasSubstr("claims is not a JSON object"));
}

TEST(SignedToken, IsBounded) {
  EXPECT_EQ(refusal(std::string(kTokenSizeMax + 1, 'A')), "the token is too large");
  EXPECT_EQ(refusal(std::string(4097, 'A') + ".e30.AAAA"), "the token's header is too large");
  EXPECT_THAT(refusal(token({{"alg", "ES256"}, {"kid", std::string(257, 'k')}})),
              HasSubstr("\"kid\""));
}

}  // namespace
}  // namespace otter::server
