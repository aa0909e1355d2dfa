// Addresses. Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once

#include <stdint.h>

typedef uint32_t u32_t;
typedef u32_t in_addr_t;
#define INADDR_NONE 0xFFFFFFFF
#define inet_addr(text) stub_address(text)

extern "C" in_addr_t stub_address(const char* text);
