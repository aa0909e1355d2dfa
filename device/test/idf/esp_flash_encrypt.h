// Is flash encrypted? Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

extern "C" bool esp_flash_encryption_enabled(void);
