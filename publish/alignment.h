// Which stretch of one text each stretch of another continues: candidates from a suffix index, then
// the cheapest way through them. Pure, any thread. docs/design.md, "Patches".
#pragma once

#include <vector>

#include "ota/patch/address_map.h"

namespace otter {

// What a way costs, about in bits of the payload.
struct AlignmentCosts {
  double match = 0.02;        // a byte that agrees
  double first_miss = 11;     // one that doesn't, behind one that does
  double next_miss = 6.5;     // and further ones
  double new_byte = 5;        // one that continues nothing
  double new_begin = 3;       // where such bytes begin
  double step_base = 16;      // to another place of the base ...
  double step_per_bit = 1.2;  // ... and for each bit of the distance ...
  double step_max = 26;       // ... but never more than this
  uint32_t size_min = 6;      // [bytes] of a piece that is looked up
};

// The blocks in the order of the result; bytes of it that are in none are new. Blocks hold bytes
// that differ, too.
//
// Errors: std::runtime_error (no memory)
std::vector<MapBlock> align(Bytes base, Bytes result, const AlignmentCosts& costs);

}  // namespace otter
