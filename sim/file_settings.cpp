#include "sim/file_settings.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <vector>

#include "ota/crc32.h"

namespace otter::sim {
namespace {

// The file: "OTS1", then setting u8, size u8 and value for each, then the CRC-32 of all before it.
constexpr char kMagic[] = "OTS1";
constexpr size_t kCrcSize = 4;         // [bytes]
constexpr size_t kFileSizeMax = 4096;  // [bytes]
constexpr size_t kValueSizeMax = 255;  // [bytes]

using Values = std::map<uint8_t, std::vector<uint8_t>>;

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  bool ok() const { return number_ >= 0; }

 private:
  int number_;
};

std::optional<Values> parse(Bytes raw) {
  if (raw.size < kCrcSize) return std::nullopt;
  const Bytes body = raw.part(0, raw.size - kCrcSize);
  if (load_le32(raw.data + body.size) != crc32(0, body)) return std::nullopt;
  Cursor cursor(body);
  if (as_text(cursor.take(4)) != Text(kMagic)) return std::nullopt;
  Values values;
  while (cursor.left() > 0) {
    const uint8_t setting = cursor.u8();
    const Bytes value = cursor.take(cursor.u8());
    if (cursor.failed()) return std::nullopt;
    values[setting].assign(value.data, value.data + value.size);
  }
  return values;
}

// Nothing stored yet is an empty set; a file that can't be read or believed is none.
std::optional<Values> read_values(const std::string& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file.ok()) return errno == ENOENT ? std::optional<Values>(Values()) : std::nullopt;
  std::array<uint8_t, kFileSizeMax> raw;
  const ssize_t size = ::read(file.get(), raw.data(), raw.size());
  return size < 0 ? std::nullopt : parse(Bytes(raw.data(), static_cast<size_t>(size)));
}

bool write_durably(const std::string& path, Bytes data) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  return file.ok() && ::fchmod(file.get(), 0600) == 0 &&
         ::write(file.get(), data.data, data.size) == static_cast<ssize_t>(data.size) &&
         ::fsync(file.get()) == 0;
}

}  // namespace

Result<size_t> FileSettings::load(Setting setting, MutableBytes out) {
  const std::optional<Values> values = read_values(path_);
  if (!values) return Error::settings_io;
  const auto found = values->find(static_cast<uint8_t>(setting));
  if (found == values->end()) return size_t{0};
  const std::vector<uint8_t>& value = found->second;
  if (value.size() > out.size) return Error::too_large;
  if (!value.empty()) memcpy(out.data, value.data(), value.size());
  return value.size();
}

Error FileSettings::store(Setting setting, Bytes value) {
  if (value.size > kValueSizeMax) return Error::settings_io;
  // A damaged file is given up: the device enrols again, as it does after its NVS was erased.
  Values values = read_values(path_).value_or(Values());
  values[static_cast<uint8_t>(setting)].assign(value.data, value.data + value.size);

  std::array<uint8_t, kFileSizeMax> raw;
  Appender out{MutableBytes(raw)};
  out.text(kMagic);
  for (const auto& [number, bytes] : values) {
    out.u8(number);
    out.u8(static_cast<uint8_t>(bytes.size()));
    out.bytes(bytes);
  }
  out.le32(crc32(0, out.written()));
  const std::string fresh = path_ + ".new";
  if (out.failed() || !write_durably(fresh, out.written())) return Error::settings_io;
  return ::rename(fresh.c_str(), path_.c_str()) == 0 ? Error::ok : Error::settings_io;
}

}  // namespace otter::sim
