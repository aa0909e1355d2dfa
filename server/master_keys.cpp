#include "server/master_keys.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#include "publish/durable_file.h"
#include "publish/file_descriptor.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr std::string_view kPrefix = "master-";
constexpr std::string_view kSuffix = ".key";

// The epoch that a file's name stands for; none for other files.
std::optional<uint32_t> epoch_of_file(const std::string& name) {
  if (name == "master.key") return kFirstEpoch;
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  if (name.size() <= kPrefix.size() + kSuffix.size()) return std::nullopt;
  const std::string digits =
      name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
  uint32_t epoch = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, epoch);
  const bool is_plain = error == std::errc() && stop == end && digits.front() != '0';
  if (!is_plain || epoch <= kFirstEpoch || epoch > kEpochMax) return std::nullopt;
  return epoch;
}

// In ascending order.
std::vector<uint32_t> epochs_in(const DataFolder& data) {
  std::vector<uint32_t> epochs;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(data.secrets(), error)) {
    const std::optional<uint32_t> epoch = epoch_of_file(entry.path().filename().string());
    if (epoch.has_value()) epochs.push_back(*epoch);
  }
  std::ranges::sort(epochs);
  return epochs;
}

MasterKey read_master_key(const DataFolder& data, uint32_t epoch) {
  const std::string path = data.master_key(epoch);
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    throw DataFolderError("can't read the master key " + path + ": " + std::strerror(error) +
                          (error == EACCES
                               ? "; run as the server's user"
                               : "; restore it from a backup: devices' keys come of it"));
  }
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.size() != kMasterKeySize) {
    throw DataFolderError(path + " must have 32 bytes; restore it from a backup");
  }
  MasterKey key;
  key.epoch = epoch;
  std::ranges::copy(bytes, key.secret.begin());
  return key;
}

MasterEpochs read_master_keys(const DataFolder& data) {
  const std::vector<uint32_t> epochs = epochs_in(data);
  MasterEpochs read;
  read.current = read_master_key(data, epochs.empty() ? kFirstEpoch : epochs.back());
  // Without the file before, the devices of that epoch enrol again: no reason not to serve others.
  const uint32_t before = read.current.epoch - 1;
  if (std::ranges::binary_search(epochs, before)) read.previous = read_master_key(data, before);
  return read;
}

MasterKey make_master_key(Crypto& crypto, uint32_t epoch) {
  MasterKey key;
  key.epoch = epoch;
  std::ranges::copy(random_bytes(crypto, kMasterKeySize), key.secret.begin());
  return key;
}

}  // namespace

MasterKeys::MasterKeys(const DataFolder& data) : data_(data), epochs_(read_master_keys(data)) {}

MasterEpochs MasterKeys::epochs() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return epochs_;
}

bool MasterKeys::rotate(Crypto& crypto, uint32_t next, const std::function<void()>& note) {
  const std::lock_guard<std::mutex> rotating(rotating_);
  if (next != epochs().current.epoch + 1 || next > kEpochMax) return false;
  const MasterKey key = make_master_key(crypto, next);
  const std::string prepared = data_.master_key(next) + ".new";
  write_file_durably(prepared, as_text(key.secret), kSecretFileMode);
  note();
  rename_durably(prepared, data_.master_key(next));
  const std::lock_guard<std::mutex> lock(lock_);
  epochs_.previous = epochs_.current;
  epochs_.current = key;
  for (const uint32_t epoch : epochs_in(data_)) {
    std::error_code ignored;  // not read any more; the next rotation tries again
    if (epoch + 1 < next) std::filesystem::remove(data_.master_key(epoch), ignored);
  }
  return true;
}

}  // namespace otter::server
