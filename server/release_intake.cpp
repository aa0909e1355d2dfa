#include "server/release_intake.h"

#include <algorithm>

#include "ota/wire/signing.h"
#include "ota/wire/version.h"
#include "publish/image_report.h"
#include "server/access.h"
#include "server/change.h"
#include "server/envelope_json.h"
#include "server/json_body.h"
#include "server/patch_works.h"
#include "server/problem.h"
#include "server/root_api.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr size_t kNotesSizeMax = 8 * 1024;

std::string to_string(Text text) { return {text.data, text.size}; }

std::string hex_of(const Digest& digest) { return to_hex(digest).characters; }

// Without root metadata: every signature must be by a key that the server knows, and be right.
void verify_by_registered_keys(const Call& call, const Envelope& envelope) {
  const std::vector<TrustedKey> keys = call.backend.store.release_keys();
  const Digest digest =
      require(manifest_signing_digest(call.crypto, envelope.body), "can't hash a manifest");
  for (size_t i = 0; i < envelope.signature_count; ++i) {
    const SignatureView& view = envelope.signatures[i];
    const auto key = std::ranges::find_if(
        keys, [&](const TrustedKey& known) { return Bytes(known.id) == view.key_id; });
    if (key == keys.end()) {
      throw HttpError(Error::unknown_key,
                      "the manifest is signed by a key that this server does not know");
    }
    if (check_signature(call.crypto, key->point, digest, view.signature) != Error::ok) {
      throw HttpError(Error::bad_signature, "the manifest's signature is wrong");
    }
  }
}

Manifest read_manifest(const Envelope& envelope) {
  const Result<Manifest> manifest = parse_manifest(as_text(envelope.body));
  if (!manifest.ok()) {
    throw HttpError(manifest.error,
                    std::string("the manifest can't be read: ") + meaning(manifest.error).data);
  }
  return manifest.value;
}

// By release keys that may sign for its product and channel, as many as the root metadata wants.
void verify_by_root(const Call& call, const Envelope& envelope, const RootMetadata& root,
                    const Manifest& manifest) {
  const Error error =
      verify_release_signatures(call.crypto, envelope, root, manifest.product, manifest.channel);
  if (error == Error::ok) return;
  throw HttpError(error, "by root metadata " + std::to_string(root.version) + " the manifest is " +
                             meaning(error).data);
}

// What is signed by whoever may sign it.
Manifest verified_manifest(const Call& call, const Envelope& envelope) {
  const std::optional<StoredDocument> root = newest_root(call.backend.store);
  if (!root.has_value()) verify_by_registered_keys(call, envelope);
  const Manifest manifest = read_manifest(envelope);
  if (root.has_value()) verify_by_root(call, envelope, stored_root(*root), manifest);
  return manifest;
}

Product product_of(const Call& call, const std::string& name) {
  std::optional<Product> product = call.backend.store.product(name);
  if (!product.has_value()) {
    throw HttpError(Problem::not_found,
                    "there is no product " + name + "; `otter product add` makes it");
  }
  return std::move(*product);
}

void check_against_product(const Manifest& manifest, const Product& product) {
  const std::string chip = to_string(chip_name(manifest.chip));
  if (!product.chip.empty() && product.chip != chip) {
    throw HttpError(Error::wrong_chip, "the release is for the " + chip + ", the product " +
                                           product.name + " for the " + product.chip);
  }
  const uint32_t needed = std::max(manifest.image_size_bytes, manifest.min_slot_bytes);
  if (product.slot_bytes != 0 && needed > product.slot_bytes) {
    throw HttpError(Error::slot_too_small, "the image needs a slot of " + std::to_string(needed) +
                                               " bytes, the product " + product.name + " has " +
                                               std::to_string(product.slot_bytes));
  }
}

// Devices fetch it before the image.
void check_configuration(const Call& call, const Manifest& manifest, const Product& product) {
  if (manifest.config_digest.empty()) return;
  const Digest digest = digest_from_hex(manifest.config_digest).value;
  if (configuration_of_digest(call.backend.store, product.name, digest).has_value()) return;
  throw HttpError(Problem::config_missing,
                  "add the release's configuration first: `otter config add " + product.name + "`");
}

std::vector<uint8_t> read_image(const Call& call, const Manifest& manifest) {
  std::optional<std::vector<uint8_t>> image = call.backend.blobs.read(manifest.image_sha256);
  if (!image.has_value()) {
    throw HttpError(Problem::blob_missing,
                    "upload the image first: PUT /api/v1/blobs/" + hex_of(manifest.image_sha256));
  }
  return std::move(*image);
}

[[noreturn]] void differ(const std::string& what, const std::string& manifest,
                         const std::string& image) {
  throw HttpError(Problem::facts_differ,
                  what + ": the manifest says " + manifest + ", the image " + image);
}

void check_blocks(const Manifest& manifest, Bytes image, Crypto& crypto) {
  for (uint32_t i = 0; i < manifest.block_count(); ++i) {
    const size_t offset = size_t{i} * manifest.block_size_bytes;
    const Digest actual = require(sha256(crypto, image.part(offset, manifest.block_size_bytes)),
                                  "can't hash a block");
    uint8_t expected[kBlockDigestSize];
    const Error error = manifest.block_digest(i, expected);
    if (error != Error::ok || Bytes(expected) != Bytes(actual.bytes).part(0, kBlockDigestSize)) {
      throw HttpError(Problem::facts_differ,
                      "block " + std::to_string(i) + ": the manifest's hash is not the image's");
    }
  }
}

void check_facts(const Manifest& manifest, const ImageReport& report) {
  if (manifest.image_size_bytes != report.size_bytes) {
    differ("size", std::to_string(manifest.image_size_bytes), std::to_string(report.size_bytes));
  }
  if (manifest.chip != report.header.chip) {
    differ("chip", to_string(chip_name(manifest.chip)), to_string(chip_name(report.header.chip)));
  }
  if (manifest.app_elf_sha256 != report.app_elf_sha256) {
    differ("app_elf_sha256", hex_of(manifest.app_elf_sha256), hex_of(report.app_elf_sha256));
  }
  const ImageHeader& header = report.header;
  if (manifest.revision_min < header.revision_lowest() ||
      manifest.revision_max > header.revision_highest()) {
    differ("chip revisions",
           std::to_string(manifest.revision_min) + " to " + std::to_string(manifest.revision_max),
           std::to_string(header.revision_lowest()) + " to " +
               std::to_string(header.revision_highest()));
  }
  // Without a marker the image's own version may be a constant of the build system's.
  if (!report.marker.has_value()) return;
  if (manifest.product != Text(report.marker->product)) {
    differ("product", to_string(manifest.product), report.marker->product);
  }
  if (manifest.version != Text(report.marker->version)) {
    differ("version", to_string(manifest.version), report.marker->version);
  }
}

void check_image(const Manifest& manifest, Bytes image, Crypto& crypto) {
  try {
    check_facts(manifest, inspect_image(image));
  } catch (const ImageRefused& refused) {
    throw HttpError(refused.error, refused.what());
  }
  check_blocks(manifest, image, crypto);
}

void store_release(const Call& call, const Release& release) {
  switch (call.backend.store.add_release(release)) {
    case AddRelease::added:
      return;
    case AddRelease::version_used:
      throw HttpError(Problem::version_used,
                      release.product + " has a release " + release.version + " already");
    case AddRelease::sequence_used:
      throw HttpError(Problem::sequence_used, "sequence " + std::to_string(release.sequence) +
                                                  " is not above the last of " + release.product);
    case AddRelease::chip_differs:
      throw HttpError(Error::wrong_chip, "the product is for another chip than " + release.chip);
  }
}

Release make_release(const Call& call, const Manifest& manifest, const Product& product,
                     Bytes image) {
  Release release;
  release.product = product.name;
  release.channel = to_string(manifest.channel);
  release.version = to_string(manifest.version);
  release.sequence = manifest.sequence;
  release.chip = to_string(chip_name(manifest.chip));
  release.size_bytes = manifest.image_size_bytes;
  release.image_sha256 = manifest.image_sha256;
  release.app_elf_sha256 = manifest.app_elf_sha256;
  release.image_hmac = require(hmac_sha256(call.crypto, as_bytes(product.hmac_secret), image),
                               "can't make the image's HMAC");
  release.created_s = call.now_s;
  release.published_by = call.who.account;
  return release;
}

boost::json::object document_of(const Release& release) {
  return {{"product", release.product},
          {"channel", release.channel},
          {"version", release.version},
          {"sequence", release.sequence},
          {"sha256", hex_of(release.image_sha256)},
          {"manifest", hex_of(release.manifest_sha256)},
          {"pending", release.is_pending},
          {"staged", release.is_staged}};
}

// What a release without a manifest is known by.
Digest unsigned_id(const Call& call, const Release& release) {
  const std::string text = "unsigned " + release.product + " " + release.version + " " +
                           std::string(hex_of(release.image_sha256));
  return require(sha256(call.crypto, as_bytes(text)), "can't hash a name");
}

// Within make_change().
Response publish(const Call& call, Release& release) {
  const Product product = product_of(call, release.product);
  release.is_pending = product.needs_approval;
  // Rollouts go by manifests.
  release.is_staged = !release.envelope.empty() && (release.is_staged || product.is_staged);
  store_release(call, release);
  call.backend.log.info("Release published", {{"product", release.product},
                                              {"version", release.version},
                                              {"sequence", std::to_string(release.sequence)},
                                              {"remote", call.request.remote}});
  call.events.push_back({"release",
                         release.product,
                         {{"product", release.product},
                          {"channel", release.channel},
                          {"version", release.version},
                          {"sequence", release.sequence}}});
  call.afterwards.push_back([&call] {  // devices will ask for patches to it
    PatchWorks* const works = call.backend.patches;
    if (works != nullptr) works->get_ready(call.backend.store, call.now_s);
  });
  const boost::json::object document = document_of(release);
  call.change = {"Release published", release.product + " " + release.version, nullptr, document};
  return json_response(201, document);
}

// Of a manifest that was verified, and an image that is among the blobs.
Release checked_release(const Call& call, const std::vector<uint8_t>& frame,
                        const Manifest& manifest) {
  const Product product = product_of(call, to_string(manifest.product));
  check_against_product(manifest, product);
  check_configuration(call, manifest, product);
  const std::vector<uint8_t> image = read_image(call, manifest);
  check_image(manifest, image, call.crypto);
  Release release = make_release(call, manifest, product, image);
  const Envelope envelope = parse_envelope(frame).value;
  release.manifest_sha256 = require(sha256(call.crypto, envelope.body), "can't hash a manifest");
  release.envelope = frame;
  return release;
}

// Nobody asks for a signature there.
void require_plain_mode(const Call& call, const std::string& name) {
  Store& store = call.backend.store;
  const std::vector<DeviceSummary> enrolled =
      store.devices({.product = name, .standing = Standing::enrolled, .count_max = 1});
  if (product_of(call, name).allows_plain && enrolled.empty()) return;
  throw HttpError(Problem::forbidden,
                  "nobody has signed it, and " + name +
                      " is not in plain mode: `otter publish`, or put what `otter sign` writes "
                      "beside it under the same name with .json");
}

// The product of an unsigned image.
Product plain_product(const Call& call, const ImageReport& report) {
  const std::vector<ProductSummary> all = call.backend.store.products({.count_max = 2});
  if (!report.marker.has_value() && all.size() != 1) {
    throw HttpError(Problem::invalid_field,
                    "the image does not say of which product it is (OTTER_FIRMWARE), and there "
                    "is not one alone: `otter publish` does");
  }
  return product_of(call, report.marker.has_value() ? report.marker->product : all[0].product.name);
}

// Of what the image says itself.
Release plain_release(const Call& call, const std::string& version, Bytes image) {
  const ImageReport report = inspect_image(image);
  const Product product = plain_product(call, report);
  Manifest manifest;
  manifest.product = product.name;
  manifest.channel = "stable";
  manifest.version = report.marker.has_value() ? Text(report.marker->version) : Text(version);
  const bool has_number = !version.empty() && version[0] >= '0' && version[0] <= '9';
  if (!report.marker.has_value() && (!has_number || !is_version(manifest.version))) {
    throw HttpError(Problem::invalid_field,
                    "its name says no version: it must be as firmware_v1.0.2.bin");
  }
  manifest.chip = report.header.chip;
  manifest.image_size_bytes = report.size_bytes;
  manifest.image_sha256 = report.sha256;
  manifest.app_elf_sha256 = report.app_elf_sha256;
  manifest.sequence = next_sequence(call.backend.store, product.name, "stable");
  check_against_product(manifest, product);
  Release release = make_release(call, manifest, product, image);
  release.manifest_sha256 = unsigned_id(call, release);
  return release;
}

}  // namespace

Response add_release(const Call& call) {
  const boost::json::object body = parse_json_body(call.request);
  const std::string notes = string_field_or_empty(body, "notes", kNotesSizeMax);
  const std::vector<uint8_t> frame = envelope_frame(object_field(body, "envelope"));
  const Manifest manifest = verified_manifest(call, parse_envelope(frame).value);
  require_product(call, to_string(manifest.product));
  Release release = checked_release(call, frame, manifest);
  release.notes = notes;
  release.is_staged = flag_field(body, "staged");
  // All that takes long is done: reports wait for what follows.
  return make_change(call, [&] { return publish(call, release); });
}

void take_file(const Call& call, const NewRelease& file, Bytes image) {
  const bool is_signed = !file.envelope.empty();
  Manifest manifest;
  if (is_signed) manifest = verified_manifest(call, parse_envelope(file.envelope).value);
  Release release;
  if (!is_signed) release = plain_release(call, file.version, image);
  const Digest sha256_of = require(sha256(call.crypto, image), "can't hash an image");
  if (is_signed && sha256_of != manifest.image_sha256) {
    throw HttpError(Problem::hash_differs, "the manifest beside it is of another image");
  }
  const std::string product = is_signed ? to_string(manifest.product) : release.product;
  const std::string version = is_signed ? to_string(manifest.version) : release.version;
  const std::vector<ReleasePtr> known = call.backend.store.releases(
      {.product = product, .version = version, .image_sha256 = sha256_of, .with_pending = true});
  if (!known.empty()) return;
  if (!is_signed) require_plain_mode(call, product);
  call.backend.blobs.put(sha256_of, image, call.crypto);
  if (is_signed) release = checked_release(call, file.envelope, manifest);
  make_change(call, [&] { return publish(call, release); });
}

}  // namespace otter::server
