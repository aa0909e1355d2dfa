#include "server/configuration_api.h"

#include <charconv>

#include "ota/wire/configuration.h"
#include "server/access.h"
#include "server/desired_configuration.h"
#include "server/json_body.h"
#include "server/known_product.h"
#include "server/problem.h"
#include "server/query.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

std::string hex_of(const Digest& digest) { return to_hex(digest).characters; }

[[noreturn]] void refuse_version(const std::string& product, const std::string& version) {
  throw HttpError(Problem::not_found, product + " has no configuration " + version +
                                          "; `otter config show " + product + "` lists all");
}

// The version that the query names, else the one in force; 0: none.
uint32_t asked_version(const Call& call, const Product& product) {
  const auto asked = call.target.query.find("version");
  if (asked == call.target.query.end()) return product.config_version;
  const std::string& text = asked->second;
  uint32_t version = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  const bool is_number = error == std::errc() && stop == text.data() + text.size() && version > 0;
  if (!is_number) refuse_version(product.name, text);
  return version;
}

boost::json::object summary_of(const Configuration& configuration) {
  return {{"version", configuration.version},
          {"sha256", hex_of(configuration.sha256)},
          {"created", configuration.created_s}};
}

ShownPage page_of_versions(const Call& call, const std::string& product) {
  const Page page = read_page(call, "versions", 1);
  ConfigurationQuery query;
  query.product = product;
  if (!page.after.empty()) {
    query.below_version = static_cast<uint32_t>(number_in(page.after[0], UINT32_MAX));
  }
  query.count_max = page.count_to_read();
  return show_page(page, "versions", call.backend.store.configurations(query), summary_of,
                   [](const Configuration& last) { return Place{std::to_string(last.version)}; });
}

boost::json::object spread_of(const Call& call, const std::string& product, uint32_t version) {
  const ConfigurationSpread spread = call.backend.store.configuration_spread(product, version);
  return {{"enrolled", spread.devices}, {"applied", spread.applied}, {"failed", spread.failed}};
}

}  // namespace

Response add_configuration(const Call& call) {
  const Product product = known_product(call, call.target.segments.at(3));
  const std::string& document = call.request.body;
  const Result<ConfigurationDocument> parsed = parse_configuration(document);
  if (!parsed.ok()) {
    throw HttpError(parsed.error,
                    std::string("the configuration can't be read: ") + meaning(parsed.error).data);
  }
  const Digest sha256_of = require(sha256(call.crypto, as_bytes(document)), "can't hash");
  const Configuration configuration{product.name, parsed.value.version, sha256_of, document,
                                    call.now_s};
  if (!call.backend.store.add_configuration(configuration)) {
    throw HttpError(Problem::version_used, "version " + std::to_string(configuration.version) +
                                               " is not above the last of " + product.name);
  }
  call.change = {"Configuration added", product.name, nullptr, summary_of(configuration)};
  call.backend.log.info("Configuration added", {{"product", product.name},
                                                {"version", std::to_string(configuration.version)},
                                                {"remote", call.request.remote}});
  return json_response(201, summary_of(configuration));
}

Response use_configuration(const Call& call) {
  const Product product = known_product(call, call.target.segments.at(3));
  const boost::json::object body = parse_json_body(call.request);
  const std::optional<int64_t> version = integer_field(body, "version", UINT32_MAX);
  if (!version.has_value()) throw HttpError(Problem::invalid_field, "\"version\" is missing");
  if (!use_configuration(call.backend.store, product.name, static_cast<uint32_t>(*version))) {
    refuse_version(product.name, std::to_string(*version));
  }
  call.change = {"Configuration in force",
                 product.name,
                 {{"version", product.config_version}},
                 {{"version", *version}}};
  call.backend.log.info("Configuration in force", {{"product", product.name},
                                                   {"version", std::to_string(*version)},
                                                   {"remote", call.request.remote}});
  call.events.push_back(
      {"configuration", product.name, {{"product", product.name}, {"version", *version}}});
  return json_response(200, {{"version", *version}});
}

Response show_configuration(const Call& call) {
  allow_parameters(call, {"version", "limit", "cursor"});
  const Product product = known_product(call, call.target.segments.at(3));
  const uint32_t version = asked_version(call, product);
  ShownPage versions = page_of_versions(call, product.name);
  boost::json::object document = {
      {"version", nullptr},
      {"in_force", product.config_version},
      {"next_version", call.backend.store.next_configuration(product.name)},
      {"versions", std::move(versions.items)},
      {"next", std::move(versions.next)}};
  if (version == 0) return json_response(200, document);
  const std::optional<MergedConfiguration> shown =
      configuration_of_any_kind(call.backend.store, product.name, version);
  if (!shown.has_value()) refuse_version(product.name, std::to_string(version));
  call.backend.sightings.flush(call.backend.store);
  document["version"] = version;
  document["sha256"] = hex_of(shown->configuration.sha256);
  document["document"] = shown->configuration.document;
  document["devices"] = spread_of(call, product.name, version);
  return json_response(200, document);
}

}  // namespace otter::server
