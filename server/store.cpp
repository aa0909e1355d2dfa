#include "server/store.h"

#include <algorithm>
#include <iterator>

namespace otter::server {
namespace {

constexpr const char* kEnrolmentNames[] = {
#define OTTER_ENROLMENT_NAME(word) #word,
    OTTER_ENROLMENTS(OTTER_ENROLMENT_NAME)
#undef OTTER_ENROLMENT_NAME
};
constexpr const char* kStandingNames[] = {
#define OTTER_STANDING_NAME(word) #word,
    OTTER_STANDINGS(OTTER_STANDING_NAME)
#undef OTTER_STANDING_NAME
};

template <typename Enum, size_t count>
std::optional<Enum> named(const char* const (&names)[count], std::string_view text) {
  const auto found = std::find(std::begin(names), std::end(names), text);
  if (found == std::end(names)) return std::nullopt;
  return static_cast<Enum>(found - std::begin(names));
}

}  // namespace

const char* name(Enrolment enrolment) { return kEnrolmentNames[static_cast<size_t>(enrolment)]; }
std::optional<Enrolment> enrolment_named(std::string_view text) {
  return named<Enrolment>(kEnrolmentNames, text);
}
const char* name(Standing standing) { return kStandingNames[static_cast<size_t>(standing)]; }
std::optional<Standing> standing_named(std::string_view text) {
  return named<Standing>(kStandingNames, text);
}
namespace {

ReleasePtr first(const std::vector<ReleasePtr>& releases) {
  return releases.empty() ? nullptr : releases.front();
}

template <typename T>
std::optional<T> first(std::vector<T> found) {
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

}  // namespace

ReleasePtr release_of_version(Lookups& store, const std::string& product,
                              const std::string& version) {
  if (version.empty()) return nullptr;  // would be any
  return first(store.releases({.product = product, .version = version}));
}

ReleasePtr release_of_manifest(Lookups& store, const std::string& product,
                               const Digest& manifest_sha256) {
  return first(store.releases({.product = product, .manifest_sha256 = manifest_sha256}));
}

ReleasePtr release_of_image(Lookups& store, const std::string& product,
                            const Digest& image_sha256) {
  return first(store.releases({.product = product, .image_sha256 = image_sha256}));
}

ReleasePtr newest_release(Lookups& store, const std::string& product, const std::string& channel) {
  for (const ReleasePtr& release : store.releases({.product = product, .channel = channel})) {
    if (!release->is_staged) return release;
  }
  return nullptr;
}

uint64_t next_sequence(Lookups& store, const std::string& product, const std::string& channel) {
  const ReleasePtr newest = first(store.releases(
      {.product = product, .channel = channel, .with_pending = true, .count_max = 1}));
  return newest == nullptr ? 1 : newest->sequence + 1;
}

std::optional<Configuration> configuration(Lookups& store, const std::string& product,
                                           uint32_t version) {
  if (version == 0) return std::nullopt;  // would be any
  return first(store.configurations({product, version}));
}

std::optional<Configuration> configuration_of_digest(Lookups& store, const std::string& product,
                                                     const Digest& sha256) {
  return first(store.configurations({.product = product, .sha256 = sha256}));
}

bool use_configuration(Store& store, const std::string& product, uint32_t version) {
  return store.change_product(product, {.config_version = version});
}

bool require_approval(Store& store, const std::string& product, bool is_required) {
  return store.change_product(product, {.needs_approval = is_required});
}

bool enroll(Store& store, Device device) {
  device.standing = Standing::enrolled;
  return store.set_standing(device);
}

bool add_report(Store& store, const Report& report) {
  return store.add_reports({&report, 1}).front();
}

std::optional<Account> account(Store& store, const std::string& name) {
  if (name.empty()) return std::nullopt;  // would be all
  return first(store.accounts(name));
}

std::optional<Token> token(Store& store, const Digest& hash) {
  return first(store.tokens({.hash = hash}));
}

}  // namespace otter::server
