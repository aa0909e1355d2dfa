#include "bench/server_load_requests.h"

#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

#include "ota/wire/device_facts.h"
#include "publish/host_crypto.h"

namespace otter::bench {
namespace {

constexpr size_t kMasterSize = 32;  // [bytes]
constexpr ChipId kChip = 5;         // esp32c3

std::vector<uint8_t> read_master(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<uint8_t> secret{std::istreambuf_iterator<char>(file), {}};
  if (secret.size() != kMasterSize) {
    throw std::runtime_error(path + " is no master secret: it must have 32 bytes");
  }
  return secret;
}

std::string hex(uint64_t value) {
  uint8_t bytes[8];
  for (size_t i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<uint8_t>(value >> (56 - 8 * i));
  std::string text(2 * sizeof bytes, '0');
  hex_encode(Bytes(bytes, sizeof bytes), text.data());
  return text;
}

std::string device_header(Crypto& crypto, Bytes master, const std::string& id) {
  const Result<Digest> key = derive_device_key(crypto, master, id, 1);
  if (!key.ok()) throw std::runtime_error("can't derive a device's key");
  const Result<Digest> sent = derive_purpose_key(crypto, key.value.bytes, KeyPurpose::api_key);
  if (!sent.ok()) throw std::runtime_error("can't derive a device's key");
  return "X-API-Key: " + id + "." + to_hex(sent.value).characters + "\r\n";
}

// Everything that the library of a device that runs `version` says.
std::string facts_header(const Target& target, const std::string& id, Crypto& crypto) {
  DeviceFacts facts;
  facts.id = id;
  facts.version = target.version;
  facts.app_elf_sha256.bytes[0] = 1;
  facts.product = target.product;
  facts.chip = kChip;
  facts.revision = 3;
  facts.slot_size_bytes = 0x1F0000;
  facts.sequence = 1;
  facts.client = "0.1.0";
  if (crypto.random(facts.nonce) != Error::ok) throw std::runtime_error("no random numbers");
  uint8_t buffer[kDeviceFactsSizeMax];
  Appender out(buffer);
  write_device_facts(facts, out);
  const Bytes written = out.written();
  return std::string(kDeviceFactsHeader) + ": " +
         std::string(reinterpret_cast<const char*>(written.data), written.size) + "\r\n";
}

}  // namespace

std::string device_id(size_t number) {
  const std::string digits = std::to_string(number);
  return "bench-" + std::string(7 - std::min<size_t>(digits.size(), 7), '0') + digits;
}

Requests::Requests(const Target& target, size_t devices, size_t step)
    : target_(target), run_(std::random_device{}() | uint64_t{std::random_device{}()} << 32) {
  HostCrypto crypto;
  const bool own_keys = target.api_key.empty();
  const std::vector<uint8_t> master =
      own_keys ? read_master(target.master_file) : std::vector<uint8_t>{};
  for (size_t i = 0; i < devices; ++i) {
    ids_.push_back(own_keys ? device_id(i * step) : "sketch-" + std::to_string(i * step));
    std::string header = "Host: localhost\r\n";
    header +=
        own_keys ? device_header(crypto, master, ids_[i]) : "X-API-Key: " + target.api_key + "\r\n";
    if (own_keys && !target.reports) {
      header += "Accept: application/vnd.otter.checkin.v1\r\n";
      header += facts_header(target, ids_[i], crypto);
    }
    headers_.push_back(std::move(header));
  }
}

std::string Requests::report_id(uint64_t serial) const { return hex(run_) + hex(serial); }

std::string Requests::make(size_t device, uint64_t serial) const {
  if (!target_.reports) return "GET " + target_.path + " HTTP/1.1\r\n" + headers_[device] + "\r\n";
  const std::string body = R"({"device_id":")" + ids_[device] +
                           R"(","status":"SUCCESS","version":")" + target_.version +
                           R"(","error":"","report_id":")" + report_id(serial) + "\"}";
  return "POST /firmware/report HTTP/1.1\r\n" + headers_[device] +
         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace otter::bench
