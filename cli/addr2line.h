// Addresses as places in the source, by the addr2line of the chip's toolchain. Main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace otter::cli {

// "0x4200583c"
std::string address_text(uint32_t address);

// The programs that can read an ELF file of this machine (kMachineRiscv, kMachineXtensa), the
// vendor's first.
std::vector<std::string> addr2line_names(uint16_t machine, const std::string& chip);

// The first of `names` that is in the PATH; empty: none is.
std::string find_program(const std::vector<std::string>& names);

// A line for each address: "function at file:line", functions that were put into others behind
// each other. Runs `program` without a shell.
//
// Errors: std::runtime_error (it can't be started, or fails)
std::vector<std::string> places_of(const std::string& program, const std::string& elf,
                                   const std::vector<uint32_t>& addresses);

}  // namespace otter::cli
