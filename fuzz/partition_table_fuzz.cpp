// The partition table on any bytes. What is accepted fits the flash without overlaps and is written
// again as the same rows.
#include <algorithm>

#include "fuzz/require.h"
#include "ota/partition_table.h"

namespace otter {
namespace {

constexpr uint32_t kFlashSize = 16 * 1024 * 1024;  // [bytes]

void check_places(const PartitionTable& table) {
  std::vector<Partition> sorted(table.partitions, table.partitions + table.count);
  std::sort(sorted.begin(), sorted.end(),
            [](const Partition& a, const Partition& b) { return a.offset < b.offset; });
  uint64_t end = 0;
  for (const Partition& partition : sorted) {
    require(partition.offset >= end, "partitions do not overlap");
    end = uint64_t{partition.offset} + partition.size_bytes;
  }
  require(end <= kFlashSize, "the table fits the flash");
}

// Flag bits that nobody knows are dropped, all else is kept.
void check_rows(const PartitionTable& table, Bytes raw) {
  std::vector<uint8_t> buffer(kPartitionTableSize);
  Appender out(buffer);
  for (size_t i = 0; i < table.count; ++i) write_partition_row(table.partitions[i], out);
  for (size_t i = 0; i < table.count; ++i) {
    const size_t row = i * kPartitionRowSize;
    require(out.written().part(row, 28) == raw.part(row, 28), "a row is written as it was read");
  }
  if (!table.has_md5) return;
  require(table.md5_covers == table.count * kPartitionRowSize, "the MD5 covers all rows");
  require(raw.part(table.md5_covers + 16, kMd5Size) == Bytes(table.md5), "the MD5 is as stored");
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const Bytes raw(data, size);
  PartitionTable table;
  size_t error_offset = 0;
  const Error error = parse_partition_table(raw, kFlashSize, &table, &error_offset);
  require(error_offset <= size, "the error lies within the table");
  if (error != Error::ok) return 0;
  require(table.count > 0 && table.count <= kPartitionsMax, "the table is not empty");
  require(table.ota_slot_count() <= 16, "there are at most 16 slots");
  check_places(table);
  check_rows(table, raw);
  return 0;
}
