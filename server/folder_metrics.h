// What the data folder takes and has left, for /metrics. Any thread.
#pragma once

#include "server/data_folder.h"
#include "server/metrics.h"

namespace otter::server {

// Adds otter_disk_free_bytes and otter_database_bytes, which are looked up each time they are asked
// for. What can't be read is 0.
void add_folder_metrics(Metrics& metrics, const DataFolder& data);

}  // namespace otter::server
