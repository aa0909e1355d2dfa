// `otter publish`: from a firmware file to a release that devices may be offered. Everything that
// can be refused is refused before the first byte is sent.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>

#include "cli/api_client.h"
#include "cli/files.h"
#include "cli/image_text.h"
#include "cli/verbs.h"
#include "ota/wire/version.h"
#include "publish/envelope.h"
#include "publish/manifest_builder.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr size_t kFileSizeMax = 64 * 1024 * 1024;  // [bytes] a whole flash chip's contents
constexpr size_t kTextSizeMax = 64 * 1024;         // [bytes] of notes, of an envelope
constexpr int64_t kSecondsPerDay = 24 * 3600;

struct PublishOptions {
  std::string file;
  std::string config;
  ManifestOptions manifest;
  int64_t expires_days = 0;
  uint64_t min_slot_bytes = 0;
  std::string notes;
  std::string notes_file;
  std::string key;
  std::string out_manifest;
  std::string envelope;
  bool dry_run = false;
  bool json = false;
};

struct Image {
  std::vector<uint8_t> bytes;
  ImageReport report;
};

// What the server knows of the product.
struct ProductFacts {
  std::string chip;  // empty: fixed by the first release
  uint64_t slot_bytes = 0;
  uint64_t smallest_slot_bytes = 0;  // that a device reported; 0: none did
  uint64_t next_sequence = 1;
};

std::string str(Text text) { return std::string(text.data, text.size); }

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

// Arduino builds without a marker carry the name and version of the prebuilt libraries.
bool is_arduino_default(const ImageReport& report) {
  return !report.marker && report.project_name.ends_with("arduino-lib-builder");
}

// The version and product of the options; else what the firmware states.
void take_from_image(const ImageReport& report, ManifestOptions* options) {
  if (is_arduino_default(report) && (options->product.empty() || options->version.empty())) {
    throw std::runtime_error(
        "the image states only the name and version of the prebuilt Arduino libraries: say "
        "--product and --version");
  }
  if (options->product.empty()) options->product = report.stated_product();
  if (options->version.empty()) options->version = report.stated_version();
  if (!is_identifier(options->product)) {
    throw std::runtime_error("the image names no product ('" + options->product +
                             "'): say --product");
  }
  if (is_version(options->version)) return;
  throw std::runtime_error("the image's version '" + options->version +
                           "' can't be a release's: say --version, such as 1.0.1");
}

uint64_t number(const json::value& object, const char* key) {
  return object.at(key).to_number<uint64_t>();
}

ProductFacts ask_product(ApiClient& client, const ManifestOptions& options) {
  json::value answer;
  try {
    answer = client.get("/api/v1/products/" + url_encode(options.product) +
                        "?channel=" + url_encode(options.channel));
  } catch (const ApiError& error) {
    if (error.status != 404) throw;
    throw std::runtime_error("the server has no product '" + options.product +
                             "': make it with `otter product add " + options.product +
                             "`, or say --product");
  }
  ProductFacts facts;
  const json::value& chip = answer.at("chip");
  if (chip.is_string()) facts.chip = std::string(chip.as_string());
  facts.slot_bytes = number(answer, "slot_bytes");
  facts.smallest_slot_bytes = number(answer, "smallest_slot_bytes");
  facts.next_sequence = number(answer, "next_sequence");
  return facts;
}

void check_slot(uint32_t size, uint64_t slot, const std::string& whose) {
  if (slot == 0 || size <= slot) return;
  throw std::runtime_error("the image of " + std::to_string(size) + " bytes does not fit " + whose +
                           " of " + std::to_string(slot) + " bytes");
}

// Refuses what no device of the product could take.
void check_fit(const ImageReport& report, const ManifestOptions& options,
               const ProductFacts& facts) {
  const std::string chip = str(chip_name(report.header.chip));
  if (!facts.chip.empty() && facts.chip != chip) {
    throw std::runtime_error("the image is for " + chip + ", but product '" + options.product +
                             "' is for " + facts.chip);
  }
  check_slot(report.size_bytes, facts.slot_bytes, "the slot of product '" + options.product + "'");
  check_slot(report.size_bytes, facts.smallest_slot_bytes, "the smallest slot in the fleet");
  if (options.sequence >= facts.next_sequence) return;
  throw std::runtime_error("sequence " + std::to_string(options.sequence) +
                           " is used: the next of channel '" + options.channel + "' is " +
                           std::to_string(facts.next_sequence));
}

int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
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
  const SignedManifest envelope = read_envelope_json(read_text_file(path, kTextSizeMax));
  const Result<Manifest> manifest = parse_manifest(envelope.manifest);
  if (!manifest.ok()) {
    throw std::runtime_error(path + " holds no release manifest: " + str(name(manifest.error)));
  }
  if (manifest.value.image_sha256 == report.sha256) return envelope;
  throw std::runtime_error(path + " is of another image, SHA-256 " +
                           hex(manifest.value.image_sha256));
}

// What the envelope's manifest says, for the checks and for the print.
ManifestOptions options_of(const Manifest& manifest) {
  ManifestOptions options;
  options.product = str(manifest.product);
  options.channel = str(manifest.channel);
  options.version = str(manifest.version);
  options.sequence = manifest.sequence;
  return options;
}

json::object summary(const SignedManifest& envelope, const ImageReport& report, bool uploaded) {
  const Manifest manifest = parse_manifest(envelope.manifest).value;
  json::array key_ids;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    key_ids.emplace_back(signature.key_id);
  }
  return {{"product", str(manifest.product)},
          {"channel", str(manifest.channel)},
          {"version", str(manifest.version)},
          {"sequence", manifest.sequence},
          {"chip", str(chip_name(manifest.chip))},
          {"size", report.size_bytes},
          {"sha256", hex(report.sha256)},
          {"manifest", hex(manifest_digest(envelope.manifest))},
          {"keyids", key_ids},
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
  std::cout << done << ' ' << str(manifest.product) << ' ' << str(manifest.version)
            << " to channel " << str(manifest.channel) << "\n  chip      "
            << str(chip_name(manifest.chip)) << "\n  size      " << report.size_bytes << " bytes ("
            << size_text(report.size_bytes) << ")\n  sha256    " << hex(report.sha256)
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

void upload(ApiClient& client, const Image& image, const SignedManifest& envelope,
            const std::string& notes) {
  client.put_blob("/api/v1/blobs/" + hex(image.report.sha256), image.bytes);
  client.post(
      "/api/v1/releases",
      json::object{{"envelope", json::parse(write_envelope_json(envelope))}, {"notes", notes}});
}

// Writes the manifest for a signature made elsewhere. With a sequence given it needs no server.
void prepare_manifest(const PublishOptions& options, const Image& image) {
  ManifestOptions manifest = complete_options(options, image.report);
  if (manifest.sequence == 0) {
    ApiClient client(load_profile(options.config));
    const ProductFacts facts = ask_product(client, manifest);
    manifest.sequence = facts.next_sequence;
    check_fit(image.report, manifest, facts);
  }
  write_file(options.out_manifest, as_bytes(build_manifest(image.report, image.bytes, manifest)));
  std::cout << options.out_manifest << ": manifest of " << manifest.product << ' '
            << manifest.version << ", sequence " << manifest.sequence
            << "; sign it with `otter sign`, then `otter publish --envelope`\n";
}

SignedManifest signed_manifest(const PublishOptions& options, const Image& image,
                               const Profile& profile, ApiClient& client) {
  if (!options.envelope.empty()) {
    const SignedManifest envelope = read_envelope(options.envelope, image.report);
    const ManifestOptions stated = options_of(parse_manifest(envelope.manifest).value);
    check_fit(image.report, stated, ask_product(client, stated));
    return envelope;
  }
  ManifestOptions manifest = complete_options(options, image.report);
  const ProductFacts facts = ask_product(client, manifest);
  if (manifest.sequence == 0) manifest.sequence = facts.next_sequence;
  check_fit(image.report, manifest, facts);
  const std::string text = build_manifest(image.report, image.bytes, manifest);
  return sign_manifest(text, options.key.empty() ? profile.key_file : options.key);
}

void publish(const PublishOptions& options) {
  const std::string notes =
      options.notes_file.empty() ? options.notes : read_text_file(options.notes_file, kTextSizeMax);
  const Image image = load_image(options.file);
  if (!options.out_manifest.empty()) return prepare_manifest(options, image);
  const Profile profile = load_profile(options.config);
  ApiClient client(profile);
  const SignedManifest envelope = signed_manifest(options, image, profile, client);
  if (!options.dry_run) upload(client, image, envelope, notes);
  show(options, envelope, image.report);
}

void add_release_options(CLI::App* command, PublishOptions* options) {
  ManifestOptions& manifest = options->manifest;
  command->add_option("--product", manifest.product, "Else the image's project name or marker");
  command->add_option("--channel", manifest.channel, "Who gets it")->capture_default_str();
  command->add_option("--version", manifest.version, "Else the image's version or marker");
  command->add_option("--sequence", manifest.sequence, "Else the server's next")
      ->check(CLI::PositiveNumber);
  command->add_option("--min-from-version", manifest.min_from_version,
                      "The lowest running version that may update to it");
  command->add_flag("--allow-downgrade", manifest.allow_downgrade,
                    "Let devices install it over a higher version");
  command->add_option("--expires-days", options->expires_days, "Days until no device takes it")
      ->check(CLI::PositiveNumber);
  command->add_option("--hardware", manifest.hardware, "Only for this hardware (repeatable)");
  command->add_option("--layout", manifest.layouts, "Only for this partition layout (repeatable)");
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
  envelope->excludes(key)->excludes(prepare);
  prepare->excludes(key);
}

}  // namespace

void add_publish(CLI::App& app) {
  const auto options = std::make_shared<PublishOptions>();
  CLI::App* command = app.add_subcommand("publish", "Check, sign and upload a firmware release");
  command->add_option("file", options->file, "The image, such as build/firmware.bin")->required();
  add_release_options(command, options.get());
  CLI::Option* notes = command->add_option("--notes", options->notes, "Release notes");
  command->add_option("--notes-file", options->notes_file, "Release notes from a file")
      ->excludes(notes);
  add_signing_options(command, options.get());
  command->add_flag("--dry-run", options->dry_run, "Check everything, upload nothing");
  command->add_option("--config", options->config, "otter.toml; else OTTER_CONFIG or ./otter.toml");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example: otter publish build/firmware.bin --notes \"Fixes the fan\"");
  command->callback([options] { publish(*options); });
}

}  // namespace otter::cli
