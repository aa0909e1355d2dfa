// Bytes that look like compiled code and its data: a few frequent instructions, many rare ones,
// strings, tables, runs of zeros. Deterministic. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "ota/wire/bytes.h"

namespace otter {

struct ContentRecipe {
  uint64_t seed = 1;    // what the build is: changes everything
  std::string version;  // changes about one function in fifty, and no function's size
};

// `size` bytes of code, of the part of the program that `part` numbers.
std::vector<uint8_t> make_code(const ContentRecipe& recipe, uint32_t part, size_t size);

// `size` bytes of constant data: strings, tables of addresses from `base_address` up, zeros.
std::vector<uint8_t> make_data(const ContentRecipe& recipe, uint32_t base_address, size_t size);

}  // namespace otter
