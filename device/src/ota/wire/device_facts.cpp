#include "ota/wire/device_facts.h"

#include "ota/wire/version.h"

namespace otter {
namespace {

constexpr const char* kBootStates[] = {"confirmed", "trial", "rolled_back", "unsupported"};
constexpr size_t kIntegerDigitsMax = 15;  // RFC 8941 section 3.3.1

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_key_start(char c) { return (c >= 'a' && c <= 'z') || c == '*'; }
bool is_key_character(char c) {
  return is_key_start(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
}

// Size of the key at the front of `text`, 0 if there is none (RFC 8941 section 3.1.2).
size_t key_size_of(Text text) {
  if (text.empty() || !is_key_start(text.data[0])) return 0;
  size_t size = 1;
  while (size < text.size && is_key_character(text.data[size])) ++size;
  return size;
}

// A member's value, taken off the front of a header.
struct Item {
  enum class Type : uint8_t { string, bytes, integer } type = Type::integer;
  Text text;           // of a string or of the base64
  int64_t number = 0;  // of an integer
};

Result<size_t> find_end(Text text, char end) {
  for (size_t i = 0; i < text.size; ++i) {
    const char c = text.data[i];
    if (c == end) return i;
    if (c == '\\' || c < 0x20 || c > 0x7E) return Error::malformed;
  }
  return Error::malformed;
}

Result<Item> take_item(Text* rest) {
  if (rest->empty()) return Error::malformed;
  Item item;
  const char first = rest->data[0];
  if (first == '"' || first == ':') {
    OTTER_TRY_SET(const size_t size, find_end(rest->part(1), first));
    item.type = first == '"' ? Item::Type::string : Item::Type::bytes;
    item.text = rest->part(1, size);
    *rest = rest->part(size + 2);
    return item;
  }
  size_t size = 0;
  while (size < rest->size && is_digit(rest->data[size])) {
    item.number = item.number * 10 + (rest->data[size] - '0');
    if (++size > kIntegerDigitsMax) return Error::out_of_range;
  }
  if (size == 0) return Error::malformed;
  *rest = rest->part(size);
  return item;
}

Error set_text(const Item& item, bool (*accepts)(Text), Text* out) {
  if (item.type != Item::Type::string) return Error::wrong_type;
  if (!accepts(item.text)) return Error::malformed;
  *out = item.text;
  return Error::ok;
}

Error set_bytes(const Item& item, MutableBytes out) {
  if (item.type != Item::Type::bytes) return Error::wrong_type;
  OTTER_TRY_SET(const size_t size, base64_decode(item.text, out));
  return size == out.size ? Error::ok : Error::malformed;
}

template <typename T>
Error set_integer(const Item& item, int64_t maximum, T* out) {
  if (item.type != Item::Type::integer) return Error::wrong_type;
  if (item.number > maximum) return Error::out_of_range;
  *out = static_cast<T>(item.number);
  return Error::ok;
}

Error set_chip(const Item& item, ChipId* out) {
  if (item.type != Item::Type::string) return Error::wrong_type;
  const Chip* chip = find_chip(item.text);
  if (chip == nullptr) return Error::wrong_chip;
  *out = chip->id;
  return Error::ok;
}

Error set_boot_state(const Item& item, BootState* out) {
  if (item.type != Item::Type::string) return Error::wrong_type;
  for (size_t i = 0; i < sizeof(kBootStates) / sizeof(kBootStates[0]); ++i) {
    if (item.text != Text(kBootStates[i])) continue;
    *out = static_cast<BootState>(i);
    return Error::ok;
  }
  return Error::malformed;
}

Error set_reset_reason(const Item& item, ResetReason* out) {
  if (item.type != Item::Type::string) return Error::wrong_type;
  *out = reset_reason_named(item.text);
  return Error::ok;
}

Error set_rssi(const Item& item, int16_t* out) {
  OTTER_TRY(set_integer(item, -kRssiLowest, out));
  *out = static_cast<int16_t>(-*out);
  return Error::ok;
}

constexpr const char* kKeys[] = {
    "id",    "ver",  "elf",   "product", "hw",   "chip",  "rev",    "layout",        "slot",
    "boot",  "seq",  "nonce", "client",  "root", "trust", "config", "config_failed", "up",
    "reset", "heap", "rssi",  "patch"};
constexpr size_t kKeyCount = sizeof(kKeys) / sizeof(kKeys[0]);
static_assert(kKeyCount <= 32, "parse_device_facts() has a bit for each");

size_t key_index(Text key) {
  size_t index = 0;
  while (index < kKeyCount && Text(kKeys[index]) != key) ++index;
  return index;
}

Error set_member(size_t index, const Item& item, DeviceFacts* facts) {
  switch (index) {
    case 0:
      return set_text(item, is_identifier, &facts->id);
    case 1:
      return set_text(item, is_version, &facts->version);
    case 2:
      return set_bytes(item, facts->app_elf_sha256.bytes);
    case 3:
      return set_text(item, is_identifier, &facts->product);
    case 4:
      return set_text(item, is_identifier, &facts->hardware);
    case 5:
      return set_chip(item, &facts->chip);
    case 6:
      return set_integer(item, 0xFFFF, &facts->revision);
    case 7:
      return set_bytes(item, facts->layout);
    case 8:
      return set_integer(item, UINT32_MAX, &facts->slot_size_bytes);
    case 9:
      return set_boot_state(item, &facts->boot_state);
    case 10:
      return set_integer(item, kSequenceMax, &facts->sequence);
    case 11:
      return set_bytes(item, facts->nonce);
    case 12:
      return set_text(item, is_version, &facts->client);
    case 13:
      return set_integer(item, UINT32_MAX, &facts->root_version);
    case 14:
      return set_integer(item, UINT32_MAX, &facts->trust_version);
    case 15:
      return set_integer(item, UINT32_MAX, &facts->config_version);
    case 16:
      return set_integer(item, UINT32_MAX, &facts->config_failed);
    case 17:
      return set_integer(item, kUptimeUnknown - 1, &facts->health.uptime_s);
    case 18:
      return set_reset_reason(item, &facts->health.reset_reason);
    case 19:
      return set_integer(item, UINT32_MAX, &facts->health.heap_low_water_bytes);
    case 20:
      return set_rssi(item, &facts->health.rssi_dbm);
    case 21:
      return set_integer(item, UINT32_MAX, &facts->patch_memory_bytes);
    default:
      return Error::ok;  // a key of a later version
  }
}

class Writer {
 public:
  explicit Writer(Appender& out) : out_(out) {}
  void string(Text key, Text value, bool (*accepts)(Text)) {
    if (!accepts(value)) return;
    begin(key);
    out_.u8('"');
    out_.text(value);
    out_.u8('"');
  }
  void bytes(Text key, Bytes value) {
    begin(key);
    out_.u8(':');
    base64_encode(value, out_);
    out_.u8(':');
  }
  void integer(Text key, int64_t value) {
    begin(key);
    out_.decimal(value);
  }
  void integer_unless_zero(Text key, int64_t value) {
    if (value != 0) integer(key, value);
  }

 private:
  void begin(Text key) {
    if (!first_) out_.text(", ");
    first_ = false;
    out_.text(key);
    out_.u8('=');
  }
  Appender& out_;
  bool first_ = true;
};

void write_health(const DeviceHealth& health, Writer& writer) {
  if (health.uptime_s != kUptimeUnknown) writer.integer("up", health.uptime_s);
  if (health.reset_reason != ResetReason::unknown) {
    writer.string("reset", name(health.reset_reason), is_identifier);
  }
  writer.integer_unless_zero("heap", health.heap_low_water_bytes);
  const bool fits = health.rssi_dbm >= kRssiLowest && health.rssi_dbm < 0;
  if (fits) writer.integer("rssi", -health.rssi_dbm);
}

}  // namespace

Text name(BootState state) { return kBootStates[static_cast<size_t>(state)]; }

void write_device_facts(const DeviceFacts& facts, Appender& out) {
  Writer writer(out);
  writer.string("id", facts.id, is_identifier);
  writer.string("ver", facts.version, is_version);
  writer.bytes("elf", facts.app_elf_sha256.bytes);
  writer.string("product", facts.product, is_identifier);
  writer.string("hw", facts.hardware, is_identifier);
  writer.string("chip", chip_name(facts.chip), is_identifier);
  writer.integer("rev", facts.revision);
  writer.bytes("layout", facts.layout);
  writer.integer("slot", facts.slot_size_bytes);
  writer.string("boot", name(facts.boot_state), is_identifier);
  writer.integer("seq", static_cast<int64_t>(facts.sequence));
  writer.bytes("nonce", facts.nonce);
  writer.string("client", facts.client, is_version);
  writer.integer_unless_zero("root", facts.root_version);
  writer.integer_unless_zero("trust", facts.trust_version);
  writer.integer_unless_zero("config", facts.config_version);
  writer.integer_unless_zero("config_failed", facts.config_failed);
  write_health(facts.health, writer);
  writer.integer_unless_zero("patch", facts.patch_memory_bytes);
}

Result<DeviceFacts> parse_device_facts(Text header) {
  if (header.size > kDeviceFactsSizeMax) return Error::too_large;
  DeviceFacts facts;
  uint32_t seen = 0;
  Text rest = header;
  while (!rest.empty()) {
    const size_t key_size = key_size_of(rest);
    const size_t index = key_index(rest.part(0, key_size));
    if (key_size == 0 || key_size == rest.size || rest.data[key_size] != '=') {
      return Error::malformed;
    }
    rest = rest.part(key_size + 1);
    OTTER_TRY_SET(const Item item, take_item(&rest));
    OTTER_TRY(set_member(index, item, &facts));
    if (index < kKeyCount && (seen >> index & 1) != 0) return Error::duplicate_key;
    seen |= index < kKeyCount ? uint32_t{1} << index : 0;
    if (rest.empty()) break;
    if (rest.data[0] != ',') return Error::malformed;
    rest = rest.part(1);
    while (!rest.empty() && (rest.data[0] == ' ' || rest.data[0] == '\t')) rest = rest.part(1);
    if (rest.empty()) return Error::malformed;
  }
  constexpr const char* kRequired[] = {"id", "product", "chip", "nonce"};
  for (const char* key : kRequired) {
    if ((seen >> key_index(key) & 1) == 0) return Error::missing_field;
  }
  return facts;
}

}  // namespace otter
