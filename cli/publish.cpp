// `otter publish`: from a firmware file to a release that devices may be offered. Everything that
// can be refused is refused before the first byte is sent.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/answer.h"
#include "cli/clock.h"
#include "cli/files.h"
#include "cli/image_text.h"
#include "cli/patch_lines.h"
#include "cli/publish_checks.h"
#include "cli/verbs.h"
#include "ota/wire/device_facts.h"
#include "publish/text.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr size_t kFileSizeMax = 64 * 1024 * 1024;   // [bytes] a whole flash chip's contents
constexpr size_t kEnvelopeFileSizeMax = 64 * 1024;  // [bytes]
constexpr size_t kNotesSizeMax = 8 * 1024;          // [bytes] what the server takes
constexpr int64_t kSecondsPerDay = 24 * 3600;
constexpr int64_t kExpiresDaysMax = 36500;

struct PublishOptions {
  std::string file;
  std::string config;
  ManifestOptions manifest;
  int64_t expires_days = 0;
  uint64_t min_slot_bytes = 0;
  uint32_t configuration = 0;  // version; 0: none
  std::string notes;
  std::string notes_file;
  bool is_staged = false;
  std::string key;
  std::string out_manifest;
  std::string envelope;
  bool dry_run = false;
  bool image_only = false;
  bool json = false;
};

struct Image {
  std::vector<uint8_t> bytes;
  ImageReport report;
};

std::string hex(const Digest& digest) { return to_hex(digest).characters; }

Image load_image(const std::string& path) {
  Image image;
  image.bytes = read_file(path, kFileSizeMax);
  try {
    image.report = inspect_image(image.bytes);
  } catch (const ImageRefused& refusal) {
    throw std::runtime_error(path + ": " + refusal.what());
  }
  return image;
}

ManifestOptions complete_options(const PublishOptions& options, const ImageReport& report) {
  ManifestOptions out = options.manifest;
  take_from_image(report, &out);
  out.created_s = now_s();
  if (options.expires_days > 0) {
    out.expires_s = out.created_s + options.expires_days * kSecondsPerDay;
  }
  out.min_slot_bytes =
      static_cast<uint32_t>(std::min<uint64_t>(options.min_slot_bytes, UINT32_MAX));
  return out;
}

// An envelope that was signed elsewhere, for this very image.
SignedManifest read_envelope(const std::string& path, const ImageReport& report) {
  const SignedManifest envelope = read_envelope_json(read_text_file(path, kEnvelopeFileSizeMax));
  const Result<Manifest> manifest = parse_manifest(envelope.manifest);
  if (!manifest.ok()) {
    throw std::runtime_error(path +
                             " holds no release manifest: " + string_of(name(manifest.error)));
  }
  if (manifest.value.image_sha256 == report.sha256) return envelope;
  throw std::runtime_error(path + " is of another image, SHA-256 " +
                           hex(manifest.value.image_sha256));
}

// What the envelope's manifest says, for the checks and for the print.
ManifestOptions options_of(const Manifest& manifest) {
  ManifestOptions options;
  options.product = string_of(manifest.product);
  options.channel = string_of(manifest.channel);
  options.version = string_of(manifest.version);
  options.sequence = manifest.sequence;
  options.min_slot_bytes = manifest.min_slot_bytes;
  return options;
}

json::object summary(const SignedManifest& envelope, const ImageReport& report, bool uploaded) {
  const Manifest manifest = parse_manifest(envelope.manifest).value;
  json::array key_ids;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    key_ids.emplace_back(signature.key_id);
  }
  return {{"product", string_of(manifest.product)},
          {"channel", string_of(manifest.channel)},
          {"version", string_of(manifest.version)},
          {"sequence", manifest.sequence},
          {"chip", string_of(chip_name(manifest.chip))},
          {"size", report.size_bytes},
          {"sha256", hex(report.sha256)},
          {"manifest", hex(manifest_digest(envelope.manifest))},
          {"keyids", key_ids},
          {"config_digest", string_of(manifest.config_digest)},
          {"uploaded", uploaded}};
}

std::string key_ids_text(const SignedManifest& envelope) {
  std::string text;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    text += (text.empty() ? "" : ", ") + signature.key_id;
  }
  return text.empty() ? "not signed" : text;
}

void print(const SignedManifest& envelope, const ImageReport& report, const char* done) {
  const Manifest manifest = parse_manifest(envelope.manifest).value;
  std::cout << done << ' ' << string_of(manifest.product) << ' ' << string_of(manifest.version)
            << " to channel " << string_of(manifest.channel) << "\n  chip      "
            << string_of(chip_name(manifest.chip)) << "\n  size      " << report.size_bytes
            << " bytes (" << size_text(report.size_bytes) << ")\n  sha256    " << hex(report.sha256)
            << "\n  sequence  " << manifest.sequence << "\n  manifest  "
            << hex(manifest_digest(envelope.manifest)) << "\n  key       " << key_ids_text(envelope)
            << '\n';
}

void show(const PublishOptions& options, const SignedManifest& envelope,
          const ImageReport& report) {
  if (options.json) {
    std::cout << json::serialize(summary(envelope, report, !options.dry_run)) << '\n';
  } else {
    print(envelope, report, options.dry_run ? "would publish" : "published");
  }
}

// The release, as the server has taken it.
json::object upload(ApiClient& client, const Image& image, const SignedManifest& envelope,
                    const json::object& words) {
  client.upload("/api/v1/blobs/" + hex(image.report.sha256), image.bytes, "uploading");
  json::object body = words;
  body["envelope"] = json::parse(write_envelope_json(envelope));
  return client.post("/api/v1/releases", body).as_object();
}

bool says(const json::object& release, const char* flag) {
  const json::value* value = release.if_contains(flag);
  return value != nullptr && *value == json::value(true);
}

// What has to happen before devices are offered it.
void tell_next(const json::object& release, const std::string& product,
               const std::string& version) {
  if (says(release, "pending")) {
    std::cerr << "pending: no device is offered it until another account approves it "
                 "(otter approve)\n";
  }
  if (says(release, "staged")) {
    std::cerr << "staged: no device is offered it until a rollout begins (otter rollout start "
              << product << " " << version << ")\n";
  }
}

bool waits_for_patches(const json::object& release) {
  const json::value* const pending = release.if_contains("patches_pending");
  return pending != nullptr && *pending != json::value(0);
}

// Patches to it are made for what the fleet runs. Those of a large fleet take longer than anybody
// wants to wait; `otter release show` tells.
void tell_patches(ApiClient& client, const std::string& product, const std::string& version) {
  constexpr auto kPause = std::chrono::milliseconds(250);
  constexpr int kTriesMax = 60;
  const std::string target = "/api/v1/releases/" + url_encode(product) + "/" + url_encode(version);
  json::object release = client.get(target).as_object();
  for (int i = 0; i < kTriesMax && waits_for_patches(release); ++i) {
    std::this_thread::sleep_for(kPause);
    release = client.get(target).as_object();
  }
  for (const std::string& line : patch_lines(release)) std::cout << "  patch     " << line << '\n';
  if (!waits_for_patches(release)) return;
  std::cout << "  patches   are still being made (otter release show " << product << ' ' << version
            << ")\n";
}

// The manifest names a configuration by its SHA-256, people by its version.
void take_configuration(ApiClient& client, const PublishOptions& options,
                        ManifestOptions* manifest) {
  if (options.configuration == 0) return;
  const json::value answer = client.get("/api/v1/products/" + url_encode(manifest->product) +
                                        "/config?version=" + std::to_string(options.configuration));
  manifest->config_digest = std::string(answer.at("sha256").as_string());
}

// Writes the manifest for a signature made elsewhere. With a sequence given, and no configuration,
// it needs no server.
void prepare_manifest(const PublishOptions& options, const Image& image) {
  ManifestOptions manifest = complete_options(options, image.report);
  if (manifest.sequence == 0 || options.configuration != 0) {
    ApiClient client(load_profile(options.config));
    take_configuration(client, options, &manifest);
    const ProductFacts facts = ask_product(client, manifest);
    if (manifest.sequence == 0) manifest.sequence = facts.next_sequence;
    check_fit(image.report, manifest, facts);
  }
  write_file(options.out_manifest, as_bytes(build_manifest(image.report, image.bytes, manifest)));
  std::cout << options.out_manifest << ": manifest of " << manifest.product << ' '
            << manifest.version << ", sequence " << manifest.sequence
            << "; sign it with `otter sign`, then `otter publish --envelope`\n";
}

SignedManifest envelope_to_publish(const PublishOptions& options, const Image& image,
                                   const Profile& profile, ApiClient& client) {
  if (!options.envelope.empty()) {
    const SignedManifest envelope = read_envelope(options.envelope, image.report);
    const ManifestOptions stated = options_of(parse_manifest(envelope.manifest).value);
    const ProductFacts facts = ask_product(client, stated);
    check_fit(image.report, stated, facts);
    check_keys(envelope, facts);
    return envelope;
  }
  ManifestOptions manifest = complete_options(options, image.report);
  const ProductFacts facts = ask_product(client, manifest);
  if (manifest.sequence == 0) manifest.sequence = facts.next_sequence;
  check_fit(image.report, manifest, facts);
  take_configuration(client, options, &manifest);
  const SignedManifest envelope =
      sign_manifest(build_manifest(image.report, image.bytes, manifest),
                    options.key.empty() ? profile.key_file : options.key);
  check_keys(envelope, facts);
  return envelope;
}

// The server has lost it, or it was damaged; the release stays as it is.
void put_image_back(const PublishOptions& options, const Image& image) {
  const ManifestOptions manifest = complete_options(options, image.report);
  ApiClient client(load_profile(options.config));
  const std::string name = manifest.product + " " + manifest.version;
  const json::value release = client.get("/api/v1/releases/" + url_encode(manifest.product) + "/" +
                                         url_encode(manifest.version));
  if (release.at("sha256").as_string() != hex(image.report.sha256)) {
    throw std::runtime_error("the image of " + name + " is another one than " + options.file);
  }
  client.upload("/api/v1/blobs/" + hex(image.report.sha256), image.bytes, "uploading");
  if (options.json) {
    std::cout << json::serialize(json::object{{"product", manifest.product},
                                              {"version", manifest.version},
                                              {"sha256", hex(image.report.sha256)}})
              << '\n';
  } else {
    std::cout << "put the image of " << name << " back\n";
  }
}

std::string read_notes(const PublishOptions& options) {
  const std::string notes = options.notes_file.empty()
                                ? options.notes
                                : read_text_file(options.notes_file, kNotesSizeMax);
  if (notes.size() <= kNotesSizeMax) return notes;
  throw std::runtime_error("the release notes are longer than 8192 bytes");
}

void publish(const PublishOptions& options) {
  const std::string notes = read_notes(options);
  const Image image = load_image(options.file);
  if (!options.out_manifest.empty()) return prepare_manifest(options, image);
  if (options.image_only) return put_image_back(options, image);
  const Profile profile = load_profile(options.config);
  ApiClient client(profile);
  const SignedManifest envelope = envelope_to_publish(options, image, profile, client);
  if (options.dry_run) return show(options, envelope, image.report);
  const json::object release =
      upload(client, image, envelope, {{"notes", notes}, {"staged", options.is_staged}});
  show(options, envelope, image.report);
  const std::string product = shown(release, "product");
  const std::string version = shown(release, "version");
  if (!options.json) tell_patches(client, product, version);
  tell_next(release, product, version);
}

void add_release_options(CLI::App* command, PublishOptions* options) {
  ManifestOptions& manifest = options->manifest;
  command->add_option("--product", manifest.product, "Else the image's project name or marker");
  command->add_option("--channel", manifest.channel, "Who gets it")->capture_default_str();
  command->add_option("--version", manifest.version, "Else the image's version or marker");
  command->add_option("--sequence", manifest.sequence, "Else the server's next")
      ->check(CLI::Range(int64_t{1}, kSequenceMax));
  command->add_option("--min-from-version", manifest.min_from_version,
                      "The lowest running version that may update to it");
  command->add_flag("--allow-downgrade", manifest.allow_downgrade,
                    "Let devices install it over a higher version");
  command->add_option("--expires-days", options->expires_days, "Days until no device takes it")
      ->check(CLI::Range(int64_t{1}, kExpiresDaysMax));
  command->add_option("--hardware", manifest.hardware, "Only for this hardware (repeatable)");
  command->add_option("--layout", manifest.layouts, "Only for this partition layout (repeatable)");
  command
      ->add_option("--configuration", options->configuration,
                   "The configuration that comes with it: a version (`otter config add`)")
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX));
  command->add_option("--min-slot", options->min_slot_bytes, "Smallest slot, such as 1M")
      ->transform(CLI::AsSizeValue(false));
}

void add_signing_options(CLI::App* command, PublishOptions* options) {
  CLI::Option* key = command->add_option("--key", options->key,
                                         "Private key (PEM); else publish.key of otter.toml");
  CLI::Option* prepare = command->add_option("--out-manifest", options->out_manifest,
                                             "Only write the manifest, to be signed elsewhere");
  CLI::Option* envelope = command->add_option("--envelope", options->envelope,
                                              "Publish with this envelope (`otter sign`)");
  envelope->excludes(command->get_option("--configuration"));
  envelope->excludes(key)->excludes(prepare);
  prepare->excludes(key);
}

}  // namespace

void add_publish(CLI::App& app) {
  const auto options = std::make_shared<PublishOptions>();
  CLI::App* command = app.add_subcommand("publish", "Check, sign and upload a firmware release");
  command->add_option("file", options->file, "The image, such as build/firmware.bin")->required();
  add_release_options(command, options.get());
  command->add_flag("--staged", options->is_staged, "Offer it by a rollout alone (otter rollout)");
  CLI::Option* notes = command->add_option("--notes", options->notes, "Release notes");
  command->add_option("--notes-file", options->notes_file, "Release notes from a file")
      ->excludes(notes);
  add_signing_options(command, options.get());
  command->add_flag("--image-only", options->image_only,
                    "Only put the image of a release back that the server has lost");
  command->add_flag("--dry-run", options->dry_run, "Check everything, upload nothing");
  command->add_option("--config", options->config, "otter.toml; else OTTER_CONFIG or ./otter.toml");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example: otter publish build/firmware.bin --notes \"Fixes the fan\"");
  command->callback([options] { publish(*options); });
}

}  // namespace otter::cli
