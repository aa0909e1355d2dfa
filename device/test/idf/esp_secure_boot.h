// Does the chip boot signed images alone?
// Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

extern "C" bool esp_secure_boot_enabled(void);
