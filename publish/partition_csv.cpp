#include "publish/partition_csv.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

#include "publish/hex.h"
#include "publish/host_crypto.h"
#include "publish/nvs_image.h"
#include "publish/partition_names.h"

namespace otter {
namespace {

constexpr uint32_t kTableSector = 0x1000;  // [bytes] what the table occupies in flash
constexpr uint32_t kAppAlignment = 0x10000;
constexpr uint32_t kAlignment = 0x1000;
constexpr uint32_t kOtadataSize = 0x2000;
constexpr uint8_t kSubtypeNvs = 0x02;
constexpr uint8_t kSubtypeCoredump = 0x03;
constexpr uint8_t kSubtypeUndefined = 0x06;
constexpr uint8_t kTypeCustomMin = 0x40;
constexpr uint8_t kTypeCustomMax = 0xFE;
constexpr size_t kColumns = 6;
constexpr size_t kLabelSize = 16;

// A row as it is written: offset and size may have to be worked out.
struct CsvRow {
  size_t line = 0;
  Partition partition;
  std::optional<int64_t> offset;
  int64_t size = 0;
};

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(trimmed(part));
  return parts;
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

// The factor of a K or M at the end, which is taken off.
int64_t take_factor(std::string_view& text) {
  if (text.empty()) return 1;
  const char last = text.back();
  const bool kilo = last == 'k' || last == 'K';
  const bool mega = last == 'm' || last == 'M';
  if (kilo || mega) text.remove_suffix(1);
  return kilo ? 1024 : mega ? 1024 * 1024 : 1;
}

// A decimal or 0x number, negative or with K or M behind it; nothing if it is none.
std::optional<int64_t> parse_number(std::string_view text) {
  const int64_t factor = take_factor(text);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const bool is_hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  if (is_hex) text.remove_prefix(2);
  // As Python's int(text, 0): "010" is not a number.
  if (!is_hex && text.size() > 1 && text[0] == '0') return std::nullopt;
  uint32_t value = 0;
  const auto result =
      std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return (negative ? -1 : 1) * factor * int64_t{value};
}

uint8_t parse_type(const std::string& text, size_t line) {
  if (text.empty()) throw PartitionCsvError(line, "the type is missing");
  if (const auto named = partition_type_named(text)) return *named;
  const auto number = parse_number(text);
  if (number && (*number == kTypeApp || *number == kTypeData ||
                 (*number >= kTypeCustomMin && *number <= kTypeCustomMax))) {
    return static_cast<uint8_t>(*number);
  }
  throw PartitionCsvError(line, quoted(text) + " is no type: app, data or 0x40 to 0xFE");
}

uint8_t parse_subtype(uint8_t type, const std::string& text, size_t line) {
  if (text.empty()) {
    if (type != kTypeApp) return kSubtypeUndefined;
    throw PartitionCsvError(line, "an app partition needs a subtype: factory, ota_0 to ota_15");
  }
  if (const auto named = partition_subtype_named(type, text)) return *named;
  const auto number = parse_number(text);
  if (number && *number >= 0 && *number <= 0xFE) return static_cast<uint8_t>(*number);
  throw PartitionCsvError(line, quoted(text) + " is no subtype of " + partition_type_word(type));
}

void parse_flags(const std::string& text, CsvRow* row) {
  for (const std::string& flag : split(text, ':')) {
    if (flag == "encrypted") {
      row->partition.encrypted = true;
    } else if (flag == "readonly") {
      row->partition.readonly = true;
    } else if (!flag.empty()) {
      throw PartitionCsvError(row->line, quoted(flag) + " is no flag: encrypted or readonly");
    }
  }
}

std::optional<int64_t> parse_address(const std::string& text, const char* what, size_t line) {
  if (text.empty()) return std::nullopt;
  const auto number = parse_number(text);
  if (number) return number;
  throw PartitionCsvError(line, quoted(text) + " is no " + what + ": like 0x10000, 64K or 1M");
}

void set_label(const std::string& name, CsvRow* row) {
  if (name.size() > kLabelSize) {
    throw PartitionCsvError(row->line, "the name " + quoted(name) + " has more than 16 characters");
  }
  std::copy(name.begin(), name.end(), row->partition.label);
}

CsvRow parse_row(const std::string& text, size_t line) {
  std::vector<std::string> columns = split(text, ',');
  if (columns.size() > kColumns) throw PartitionCsvError(line, "more than 6 columns");
  columns.resize(kColumns);
  CsvRow row;
  row.line = line;
  set_label(columns[0], &row);
  row.partition.type = parse_type(columns[1], line);
  row.partition.subtype = parse_subtype(row.partition.type, columns[2], line);
  row.offset = parse_address(columns[3], "offset", line);
  const auto size = parse_address(columns[4], "size", line);
  if (!size) throw PartitionCsvError(line, "the size is missing");
  row.size = *size;
  parse_flags(columns[5], &row);
  return row;
}

std::vector<CsvRow> parse_rows(const std::string& text) {
  std::vector<CsvRow> rows;
  std::istringstream stream(text);
  size_t line = 0;
  for (std::string raw; std::getline(stream, raw);) {
    ++line;
    const std::string content = trimmed(raw);
    if (content.empty() || content[0] == '#') continue;
    if (content.find('$') != std::string::npos) {
      throw PartitionCsvError(line, "variables ($NAME) are not expanded: write their values");
    }
    rows.push_back(parse_row(content, line));
  }
  if (rows.empty()) throw PartitionCsvError(std::max<size_t>(line, 1), "no partition in the table");
  if (rows.size() >= kPartitionsMax) {
    throw PartitionCsvError(rows[kPartitionsMax - 1].line, "more than 94 partitions");
  }
  return rows;
}

// Gives offset and size their values. `end` is where the row before ends.
void place_row(CsvRow* row, int64_t end, uint32_t flash_size_bytes) {
  const int64_t alignment = row->partition.type == kTypeApp ? kAppAlignment : kAlignment;
  const int64_t offset = row->offset.value_or((end + alignment - 1) / alignment * alignment);
  const int64_t size = row->size < 0 ? -row->size - offset : row->size;
  if (offset < end) {
    throw PartitionCsvError(
        row->line,
        "offset " + hex(offset) + " lies before the end of what comes before, " + hex(end));
  }
  if (offset % alignment != 0) {
    throw PartitionCsvError(row->line,
                            "offset " + hex(offset) + " is no multiple of " + hex(alignment));
  }
  if (size <= 0) throw PartitionCsvError(row->line, "the size is not above 0");
  if (offset + size > flash_size_bytes) {
    throw PartitionCsvError(row->line, "ends at " + hex(offset + size) + ", beyond the flash of " +
                                           hex(flash_size_bytes) + " bytes");
  }
  row->partition.offset = static_cast<uint32_t>(offset);
  row->partition.size_bytes = static_cast<uint32_t>(size);
}

void check_kind(const CsvRow& row) {
  const Partition& partition = row.partition;
  const bool is_data = partition.type == kTypeData;
  const bool is_otadata = is_data && partition.subtype == kSubtypeDataOta;
  if (partition.type == kTypeApp && partition.size_bytes % kAlignment != 0) {
    throw PartitionCsvError(row.line, "the size of an app partition is no multiple of 0x1000");
  }
  if (is_otadata && partition.size_bytes != kOtadataSize) {
    throw PartitionCsvError(
        row.line, "an otadata partition has 0x2000 bytes, not " + hex(partition.size_bytes));
  }
  if (is_data && partition.subtype == kSubtypeNvs && !partition.readonly &&
      partition.size_bytes < kNvsSizeMin) {
    throw PartitionCsvError(row.line, "a writable nvs partition has at least 0x3000 bytes");
  }
  if (partition.readonly && (is_otadata || (is_data && partition.subtype == kSubtypeCoredump))) {
    throw PartitionCsvError(row.line, "an ota or coredump partition can't be readonly");
  }
}

void check_against_earlier(const CsvRow& row, const PartitionTable& table) {
  const Partition& partition = row.partition;
  const bool is_otadata = partition.type == kTypeData && partition.subtype == kSubtypeDataOta;
  if (is_otadata && table.find(kTypeData, kSubtypeDataOta) != nullptr) {
    throw PartitionCsvError(row.line, "a second otadata partition; there can be one");
  }
  for (size_t i = 0; i < table.count; ++i) {
    if (Text(partition.label) == Text(table.partitions[i].label)) {
      throw PartitionCsvError(
          row.line, "the name " + quoted(partition.label) + " is taken by an earlier partition");
    }
  }
}

std::string flags_word(const Partition& partition) {
  if (partition.encrypted && partition.readonly) return "encrypted:readonly";
  return partition.encrypted ? "encrypted" : partition.readonly ? "readonly" : "";
}

}  // namespace

PartitionCsvError::PartitionCsvError(size_t line_in, const std::string& reason)
    : PartitionError("line " + std::to_string(line_in) + ": " + reason), line(line_in) {}

PartitionTable parse_partition_csv(const std::string& text, uint32_t flash_size_bytes,
                                   uint32_t table_offset) {
  PartitionTable table;
  int64_t end = int64_t{table_offset} + kTableSector;
  for (CsvRow& row : parse_rows(text)) {
    place_row(&row, end, flash_size_bytes);
    check_kind(row);
    check_against_earlier(row, table);
    end = int64_t{row.partition.offset} + row.partition.size_bytes;
    table.partitions[table.count++] = row.partition;
  }
  return table;
}

std::vector<uint8_t> write_partition_table(const PartitionTable& table) {
  if (table.count == 0 || table.count >= kPartitionsMax) {
    throw PartitionError("a table of " + std::to_string(table.count) +
                         " partitions; it can hold 1 to 94");
  }
  std::vector<uint8_t> raw(kPartitionTableSize, 0xFF);
  Appender out{MutableBytes(raw)};
  for (size_t i = 0; i < table.count; ++i) write_partition_row(table.partitions[i], out);
  uint8_t md5[kMd5Size];
  host_md5(out.written(), md5);
  write_partition_md5(md5, out);
  return raw;
}

PartitionTable read_partition_table(Bytes raw, uint32_t flash_size_bytes) {
  PartitionTable table;
  size_t offset = 0;
  const Error error = parse_partition_table(raw, flash_size_bytes, &table, &offset);
  if (error != Error::ok) {
    const Text reason = meaning(error);
    throw PartitionError("the partition table's row at offset " + hex(offset) + ": " +
                         std::string(reason.data, reason.size));
  }
  if (!table.has_md5) throw PartitionError("the partition table has no MD5");
  uint8_t md5[kMd5Size];
  host_md5(raw.part(0, table.md5_covers), md5);
  if (Bytes(md5) == Bytes(table.md5)) return table;
  throw PartitionError("the partition table's MD5 at offset " + hex(table.md5_covers) +
                       " does not fit its rows");
}

std::string write_partition_csv(const PartitionTable& table) {
  std::string out = "# Name, Type, SubType, Offset, Size, Flags\n";
  for (size_t i = 0; i < table.count; ++i) {
    const Partition& partition = table.partitions[i];
    out += std::string(partition.label) + ", " + partition_type_word(partition.type) + ", " +
           partition_subtype_word(partition.type, partition.subtype) + ", " +
           hex(partition.offset) + ", " + hex(partition.size_bytes) + ", " + flags_word(partition) +
           "\n";
  }
  return out;
}

}  // namespace otter
