// What an identity provider answers: a token, then, behind a line break, its keys or what it says
// of itself. Nothing that the keys have not signed is believed; a name is one that an account may
// have.
#include "fuzz/require.h"
#include "ota/wire/version.h"
#include "server/id_token.h"
#include "server/openid_provider.h"

namespace otter {
namespace {

using namespace server;

void read_claims(const boost::json::object& claims) {
  OpenIdSettings settings;
  settings.role_claim = "a.b";
  settings.viewer = {"x"};
  role_of_claims(claims, settings);
  const std::string name = account_name_of_claims(claims, settings);
  require(is_identifier({name.data(), name.size()}), "a name is an account's");
}

void read_token(std::string_view text, const std::vector<ProviderKey>& keys) {
  const SignedToken token = parse_signed_token(text);
  require(text.starts_with(token.signed_text), "what is signed is in the token");
  read_claims(token.claims);
  // Nobody has signed a token with this nonce.
  try {
    checked_claims(token, keys, {"https://a", "b", "no token has this nonce", 1'760'000'000});
    require(false, "no claims are believed");
  } catch (const TokenError& error) {
    require(*error.what() != '\0', "a refusal says why");
  }
}

std::vector<ProviderKey> read_keys(std::string_view text) {
  try {
    return parse_key_set(text);
  } catch (const TokenError&) {
    return {};
  }
}

void read_facts(std::string_view text) {
  try {
    const ProviderFacts facts = parse_provider_facts(std::string(text), "https://a");
    for (const std::string& url : {facts.authorization_endpoint, facts.token_endpoint}) {
      require(url.size() > 8 && url.find(' ') == std::string::npos, "an address is one");
    }
  } catch (const ProviderError&) {
  }
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(text.find('\n'), text.size());
  const std::string_view rest = text.substr(std::min(line + 1, text.size()));
  read_facts(rest);
  try {
    read_token(text.substr(0, line), read_keys(rest));
  } catch (const server::TokenError& error) {
    require(*error.what() != '\0', "a refusal says why");
  }
  return 0;
}
