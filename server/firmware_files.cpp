// GET and HEAD of firmware, by version and by content, and of configurations, by content.
#include "server/access.h"
#include "server/byte_range.h"
#include "server/device_api.h"
#include "server/fleet_metrics.h"
#include "server/patch_works.h"
#include "server/problem.h"

namespace otter::server {
namespace {

constexpr char kImmutable[] = "public, immutable, max-age=31536000";
constexpr char kPrivate[] = "private, no-cache";

// The names by which people ask for one version: as it is, and with or without a leading v.
std::vector<std::string> versions_named(std::string text) {
  constexpr std::string_view kPrefix = "firmware_";
  std::vector<std::string> versions = {text};
  if (text.starts_with(kPrefix)) {
    text = text.substr(kPrefix.size());
    versions.push_back(text);
  }
  versions.push_back(text.starts_with("v") ? text.substr(1) : "v" + text);
  return versions;
}

ReleasePtr release_named(const Call& call, const Caller& caller, const std::string& file) {
  constexpr std::string_view kSuffix = ".bin";
  if (!file.ends_with(kSuffix)) return nullptr;
  for (const std::string& version : versions_named(file.substr(0, file.size() - kSuffix.size()))) {
    ReleasePtr release = release_of_version(call.backend.lookups, caller.product.name, version);
    if (release != nullptr) return release;
  }
  return nullptr;
}

[[noreturn]] void refuse_range(uint64_t file_size) {
  const std::string size = std::to_string(file_size);
  throw HttpError(Problem::range_not_satisfiable, "the file has " + size + " bytes",
                  {{"Content-Range", "bytes */" + size}});
}

void log_download(const Call& call, const Caller& caller, const Release& release,
                  const ByteRange& range) {
  if (call.request.method != "GET" || range.selection == Selection::not_modified) return;
  const std::string part = range.selection == Selection::part
                               ? std::to_string(range.offset) + "+" + std::to_string(range.size)
                               : "";
  call.backend.log.info("Firmware download started", {{"version", release.version},
                                                      {"product", caller.product.name},
                                                      {"device", caller.device_id()},
                                                      {"bytes", part},
                                                      {"remote", call.request.remote}});
}

// What the headers of an answer with a file tell of it.
struct FileFacts {
  Digest sha256;
  uint64_t size = 0;  // [bytes]
  const char* cache_control = kPrivate;
};

// Status and headers for the bytes that were asked for, which `range` then tells; no body yet.
Response begin_response(const Call& call, const FileFacts& file, ByteRange* range) {
  const std::string etag = "\"" + std::string(to_hex(file.sha256).characters) + "\"";
  *range = select_bytes(call.request, etag, file.size);
  if (range->selection == Selection::unsatisfiable) refuse_range(file.size);
  if (range->selection == Selection::precondition) {
    throw HttpError(Problem::precondition_failed, "the file's ETag is " + etag);
  }
  Response response;
  response.headers = {{"ETag", etag},
                      {"Accept-Ranges", "bytes"},
                      {"Cache-Control", file.cache_control},
                      {"Content-Type", "application/octet-stream"}};
  if (range->selection == Selection::not_modified) response.status = 304;
  if (range->selection == Selection::part) {
    response.status = 206;
    response.headers.emplace_back("Content-Range",
                                  "bytes " + std::to_string(range->offset) + "-" +
                                      std::to_string(range->offset + range->size - 1) + "/" +
                                      std::to_string(file.size));
  }
  return response;
}

Response image_response(const Call& call, const Caller& caller, const Release& release,
                        const char* cache_control) {
  const std::optional<uint64_t> size = call.backend.blobs.size(release.image_sha256);
  if (!size.has_value()) {
    throw StoreError("the image of " + release.product + " " + release.version +
                     " is missing from the blobs");
  }
  ByteRange range;
  Response response = begin_response(call, {release.image_sha256, *size, cache_control}, &range);
  if (range.selection != Selection::not_modified) {
    count_download(call.backend.metrics, release, range.offset, range.size);
    response.file =
        FilePart{call.backend.blobs.path(release.image_sha256), range.offset, range.size};
  }
  log_download(call, caller, release, range);
  return response;
}

Response configuration_response(const Call& call, const Caller& caller,
                                const Configuration& configuration) {
  const std::string& document = configuration.document;
  ByteRange range;
  Response response =
      begin_response(call, {configuration.sha256, document.size(), kPrivate}, &range);
  if (range.selection != Selection::not_modified) {
    response.body = document.substr(range.offset, range.size);
  }
  call.backend.log.info("Serving configuration",
                        {{"version", std::to_string(configuration.version)},
                         {"product", caller.product.name},
                         {"device", caller.device_id()},
                         {"remote", call.request.remote}});
  return response;
}

// To an image of the product's.
std::optional<StoredPatch> patch_named(const Call& call, const Digest& digest) {
  if (call.backend.patches == nullptr) return std::nullopt;
  const std::optional<StoredPatch> patch = call.backend.patches->shelf().named(digest);
  if (!patch.has_value()) return std::nullopt;
  const ReleasePtr release =
      release_of_image(call.backend.lookups, call.caller.product.name, patch->result_sha256);
  return release != nullptr ? patch : std::nullopt;
}

Response patch_response(const Call& call, const StoredPatch& patch) {
  PatchWorks& works = *call.backend.patches;
  ByteRange range;
  Response response = begin_response(call, {patch.sha256, patch.size_bytes, kImmutable}, &range);
  if (range.selection == Selection::not_modified) return response;
  response.file = FilePart{works.shelf().path(patch.sha256), range.offset, range.size};
  const bool is_end = range.offset + range.size == patch.size_bytes;
  if (call.request.method == "GET" && is_end) works.count_download(patch);
  call.backend.log.info("Patch download started", {{"product", call.caller.product.name},
                                                   {"device", call.caller.device_id()},
                                                   {"bytes", std::to_string(range.size)},
                                                   {"remote", call.request.remote}});
  return response;
}

[[noreturn]] void refuse_file(const Caller& caller) {
  throw HttpError(Problem::not_found, "the product " + caller.product.name + " has no such file");
}

}  // namespace

Response serve_version(const Call& call) {
  const Caller& caller = call.caller;
  const ReleasePtr release = release_named(call, caller, call.target.segments.at(1));
  if (release == nullptr) refuse_file(caller);
  return image_response(call, caller, *release, kPrivate);
}

Response serve_blob(const Call& call) {
  const Caller& caller = call.caller;
  const Result<Digest> digest = digest_from_hex(call.target.segments.at(2));
  if (!digest.ok()) refuse_file(caller);
  Lookups& lookups = call.backend.lookups;
  const ReleasePtr release = release_of_image(lookups, caller.product.name, digest.value);
  if (release != nullptr) return image_response(call, caller, *release, kImmutable);
  const std::optional<StoredPatch> patch = patch_named(call, digest.value);
  if (patch.has_value()) return patch_response(call, *patch);
  const std::optional<Configuration> configuration =
      configuration_of_digest(lookups, caller.product.name, digest.value);
  if (configuration.has_value()) return configuration_response(call, caller, *configuration);
  const std::optional<MergedConfiguration> merged =
      call.backend.store.merged({.product = caller.product.name, .sha256 = digest.value});
  if (!merged.has_value()) refuse_file(caller);
  return configuration_response(call, caller, merged->configuration);
}

}  // namespace otter::server
