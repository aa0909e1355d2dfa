#include "cli/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace otter::cli {
namespace {

constexpr size_t kPieceSize = 256 * 1024;  // [bytes]
constexpr size_t kSecretSizeMax = 4096;    // [bytes]

std::runtime_error failed(const std::string& what, const std::string& path) {
  return std::runtime_error("can't " + what + " " + path + ": " + std::strerror(errno));
}

// Reads to the end, but stops once there is more than size_max. Piece by piece: a pipe has no size.
std::vector<uint8_t> read_up_to(std::istream& file, size_t size_max) {
  std::vector<uint8_t> bytes;
  while (file && bytes.size() <= size_max) {
    const size_t begin = bytes.size();
    bytes.resize(begin + kPieceSize);
    file.read(reinterpret_cast<char*>(&bytes[begin]), kPieceSize);
    bytes.resize(begin + static_cast<size_t>(file.gcount()));
  }
  return bytes;
}

}  // namespace

std::vector<uint8_t> read_file(const std::string& path, size_t size_max) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw std::runtime_error("can't read " + path + ": it is a folder");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw failed("read", path);
  std::vector<uint8_t> bytes = read_up_to(file, size_max);
  if (file.bad()) throw failed("read", path);
  if (bytes.size() > size_max) {
    throw std::runtime_error(path + " is larger than " + std::to_string(size_max) + " bytes");
  }
  return bytes;
}

std::string read_text_file(const std::string& path, size_t size_max) {
  const std::vector<uint8_t> bytes = read_file(path, size_max);
  return std::string(bytes.begin(), bytes.end());
}

std::string read_secret(const std::string& path) {
  const bool is_input = path == "-";
  const std::vector<uint8_t> bytes =
      is_input ? read_up_to(std::cin, kSecretSizeMax) : read_file(path, kSecretSizeMax);
  std::string secret(bytes.begin(), bytes.end());
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.empty()) {
    throw std::runtime_error((is_input ? "standard input" : path) +
                             " is empty; a secret was to be in it");
  }
  return secret;
}

void write_file(const std::string& path, Bytes bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file) throw failed("write", path);
  file.write(reinterpret_cast<const char*>(bytes.data), static_cast<std::streamsize>(bytes.size));
  file.close();
  if (!file) throw failed("write", path);
}

}  // namespace otter::cli
