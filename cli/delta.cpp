// `otter delta`: patches from one file to another, as devices take them.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <iostream>
#include <memory>

#include "cli/files.h"
#include "cli/image_text.h"
#include "cli/verbs.h"
#include "publish/patch_maker.h"
#include "publish/text.h"

namespace otter::cli {
namespace {

constexpr size_t kPatchFileSizeMax = kPatchHeaderSize + size_t{kPatchPayloadSizeMax};

struct MakeOptions {
  std::string base;
  std::string result;
  std::string out;
  uint32_t profile_kib = 32;
  int tries = PatchOptions().tries;
  bool json = false;
};

struct ApplyOptions {
  std::string base;
  std::string patch;
  std::string out;
};

struct InfoOptions {
  std::string patch;
  bool json = false;
};

// "-": none.
std::vector<uint8_t> read_base(const std::string& path) {
  if (path == "-") return {};
  return read_file(path, kPatchImageSizeMax);
}

PatchHeader header_of(const std::string& path, Bytes patch) {
  const Result<PatchHeader> header = parse_patch_header(patch);
  if (!header.ok()) throw std::runtime_error(path + ": " + string_of(meaning(header.error)));
  return header.value;
}

boost::json::object json_of(const PatchHeader& header) {
  boost::json::object json;
  json["method"] = string_of(name(header.method));
  json["memory"] = header.memory_size;
  json["base_size"] = header.base_size;
  if (header.base_size > 0) json["base_sha256"] = string_of(to_hex(header.base_sha256));
  json["result_size"] = header.result_size;
  json["result_sha256"] = string_of(to_hex(header.result_sha256));
  json["patch_size"] = kPatchHeaderSize + header.payload_size;
  return json;
}

std::string saving_text(const PatchHeader& header) {
  const double part =
      header.result_size == 0
          ? 1
          : static_cast<double>(kPatchHeaderSize + header.payload_size) / header.result_size;
  char text[16];
  snprintf(text, sizeof(text), "%.2f %%", part * 100);
  return text;
}

void show_progress(int done, int count) {
  std::cerr << "\rway " << done + 1 << " of " << count << " ..." << std::flush;
}

void make(const MakeOptions& options) {
  PatchOptions wanted;
  wanted.memory_size = options.profile_kib * 1024;
  wanted.tries = options.tries;
  const bool is_watched = !options.json && isatty(STDERR_FILENO) != 0;
  if (is_watched) wanted.progress = show_progress;
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<uint8_t> base = read_base(options.base);
  const std::vector<uint8_t> result = read_file(options.result, kPatchImageSizeMax);
  const std::vector<uint8_t> patch = make_patch(base, result, wanted);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (is_watched) std::cerr << "\r\033[K";
  write_file(options.out, patch);
  const PatchHeader header = header_of(options.out, patch);
  if (options.json) {
    boost::json::object json = json_of(header);
    json["seconds"] = seconds.count();
    std::cout << boost::json::serialize(json) << '\n';
    return;
  }
  std::cout << options.out << ": " << size_text(patch.size()) << ", " << saving_text(header)
            << " of " << size_text(result.size()) << "; proved\n";
}

void apply(const ApplyOptions& options) {
  const std::vector<uint8_t> base = read_base(options.base);
  const std::vector<uint8_t> patch = read_file(options.patch, kPatchFileSizeMax);
  const std::vector<uint8_t> result = apply_patch(base, patch);
  write_file(options.out, result);
  std::cout << options.out << ": " << size_text(result.size()) << ", SHA-256 as promised\n";
}

void show_info(const InfoOptions& options) {
  const std::vector<uint8_t> patch = read_file(options.patch, kPatchFileSizeMax);
  const PatchHeader header = header_of(options.patch, patch);
  if (options.json) {
    std::cout << boost::json::serialize(json_of(header)) << '\n';
    return;
  }
  const std::string base = header.base_size == 0 ? "none"
                                                 : size_text(header.base_size) + ", SHA-256 " +
                                                       string_of(to_hex(header.base_sha256));
  std::cout << "method     " << string_of(name(header.method)) << '\n'
            << "base       " << base << '\n'
            << "result     " << size_text(header.result_size) << ", SHA-256 "
            << string_of(to_hex(header.result_sha256)) << '\n'
            << "patch      " << size_text(kPatchHeaderSize + header.payload_size) << ", "
            << saving_text(header) << " of the result\n"
            << "memory     " << size_text(header.memory_size) << " on the device\n";
}

void add_make(CLI::App& delta) {
  const auto options = std::make_shared<MakeOptions>();
  CLI::App* make_verb = delta.add_subcommand("make", "Make a patch from one image to another");
  make_verb->add_option("old", options->base, "What runs on devices; - for a first update")
      ->required();
  make_verb->add_option("new", options->result, "What shall run on them")->required();
  make_verb->add_option("-o,--out", options->out, "The patch")->required();
  make_verb->add_option("--profile", options->profile_kib, "KiB of the device's memory")
      ->check(CLI::IsMember({16, 32, 64}))
      ->capture_default_str();
  make_verb->add_option("--tries", options->tries, "Ways to look for it; the smallest is kept")
      ->check(CLI::Range(1, 6))
      ->capture_default_str();
  make_verb->add_flag("--json", options->json, "Print JSON");
  make_verb->footer("Example: otter delta make 1.0.0.bin 1.0.1.bin -o 1.0.1.patch");
  make_verb->callback([options] { make(*options); });
}

void add_apply(CLI::App& delta) {
  const auto options = std::make_shared<ApplyOptions>();
  CLI::App* apply_verb = delta.add_subcommand("apply", "Make an image from a patch, as devices do");
  apply_verb->add_option("old", options->base, "The image that it was made from; - for none")
      ->required();
  apply_verb->add_option("patch", options->patch, "The patch")->required();
  apply_verb->add_option("-o,--out", options->out, "The image to write")->required();
  apply_verb->footer("Example: otter delta apply 1.0.0.bin 1.0.1.patch -o 1.0.1.bin");
  apply_verb->callback([options] { apply(*options); });
}

void add_info(CLI::App& delta) {
  const auto options = std::make_shared<InfoOptions>();
  CLI::App* info = delta.add_subcommand("info", "Show what a patch says of itself");
  info->add_option("patch", options->patch, "The patch")->required();
  info->add_flag("--json", options->json, "Print JSON");
  info->footer("Example: otter delta info 1.0.1.patch");
  info->callback([options] { show_info(*options); });
}

}  // namespace

void add_delta(CLI::App& app) {
  CLI::App* delta = app.add_subcommand("delta", "Make, apply and inspect patches");
  delta->require_subcommand(1);
  add_make(*delta);
  add_apply(*delta);
  add_info(*delta);
}

}  // namespace otter::cli
