#include "sim/boot_table.h"

#include <cstdio>
#include <sstream>

#include "sim/otadata_text.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

constexpr size_t kTableSlotsMax = 3;

struct StateLine {
  bool rollback = true;
  std::string slots;   // 'g' verifies, 'b' does not; one for each slot
  char factory = '-';  // the same, or '-': there is no such partition
  char test = '-';
  Otadata otadata;
};

[[noreturn]] void refuse(const std::string& line) {
  throw SimError("not a state line (docs/boot.md): " + line);
}

bool is_image(const std::string& text) { return text == "g" || text == "b" || text == "-"; }

bool are_slots(const std::string& text) {
  return text == "-" ||
         (text.size() <= kTableSlotsMax && text.find_first_not_of("gb") == std::string::npos);
}

bool parse_entry(const std::string& text, OtadataEntry* entry) {
  uint32_t sequence = 0, state = 0, crc = 0;
  char more = 0;
  if (std::sscanf(text.c_str(), "%8x:%8x:%8x%c", &sequence, &state, &crc, &more) != 3) return false;
  *entry = {sequence, static_cast<OtaState>(state), crc};
  return true;
}

StateLine parse_line(const std::string& line) {
  std::istringstream in(line);
  std::string rollback, slots, factory, test, first, second, more;
  in >> rollback >> slots >> factory >> test >> first >> second;
  StateLine out;
  const bool is_line = in && !(in >> more) && (rollback == "0" || rollback == "1") &&
                       are_slots(slots) && is_image(factory) && is_image(test) &&
                       parse_entry(first, &out.otadata.entries[0]) &&
                       parse_entry(second, &out.otadata.entries[1]);
  if (!is_line) refuse(line);
  out.rollback = rollback == "1";
  out.slots = slots == "-" ? "" : slots;
  out.factory = factory[0];
  out.test = test[0];
  return out;
}

std::string entry_text(const OtadataEntry& entry) {
  char out[32];
  std::snprintf(out, sizeof(out), "%08x:%08x:%08x", static_cast<unsigned>(entry.sequence),
                static_cast<unsigned>(entry.state), static_cast<unsigned>(entry.crc));
  return out;
}

}  // namespace

BootBench& BootTable::bench(const BenchLayout& layout) {
  const int key = layout.slot_count * 4 + (layout.has_factory ? 2 : 0) + (layout.has_test ? 1 : 0);
  std::unique_ptr<BootBench>& bench = benches_[key];
  if (!bench) bench = std::make_unique<BootBench>(layout);
  return *bench;
}

std::string BootTable::boot_line(const std::string& line) {
  const StateLine state = parse_line(line);
  BootBench& board =
      bench({static_cast<uint8_t>(state.slots.size()), state.factory != '-', state.test != '-'});
  for (size_t slot = 0; slot < state.slots.size(); ++slot) {
    board.put_image(static_cast<int>(slot), state.slots[slot] == 'g');
  }
  if (state.factory != '-') board.put_image(kFactoryIndex, state.factory == 'g');
  if (state.test != '-') board.put_image(kTestIndex, state.test == 'g');
  board.put(state.otadata);
  const std::string booted = boot_name(board.boot(state.rollback));
  const Otadata after = board.read_otadata();
  return booted + " " + entry_text(after.entries[0]) + " " + entry_text(after.entries[1]);
}

}  // namespace otter::sim
