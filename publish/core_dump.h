// What a core dump says of the crash that left it: docs/spec/core-dump.md. The bytes are a
// device's, so nothing in them is believed. Pure, any thread.
#pragma once

#include <optional>
#include <string>

#include "ota/wire/bytes.h"

namespace otter {

constexpr uint16_t kMachineXtensa = 94;  // e_machine of an ELF file
constexpr uint16_t kMachineRiscv = 243;
constexpr size_t kElf32HeadSize = 52;         // [bytes] an Elf32_Ehdr
constexpr size_t kElf32SegmentHeadSize = 32;  // [bytes] an Elf32_Phdr

struct CrashFacts {
  uint16_t machine = 0;
  std::string chip;            // "esp32c3"; empty: not one that is known
  std::string app_elf_sha256;  // of the firmware's ELF file, its first hexadecimal digits; or empty
  size_t tasks = 0;
  // Of the task that crashed.
  std::string task;     // its name; empty: not known
  uint32_t pc = 0;      // where it stopped
  uint32_t caller = 0;  // where it would have gone back to; 0: not known
  std::string reason;   // what the program said, as of an assertion; empty: nothing
};

// Nothing, if it is no dump in ESP-IDF's ELF format.
//
// Source: ESP-IDF v5.1 to v5.5 components/espcoredump/src/core_dump_elf.c,
//         src/port/{riscv,xtensa}/core_dump_port.c, include_core_dump/esp_core_dump_types.h
std::optional<CrashFacts> read_core_dump(Bytes dump);

}  // namespace otter
