// What menuconfig would write; port_syntax_test.py gives its macros to the compiler.
// Only what Otter uses: tools/idf_signatures.py compares it with ESP-IDF.
#pragma once
