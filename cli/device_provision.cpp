// `otter device provision`: what one board is given in its NVS, docs/spec/nvs.md. Asks the server
// for the device's key only when all else is known to be good. The file is its owner's alone.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/device_verbs.h"
#include "cli/files.h"
#include "cli/keys_verbs.h"
#include "cli/table.h"
#include "publish/board_settings.h"
#include "publish/durable_file.h"
#include "publish/flash_plan.h"
#include "publish/hex.h"
#include "publish/host_crypto.h"
#include "publish/https_client.h"
#include "publish/nvs_cipher.h"
#include "publish/trust_builder.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr char kPasswordVariable[] = "OTTER_WIFI_PASSWORD";
constexpr uint32_t kSizeUsual = 0x6000;  // [bytes] of `nvs` in ESP-IDF's tables without otadata

struct ProvisionOptions {
  std::string config, id, product, chip, server;
  std::vector<std::string> authorities;
  std::string root;
  std::string api_key_file, hmac_secret_file;
  std::string wifi_ssid, wifi_password_file;
  bool wifi_open = false;
  uint32_t size = kSizeUsual;
  std::string partitions;
  std::string out, keys_out;
  bool force = false, json = false;

  bool is_enrolled_here() const { return api_key_file.empty(); }
};

// What is written, and where it goes.
struct Provisioned {
  BoardSettings settings;
  std::string chip;
  uint32_t size_bytes = 0;
  std::optional<uint32_t> offset;  // of the partition, where the table is known
};

std::string wifi_password(const ProvisionOptions& options) {
  if (options.wifi_ssid.empty() || options.wifi_open) return "";
  if (!options.wifi_password_file.empty()) return read_secret(options.wifi_password_file);
  const char* variable = std::getenv(kPasswordVariable);
  if (variable != nullptr && *variable != '\0') return variable;
  throw std::runtime_error("no password for the Wi-Fi '" + options.wifi_ssid +
                           "': give --wifi-password-file, set " + kPasswordVariable +
                           ", or say --wifi-open");
}

void set_server(const ProvisionOptions& options, const Profile& profile, BoardSettings* settings) {
  const std::string& url = options.server.empty() ? profile.device_server : options.server;
  const Result<HttpsEndpoint> endpoint = parse_https_url(url);
  if (!endpoint.ok()) throw std::runtime_error("--server " + url + ": not https://HOST[:PORT]");
  settings->server_host = endpoint.value.host;
  const unsigned long port = std::strtoul(endpoint.value.port.c_str(), nullptr, 10);
  if (port == 0 || port > UINT16_MAX)
    throw std::runtime_error("--server " + url + ": no such port");
  settings->server_port = static_cast<uint16_t>(port);
}

// All but the device's key.
BoardSettings settings_of(const ProvisionOptions& options, const Profile& profile) {
  BoardSettings settings;
  settings.device_id = options.id;
  settings.product = options.product;
  set_server(options, profile, &settings);
  std::vector<std::string> authorities = options.authorities;
  if (authorities.empty() && !profile.ca_file.empty()) authorities = {profile.ca_file};
  for (const std::string& path : authorities) settings.authorities.push_back(read_anchor(path));
  if (!options.root.empty()) settings.root = read_first_root(options.root);
  if (!options.api_key_file.empty()) settings.api_key = read_secret(options.api_key_file);
  if (!options.hmac_secret_file.empty()) {
    settings.hmac_secret = read_secret(options.hmac_secret_file);
  }
  settings.wifi_ssid = options.wifi_ssid;
  settings.wifi_password = wifi_password(options);
  return settings;
}

// With one product on the server there is nothing to say.
std::string only_product(ApiClient& client) {
  const json::array products = list_of(client.get_all("/api/v1/products", "products"), "products");
  if (products.size() == 1) return std::string(products[0].at("name").as_string());
  throw std::runtime_error("which product? There are " + std::to_string(products.size()) +
                           " on the server (`otter product list`): give --product");
}

// Enrols the device and takes its key.
void fetch_key(ApiClient& client, Provisioned* board) {
  const json::value chip = board->chip.empty() ? json::value(nullptr) : json::value(board->chip);
  const json::value answer = client.post(
      "/api/v1/devices",
      {{"id", board->settings.device_id}, {"product", board->settings.product}, {"chip", chip}});
  DeviceKey key;
  key.epoch = answer.at("epoch").to_number<uint32_t>();
  uint8_t raw[2 * kDigestSize];
  const Result<size_t> size = base64_decode(std::string(answer.at("device_key").as_string()), raw);
  if (!size.ok() || size.value != kDigestSize) {
    throw std::runtime_error("the server's answer holds no device key");
  }
  std::copy_n(raw, kDigestSize, key.secret.bytes);
  board->settings.device_key = key;
  board->chip = std::string(answer.at("chip").as_string());
}

std::vector<uint8_t> image_of(const Provisioned& board) {
  return write_nvs_image(kBoardNamespace, nvs_items_of(board.settings), board.size_bytes);
}

Provisioned provision_board(const ProvisionOptions& options) {
  const Profile profile = load_profile(options.config);
  Provisioned board;
  board.settings = settings_of(options, profile);
  board.chip = options.chip;
  board.size_bytes = options.size;
  if (!options.partitions.empty()) {
    const PartitionTable table = read_partitions(options.partitions);
    board.size_bytes = nvs_partition(table).size_bytes;
    board.offset = nvs_partition(table).offset;
  }
  if (!options.is_enrolled_here()) {
    image_of(board);
    return board;
  }
  board.settings.device_key = DeviceKey();  // as large as the one to come
  image_of(board);
  ApiClient client(profile);
  if (board.settings.product.empty()) board.settings.product = only_product(client);
  fetch_key(client, &board);
  return board;
}

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.");
}

std::string server_text(const BoardSettings& settings) {
  return settings.server_host + ":" + std::to_string(settings.server_port);
}

std::string flash_command(const ProvisionOptions& options, const Provisioned& board) {
  const std::string chip = board.chip.empty() ? "" : "--chip " + board.chip + " ";
  const std::string offset = board.offset ? hex(*board.offset) : "OFFSET";
  return "esptool.py " + chip + "write_flash " + offset + " " + shell_word(options.out);
}

void print_text(const ProvisionOptions& options, const Provisioned& board) {
  const BoardSettings& settings = board.settings;
  std::cout << "Device:  " << settings.device_id
            << (settings.product.empty() ? "" : " of " + settings.product) << "\n"
            << "Key:     "
            << (settings.device_key
                    ? "its own, of epoch " + std::to_string(settings.device_key->epoch)
                    : "the product's; the device enrols by itself")
            << "\n"
            << "Server:  " << server_text(settings) << "\n";
  if (!settings.wifi_ssid.empty()) {
    std::cout << "Wi-Fi:   " << printable(settings.wifi_ssid) << "\n";
  }
  std::cout << "Image:   " << options.out << ", " << hex(board.size_bytes)
            << " bytes for the partition nvs; secret: who has it can act as this device\n";
  if (!options.keys_out.empty()) {
    std::cout << "Keys:    " << options.keys_out
              << " for the partition nvs_keys, before flash encryption is on; secret as well\n";
  }
  std::cout << "Next:    " << flash_command(options, board) << "\n";
  if (!board.offset) {
    std::cout
        << "         OFFSET is that of the partition nvs, 0x9000 in most tables; --partitions "
           "reads it from yours\n";
  }
}

void print_notes(const BoardSettings& settings) {
  if (is_this_machine(settings.server_host)) {
    std::cerr << "note: no board reaches this machine as " << settings.server_host
              << "; give --server, or set public_url in otter.toml\n";
  }
  if (settings.authorities.empty()) {
    std::cerr << "note: no authority is written; the firmware must bring the one to trust\n";
  }
}

json::object document_of(const ProvisionOptions& options, const Provisioned& board) {
  const BoardSettings& settings = board.settings;
  json::array keys;
  for (const NvsItem& item : nvs_items_of(settings)) keys.emplace_back(item.key);
  json::object document = {{"device", settings.device_id},
                           {"product", settings.product},
                           {"chip", nullptr},
                           {"epoch", nullptr},
                           {"server", server_text(settings)},
                           {"file", options.out},
                           {"size", board.size_bytes},
                           {"offset", nullptr},
                           {"keys_file", nullptr},
                           {"keys", std::move(keys)}};
  if (!board.chip.empty()) document["chip"] = board.chip;
  if (settings.device_key) document["epoch"] = settings.device_key->epoch;
  if (board.offset) document["offset"] = *board.offset;
  if (!options.keys_out.empty()) document["keys_file"] = options.keys_out;
  return document;
}

void require_free(const ProvisionOptions& options) {
  for (const std::string& path : {options.out, options.keys_out}) {
    if (options.force || path.empty() || !std::filesystem::exists(path)) continue;
    throw std::runtime_error(path + " is there already; choose another name, or say --force");
  }
  if (options.out == options.keys_out) throw std::runtime_error("--out and --encrypt are one file");
}

void write_files(const ProvisionOptions& options, const Provisioned& board) {
  std::vector<uint8_t> image = image_of(board);
  if (!options.keys_out.empty()) {
    HostCrypto crypto;
    const NvsKeys keys = make_nvs_keys(crypto);
    encrypt_nvs_image(image, keys);
    write_file_durably(options.keys_out, as_text(write_nvs_keys(keys)), kSecretFileMode);
  }
  write_file_durably(options.out, as_text(image), kSecretFileMode);
}

void provision(const ProvisionOptions& options) {
  require_free(options);
  const Provisioned board = provision_board(options);
  write_files(options, board);
  print_notes(board.settings);
  if (options.json) return print_json(document_of(options, board));
  print_text(options, board);
}

void add_identity_options(CLI::App& verb, ProvisionOptions& o) {
  verb.add_option("id", o.id, "The device's id, as lamp-7")->required();
  verb.add_option("--product", o.product, "Its product; else the server's only one");
  verb.add_option("--chip", o.chip, "Its chip, where the product has none yet");
  verb.add_option("--server", o.server,
                  "https://HOST[:PORT] as the board calls it; else public_url");
  verb.add_option("--ca", o.authorities,
                  "PEM file of an authority to trust; else the one of "
                  "otter.toml; repeatable")
      ->expected(1)
      ->take_all();
  verb.add_option("--root", o.root, "Root metadata to begin with, *.otr");
  verb.add_option("--api-key-file", o.api_key_file,
                  "The product's API key in place of a device key: the device enrols by itself");
  verb.add_option("--hmac-secret-file", o.hmac_secret_file,
                  "The product's HMAC secret, for the plain mode")
      ->needs("--api-key-file");
}

void add_wifi_options(CLI::App& verb, ProvisionOptions& o) {
  CLI::Option* ssid = verb.add_option("--wifi-ssid", o.wifi_ssid, "The Wi-Fi to join");
  CLI::Option* file =
      verb.add_option("--wifi-password-file", o.wifi_password_file,
                      "Its password: a file, or - for standard input; else OTTER_WIFI_PASSWORD");
  file->needs(ssid);
  verb.add_flag("--wifi-open", o.wifi_open, "It has no password")->needs(ssid)->excludes(file);
}

void add_image_options(CLI::App& verb, ProvisionOptions& o) {
  CLI::Option* size =
      verb.add_option("--size", o.size, "Of the partition nvs [bytes]; 24K and 0x6000 are the same")
          ->transform(CLI::AsSizeValue(false))
          ->capture_default_str();
  verb.add_option("--partitions", o.partitions,
                  "The board's partition table, CSV or binary: size and offset of nvs")
      ->excludes(size);
  verb.add_option("-o,--out", o.out, "The image; only its owner may read it")->required();
  verb.add_option("--encrypt", o.keys_out,
                  "Encrypt the image for NVS encryption; this file gets the keys, for nvs_keys");
  verb.add_flag("--force", o.force, "Replace files that are there");
}

}  // namespace

void add_device_provision(CLI::App& device) {
  CLI::App* verb = device.add_subcommand(
      "provision", "Enrol a new board and write its keys and settings as an NVS image");
  auto options = std::make_shared<ProvisionOptions>();
  add_identity_options(*verb, *options);
  add_wifi_options(*verb, *options);
  add_image_options(*verb, *options);
  verb->add_option("--config", options->config, "otter.toml");
  verb->add_flag("--json", options->json, "Print JSON; no secrets");
  verb->footer(
      "Example: otter device provision lamp-7 --product lamp --server https://otter.example \\\n"
      "           --wifi-ssid home --wifi-password-file - --out lamp-7.bin");
  verb->callback([options] { provision(*options); });
}

}  // namespace otter::cli
