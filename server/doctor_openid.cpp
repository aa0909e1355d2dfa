#include "server/doctor_openid.h"

#include <fstream>

#include "server/openid_provider.h"

namespace otter::server {
namespace {

constexpr char kCheck[] = "sign-in";

Diagnosis line(Health health, std::string detail, std::string advice = {}) {
  return {kCheck, health, std::move(detail), std::move(advice)};
}

bool gives_a_role(const OpenIdSettings& settings) {
  return !settings.admin.empty() || !settings.publisher.empty() || !settings.operator_.empty() ||
         !settings.viewer.empty();
}

bool is_readable(const std::string& file) {
  std::string word;
  return file.empty() || (std::ifstream(file) >> word);
}

}  // namespace

Diagnosis diagnose_openid(const OpenIdSettings& settings, const Fetcher& fetch, int64_t now_s) {
  if (!is_readable(settings.client_secret_file)) {
    return line(Health::fail, settings.client_secret_file + " can't be read, or is empty",
                "write the client's secret into it, for the server's user alone");
  }
  try {
    if (OpenIdProvider(settings, "", fetch).count_keys(now_s) == 0) {
      return line(Health::fail, settings.issuer + " has no key for RS256, ES256 or EdDSA",
                  "have it sign ID tokens by one of these");
    }
  } catch (const std::runtime_error& error) {
    return line(Health::fail, error.what(),
                "compare issuer and ca in [openid] with what the provider says of itself");
  }
  if (!gives_a_role(settings)) {
    return line(Health::warn, settings.issuer + " answers, but nobody gets a role",
                "set admin, publisher, operator or viewer in [openid]");
  }
  return line(Health::ok, "by " + settings.issuer);
}

}  // namespace otter::server
