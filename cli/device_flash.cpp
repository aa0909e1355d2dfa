// `otter device flash-args`: the command of esptool that writes a new board's whole flash. It reads
// files and prints; it touches no board.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/device_verbs.h"
#include "cli/files.h"
#include "cli/table.h"
#include "ota/esp_image.h"
#include "publish/flash_plan.h"
#include "publish/hex.h"
#include "publish/partition_csv.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

// ESPTOOLPY_FLASHSIZE_128MB, the largest of ESP-IDF v5.5 components/esptool_py/Kconfig.projbuild
constexpr uint32_t kFlashSizeMax = 128 * 1024 * 1024;  // [bytes]
constexpr size_t kTableFileMax = 64 * 1024;            // [bytes]
constexpr size_t kBuildFileMax = 64 * 1024;            // [bytes] of flasher_args.json

struct FlashOptions {
  std::string build;
  std::string chip, bootloader, partitions, otadata, app, nvs, nvs_keys;
  uint32_t table_offset = kPartitionTableOffset;
  bool json = false;
};

struct FlashCommand {
  std::string chip;
  // What the build says of flash mode, frequency and size; else as the images' headers have it.
  std::vector<std::string> arguments = {"--flash_mode", "keep",         "--flash_freq",
                                        "keep",         "--flash_size", "keep"};
  std::vector<FlashFile> files;

  // esptool 5 writes its words with hyphens, and its own name without .py; it still knows the
  // others. Source: migration-guide.rst of esptool v5
  bool is_hyphenated() const {
    return std::ranges::any_of(arguments, [](const auto& word) { return word == "--flash-mode"; });
  }
};

FlashFile file_of(const std::string& path) {
  FlashFile file;
  file.path = path;
  if (path.empty()) return file;
  file.size_bytes = static_cast<uint32_t>(read_file(path, kFlashSizeMax).size());
  if (file.size_bytes == 0) throw std::runtime_error(path + " is empty");
  return file;
}

bool is_binary_table(Bytes file) { return file.size >= 2 && load_le16(file.data) == 0x50AA; }

// The chip that an image's header names; nullptr: there is no image.
const Chip* chip_of_image(const std::string& path) {
  if (path.empty()) return nullptr;
  const Result<ImageHeader> header = parse_image_header(read_file(path, kFlashSizeMax));
  const Chip* chip = header.ok() ? find_chip(header.value.chip) : nullptr;
  if (chip == nullptr) throw std::runtime_error(path + " is no image of a chip that otter knows");
  return chip;
}

// What --chip and the images say, if they say the same.
const Chip* agreed_chip(const FlashOptions& options) {
  const Chip* chip = options.chip.empty() ? nullptr : find_chip(Text(options.chip));
  if (chip == nullptr && !options.chip.empty()) {
    throw std::runtime_error("--chip " + options.chip + ": no such chip");
  }
  for (const std::string& path : {options.bootloader, options.app}) {
    const Chip* stated = chip_of_image(path);
    if (stated == nullptr) continue;
    if (chip != nullptr && chip != stated) {
      throw std::runtime_error(path + " is for the " + stated->name + ", not for the " +
                               chip->name);
    }
    chip = stated;
  }
  if (chip == nullptr) throw std::runtime_error("which chip? Give --chip, --app or --bootloader");
  return chip;
}

// What the command leaves as it is, where somebody may think that it does not.
void print_notes(const FlashOptions& options, const FlashParts& parts) {
  if (parts.table_file.path.empty()) {
    std::cerr << "note: " << options.partitions
              << " is a CSV and is not flashed; give the table's .bin to flash it as well\n";
  }
  const bool has_otadata = parts.table.find(kTypeData, kSubtypeDataOta) != nullptr;
  if (has_otadata && !options.app.empty() && options.otadata.empty()) {
    std::cerr << "note: otadata stays; on a board that has run before it may name another slot: "
                 "give --otadata\n";
  }
}

FlashCommand command_of_files(const FlashOptions& options) {
  if (options.partitions.empty()) {
    throw std::runtime_error("--partitions is missing: the table says what lies where");
  }
  FlashParts parts;
  parts.chip = agreed_chip(options);
  parts.table = read_partitions(options.partitions, options.table_offset);
  parts.table_offset = options.table_offset;
  parts.bootloader = file_of(options.bootloader);
  if (is_binary_table(read_file(options.partitions, kTableFileMax))) {
    parts.table_file = file_of(options.partitions);
  }
  parts.otadata = file_of(options.otadata);
  parts.app = file_of(options.app);
  parts.nvs = file_of(options.nvs);
  parts.nvs_keys = file_of(options.nvs_keys);
  FlashCommand command;
  command.chip = parts.chip->name;
  command.files = plan_flash(parts);
  print_notes(options, parts);
  return command;
}

std::string in_build(const FlashOptions& options, const json::value& name) {
  return (std::filesystem::path(options.build) / std::string(name.as_string())).string();
}

uint32_t offset_of(const std::string& text) {
  return static_cast<uint32_t>(std::stoul(text, nullptr, 0));
}

// What `idf.py build` leaves for esptool.
//
// Source: flasher_args.json.in, ESP-IDF v5.5 and v6.0 components/esptool_py
FlashCommand command_of_build(const FlashOptions& options) {
  const std::string path = in_build(options, "flasher_args.json");
  try {
    const json::value build = json::parse(read_text_file(path, kBuildFileMax));
    FlashCommand command;
    command.chip = std::string(build.at("extra_esptool_args").at("chip").as_string());
    command.arguments.clear();
    for (const json::value& word : build.at("write_flash_args").as_array()) {
      command.arguments.emplace_back(word.as_string());
    }
    for (const auto& [offset, name] : build.at("flash_files").as_object()) {
      command.files.push_back(file_of(in_build(options, name)));
      command.files.back().offset = offset_of(offset);
    }
    if (!options.nvs.empty()) {
      const PartitionTable table =
          read_partitions(in_build(options, build.at("partition-table").at("file")));
      command.files.push_back(place_nvs(table, file_of(options.nvs)));
      if (!options.nvs_keys.empty()) {
        command.files.push_back(place_nvs_keys(table, file_of(options.nvs_keys)));
      }
    }
    sort_apart(command.files);
    return command;
  } catch (const FlashPlanError&) {
    throw;
  } catch (const std::exception& error) {
    throw std::runtime_error(path + " is not what `idf.py build` leaves (" + error.what() +
                             "); give the files one by one: --bootloader, --partitions, --app");
  }
}

std::string words_of(const FlashCommand& command) {
  const bool hyphens = command.is_hyphenated();
  std::string words = std::string(hyphens ? "esptool" : "esptool.py") + " --chip " + command.chip +
                      (hyphens ? " write-flash" : " write_flash");
  for (const std::string& argument : command.arguments) words += " " + shell_word(argument);
  for (const FlashFile& file : command.files) {
    words += " " + hex(file.offset) + " " + shell_word(file.path);
  }
  return words;
}

json::object document_of(const FlashCommand& command) {
  json::array files;
  for (const FlashFile& file : command.files) {
    files.push_back(
        json::object{{"offset", file.offset}, {"size", file.size_bytes}, {"path", file.path}});
  }
  return {{"chip", command.chip}, {"files", std::move(files)}, {"command", words_of(command)}};
}

void print_flash_args(const FlashOptions& options) {
  const FlashCommand command =
      options.build.empty() ? command_of_files(options) : command_of_build(options);
  if (options.json) return print_json(document_of(command));
  std::cout << words_of(command) << "\n";
}

}  // namespace

std::string shell_word(const std::string& text) {
  constexpr char kPlain[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:@%+=,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

PartitionTable read_partitions(const std::string& path, uint32_t table_offset) {
  const std::vector<uint8_t> file = read_file(path, kTableFileMax);
  try {
    if (!is_binary_table(file)) {
      if (std::ranges::count(file, 0) > 0) throw PartitionError("neither a binary table nor a CSV");
      return parse_partition_csv(std::string(file.begin(), file.end()), kFlashSizeMax,
                                 table_offset);
    }
    return read_partition_table(file, kFlashSizeMax);
  } catch (const PartitionError& error) {
    throw std::runtime_error(path + ": " + printable(error.what()));
  }
}

void add_device_flash_args(CLI::App& device) {
  CLI::App* verb = device.add_subcommand(
      "flash-args",
      "Print esptool's command for bootloader, partition table, otadata, app and NVS");
  auto options = std::make_shared<FlashOptions>();
  FlashOptions& o = *options;
  CLI::Option* build =
      verb->add_option("--build", o.build, "Build folder of ESP-IDF: all but the NVS image");
  const auto add = [&](const char* option, std::string& value, const char* text) {
    verb->add_option(option, value, text)->excludes(build);
  };
  add("--chip", o.chip, "As esp32c3; else as the images say");
  add("--bootloader", o.bootloader, "bootloader.bin");
  add("--partitions", o.partitions, "The partition table: its .bin, or a CSV for the places alone");
  add("--otadata", o.otadata, "ota_data_initial.bin or boot_app0.bin: the first slot is to start");
  add("--app", o.app, "The application: firmware.bin");
  CLI::Option* nvs = verb->add_option("--nvs", o.nvs, "Of `otter device provision`");
  verb->add_option("--nvs-keys", o.nvs_keys, "Of `otter device provision --encrypt`")->needs(nvs);
  verb->add_option("--table-offset", o.table_offset, "Of the partition table, as the build has it")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str()
      ->excludes(build);
  verb->add_flag("--json", o.json, "Print JSON");
  verb->footer("Example: otter device flash-args --build build --nvs lamp-7.bin");
  verb->callback([options] { print_flash_args(*options); });
}

}  // namespace otter::cli
