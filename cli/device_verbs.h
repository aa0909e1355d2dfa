// The verbs below `otter device` that have a file of their own. Main thread.
#pragma once

#include <string>

#include "ota/partition_table.h"

namespace CLI {
class App;
}

namespace otter::cli {

void add_device_provision(CLI::App& device);
void add_device_flash_args(CLI::App& device);
void add_device_labels(CLI::App& device);
void add_device_export(CLI::App& device);
void add_device_command(CLI::App& device);
void add_device_history(CLI::App& device);
void add_device_logs(CLI::App& device);
void add_device_coredump(CLI::App& device);

// `text` as one word of a shell's command.
std::string shell_word(const std::string& text);

// A partition table, binary or CSV, for any size of flash. `table_offset` [bytes] is where it lies:
// rows without an offset follow behind.
//
// Errors: std::runtime_error (the file, and what is wrong with it)
PartitionTable read_partitions(const std::string& path,
                               uint32_t table_offset = kPartitionTableOffset);

}  // namespace otter::cli
