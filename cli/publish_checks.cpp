#include "cli/publish_checks.h"

#include <algorithm>

#include "ota/wire/version.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr uint32_t kSectorBytes = 4096;  // [bytes] slots are whole sectors

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Arduino builds without a marker carry the name and version of the prebuilt libraries.
bool is_arduino_default(const ImageReport& report) {
  return !report.marker && report.project_name.ends_with("arduino-lib-builder");
}

uint64_t number(const json::value& object, const char* key) {
  return object.at(key).to_number<uint64_t>();
}

// The member `key` of each object in the list `list`.
std::vector<std::string> column(const json::value& answer, const char* list, const char* key) {
  std::vector<std::string> values;
  for (const json::value& row : answer.at(list).as_array()) {
    values.emplace_back(row.at(key).as_string());
  }
  return values;
}

json::value get_product(ApiClient& client, const ManifestOptions& options) {
  try {
    return client.get("/api/v1/products/" + url_encode(options.product) +
                      "?channel=" + url_encode(options.channel));
  } catch (const ApiError& error) {
    if (error.status != 404) throw;
    throw std::runtime_error("the server has no product '" + options.product +
                             "': make it with `otter product add " + options.product +
                             "`, or say --product");
  }
}

void check_slot(uint32_t needed, uint64_t slot, const std::string& whose) {
  if (slot == 0 || needed <= slot) return;
  throw std::runtime_error("the image needs a slot of " + std::to_string(needed) + " bytes; " +
                           whose + " has " + std::to_string(slot));
}

void check_chip(const ImageReport& report, const ManifestOptions& options,
                const std::string& product_chip) {
  const Text name = chip_name(report.header.chip);
  const std::string chip(name.data, name.size);
  if (product_chip.empty() || product_chip == chip) return;
  throw std::runtime_error("the image is for " + chip + ", but product '" + options.product +
                           "' is for " + product_chip);
}

}  // namespace

void take_from_image(const ImageReport& report, ManifestOptions* options) {
  if (is_arduino_default(report) && (options->product.empty() || options->version.empty())) {
    throw std::runtime_error(
        "the image states only the name and version of the prebuilt Arduino libraries: say "
        "--product and --version");
  }
  if (options->product.empty()) options->product = report.stated_product();
  if (options->version.empty()) options->version = report.stated_version();
  if (!is_identifier(options->product)) {
    throw std::runtime_error("'" + options->product + "' can't be a product: say --product");
  }
  if (is_version(options->version)) return;
  throw std::runtime_error("'" + options->version +
                           "' can't be a release's version: say --version, such as 1.0.1");
}

ProductFacts ask_product(ApiClient& client, const ManifestOptions& options) {
  const json::value product = get_product(client, options);
  ProductFacts facts;
  if (product.at("chip").is_string()) facts.chip = std::string(product.at("chip").as_string());
  facts.slot_bytes = number(product, "slot_bytes");
  facts.smallest_slot_bytes = number(product, "smallest_slot_bytes");
  facts.next_sequence = number(product, "next_sequence");
  const std::string releases = "/api/v1/releases?product=" + url_encode(options.product);
  facts.versions = column(client.get_all(releases, "releases"), "releases", "version");
  const json::value keys = client.get("/api/v1/keys/release");
  facts.key_ids = column(keys, "keys", "keyid");
  if (keys.at("root_version").is_number()) {
    facts.root_version = std::to_string(number(keys, "root_version"));
  }
  return facts;
}

void check_fit(const ImageReport& report, const ManifestOptions& options,
               const ProductFacts& facts) {
  check_chip(report, options, facts.chip);
  const uint32_t sectors = (report.size_bytes + kSectorBytes - 1) / kSectorBytes;
  const uint32_t needed = std::max(sectors * kSectorBytes, options.min_slot_bytes);
  check_slot(needed, facts.slot_bytes, "product '" + options.product + "'");
  check_slot(needed, facts.smallest_slot_bytes, "the smallest device of the fleet");
  if (contains(facts.versions, options.version)) {
    throw std::runtime_error(options.product + " " + options.version +
                             " is released already; a release never changes");
  }
  if (options.sequence >= facts.next_sequence) return;
  throw std::runtime_error("sequence " + std::to_string(options.sequence) +
                           " is used: the next of channel '" + options.channel + "' is " +
                           std::to_string(facts.next_sequence));
}

void check_keys(const SignedManifest& envelope, const ProductFacts& facts) {
  for (const EnvelopeSignature& signature : envelope.signatures) {
    if (contains(facts.key_ids, signature.key_id)) continue;
    if (!facts.root_version.empty()) {
      throw std::runtime_error("root metadata " + facts.root_version + " lists no release key " +
                               signature.key_id + ": see `otter keys list`");
    }
    throw std::runtime_error("the server does not know key " + signature.key_id +
                             ": register it with `otter keys register`");
  }
}

}  // namespace otter::cli
