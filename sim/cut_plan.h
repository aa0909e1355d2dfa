// What goes wrong in a simulated world, and the words by which it is told to `otter sim run`.
// docs/simulator.md. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ota/wire/bytes.h"
#include "sim/flash_traits.h"

namespace otter::sim {

// What a power cut leaves of the flash operation that was under way.
enum class TearKind : uint8_t {
  before,  // nothing of it
  prefix,  // its first bytes
  random,  // of each byte nothing, all, or some bits
  biased,  // of each bit that it changes, with one probability
  after,   // all of it, but nobody was told
};

struct Cut {
  uint64_t operation = 0;  // counted from 0 since the power came on
  TearKind kind = TearKind::before;
  uint32_t bytes = 0;      // prefix
  uint32_t per_mille = 0;  // biased: the probability
  uint64_t seed = 0;       // random, biased
};
// "57:before", "57:torn:prefix:13", "57:torn:random:9", "57:torn:bias:0.97:9", "57:after".
std::string text_of(const Cut& cut);
std::optional<Cut> parse_cut(const std::string& text);

// What is in the cells after the cut. `before` and `after` are what was there and what would be.
//
// REQUIRES: before.size == after.size
std::vector<uint8_t> tear(const Cut& cut, Bytes before, Bytes after);

enum class WireFaultKind : uint8_t {
  drop,          // the connection ends
  stall,         // nothing more comes
  duplicate,     // the 16 bytes before it come a second time
  truncate,      // the answer says that it ends there
  whole_file,    // 200 with the whole file where 206 was asked for
  changed_etag,  // the file is said to be another one
};
const char* name(WireFaultKind kind);

struct WireFault {
  uint32_t request = 0;  // counted from 0 since the power came on
  uint32_t byte = 0;     // of the answer's body
  WireFaultKind kind = WireFaultKind::drop;
};
// "2:120:stall".
std::string text_of(const WireFault& fault);
std::optional<WireFault> parse_wire_fault(const std::string& text);

// All that goes wrong in one world, in the order in which it happens: each cut ends one life of the
// device; the other two happen in the first.
struct Trouble {
  std::vector<Cut> cuts;
  std::optional<uint64_t> failing_operation;  // fails with the power on
  std::optional<WireFault> wire;
  std::optional<uint32_t> otadata_state;  // the start state, by its number
  FlashTraits flash;                      // from the offer of the release on
};
// " --cut 57:after --cut 3:before": as options.
std::string text_of(const Trouble& trouble);

}  // namespace otter::sim
