// Random numbers. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <stddef.h>

extern "C" void esp_fill_random(void* buf, size_t len);
