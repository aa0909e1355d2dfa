// Which image runs. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <esp_partition.h>

extern "C" const esp_partition_t* esp_ota_get_running_partition(void);
