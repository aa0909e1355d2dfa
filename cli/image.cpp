// `otter image`: what a firmware file says of itself, and files made for trying things.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/files.h"
#include "cli/image_text.h"
#include "cli/verbs.h"
#include "publish/image_maker.h"

namespace otter::cli {
namespace {

constexpr size_t kFileSizeMax = 64 * 1024 * 1024;  // [bytes] a whole flash chip's contents

struct InfoOptions {
  std::string file;
  bool json = false;
};

struct MakeOptions {
  ImageRecipe recipe;
  std::string chip;
  std::string out;
  uint64_t size_bytes = 256 * 1024;
  bool json = false;
};

ImageReport describe_file(const std::string& path) {
  const std::vector<uint8_t> file = read_file(path, kFileSizeMax);
  try {
    return describe_image(file);
  } catch (const ImageRefused& refusal) {
    throw std::runtime_error(path + ": " + refusal.what());
  }
}

void show_info(const InfoOptions& options) {
  const ImageReport report = describe_file(options.file);
  if (options.json) {
    std::cout << boost::json::serialize(image_json(report)) << '\n';
  } else {
    std::cout << image_text(report, options.file);
  }
}

void make_file(const MakeOptions& options) {
  ImageRecipe recipe = options.recipe;
  const Chip* chip = find_chip(Text(options.chip));
  if (chip == nullptr) {
    throw std::runtime_error("no chip '" + options.chip + "'; esp32c3, for example, is one");
  }
  recipe.chip = chip->id;
  recipe.size_bytes = static_cast<uint32_t>(std::min<uint64_t>(options.size_bytes, UINT32_MAX));
  const std::vector<uint8_t> image = make_image(recipe);
  write_file(options.out, image);
  if (options.json) {
    return print_json({{"file", options.out},
                       {"product", recipe.product},
                       {"version", recipe.version},
                       {"chip", options.chip},
                       {"bytes", image.size()}});
  }
  std::cout << options.out << ": " << recipe.product << ' ' << recipe.version << " for "
            << options.chip << ", " << size_text(image.size()) << ", " << recipe.behaviour << '\n';
}

void add_info(CLI::App& image) {
  const auto options = std::make_shared<InfoOptions>();
  CLI::App* info = image.add_subcommand("info", "Show all that an application image says");
  info->add_option("file", options->file, "The image, such as build/firmware.bin")->required();
  info->add_flag("--json", options->json, "Print JSON");
  info->footer("Example: otter image info build/firmware.bin");
  info->callback([options] { show_info(*options); });
}

void add_make(CLI::App& image) {
  const auto options = std::make_shared<MakeOptions>();
  ImageRecipe& recipe = options->recipe;
  CLI::App* make = image.add_subcommand("make", "Make an image for trying things; no chip runs it");
  make->add_option("--chip", options->chip, "esp32, esp32c3, esp32s3, ...")->required();
  make->add_option("--project", recipe.product, "The product's name")->required();
  make->add_option("--version", recipe.version, "Such as 1.0.1")->required();
  make->add_option("--size", options->size_bytes, "Of the file, such as 300K or 1M")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("256K");
  make->add_option("--behaviour", recipe.behaviour,
                   "Of a simulated board: healthy, crash, hang, selftest-fail or no-network")
      ->capture_default_str();
  make->add_option("--secure-version", recipe.secure_version, "For anti-rollback")
      ->capture_default_str();
  make->add_option("--min-rev", recipe.min_revision, "Lowest chip revision: major * 100 + minor")
      ->capture_default_str();
  make->add_option("--max-rev", recipe.max_revision, "Highest chip revision; 65535: any")
      ->capture_default_str();
  make->add_option("--seed", recipe.seed, "Another seed makes an unrelated build")
      ->capture_default_str();
  make->add_option("-o,--out", options->out, "The file to write")->required();
  make->add_flag("--json", options->json, "Print JSON");
  make->footer("Example: otter image make --chip esp32c3 --project demo --version 1.0.1 -o fw.bin");
  make->callback([options] { make_file(*options); });
}

}  // namespace

void add_image(CLI::App& app) {
  CLI::App* image = app.add_subcommand("image", "Inspect and make application images");
  image->require_subcommand(1);
  add_info(*image);
  add_make(*image);
}

}  // namespace otter::cli
