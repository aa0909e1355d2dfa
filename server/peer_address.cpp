#include "server/peer_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace otter::server {
namespace {

constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

// As IPv6, IPv4 as its mapped form; all zeros if it is no address.
std::array<uint8_t, 16> bytes_of(const std::string& address) {
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, address.c_str(), bytes.data() + sizeof kMapped) == 1) {
    std::copy(std::begin(kMapped), std::end(kMapped), bytes.begin());
  } else if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) {
    bytes = {};
  }
  return bytes;
}

bool is_v4(const std::array<uint8_t, 16>& bytes) {
  return std::equal(std::begin(kMapped), std::end(kMapped), bytes.begin());
}

}  // namespace

uint64_t address_key(const std::string& address) {
  const std::array<uint8_t, 16> bytes = bytes_of(address);
  const size_t first = is_v4(bytes) ? 8 : 0;
  uint64_t key = 0;
  for (size_t i = 0; i < 8; ++i) key = key << 8 | bytes[first + i];
  return key;
}

bool is_loopback(const std::string& address) {
  const std::array<uint8_t, 16> bytes = bytes_of(address);
  if (is_v4(bytes)) return bytes[12] == 127;
  std::array<uint8_t, 16> one{};
  one.back() = 1;
  return bytes == one;
}

}  // namespace otter::server
