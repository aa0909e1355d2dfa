#include "sim/boot_table.h"

#include <cstdio>
#include <cstring>
#include <sstream>

#include "sim/otadata_text.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

constexpr size_t kTableSlotsMax = 3;

// Of the images of an anti-rollback line: those that verify have a digit, their security version,
// those that are damaged behind it a letter.
constexpr char kVersions[] = "0123456789";
constexpr char kDamagedVersions[] = "ABCDEFGHIJ";

struct StateLine {
  bool rollback = true;
  std::optional<SecurityFuse> fuse;
  std::string slots;   // 'g' verifies, 'b' does not; one for each slot
  char factory = '-';  // the same, or '-': there is no such partition
  char test = '-';
  Otadata otadata;
};

[[noreturn]] void refuse(const std::string& line) {
  throw SimError("not a state line (docs/boot.md): " + line);
}

// "1", "0", or with anti-rollback "a2/16": 2 of 16 bits are burned.
bool parse_bootloader(const std::string& text, StateLine* line) {
  line->rollback = text != "0";
  if (text == "0" || text == "1") return true;
  unsigned version = 0, size_bits = 0;
  char more = 0;
  if (std::sscanf(text.c_str(), "a%2u/%2u%c", &version, &size_bits, &more) != 2) return false;
  line->fuse = SecurityFuse{version, size_bits};
  return version <= size_bits && size_bits <= 32;
}

std::string images_of(const StateLine& line) {
  return line.fuse ? std::string("gb") + kVersions + kDamagedVersions : "gb";
}

bool is_image(const StateLine& line, const std::string& text) {
  return text == "-" || (text.size() == 1 && images_of(line).find(text[0]) != std::string::npos);
}

bool are_slots(const StateLine& line, const std::string& text) {
  return text == "-" || (text.size() <= kTableSlotsMax &&
                         text.find_first_not_of(images_of(line)) == std::string::npos);
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
  std::string bootloader, slots, factory, test, first, second, more;
  in >> bootloader >> slots >> factory >> test >> first >> second;
  StateLine out;
  const bool is_line = in && !(in >> more) && parse_bootloader(bootloader, &out) &&
                       are_slots(out, slots) && is_image(out, factory) && is_image(out, test) &&
                       parse_entry(first, &out.otadata.entries[0]) &&
                       parse_entry(second, &out.otadata.entries[1]);
  if (!is_line) refuse(line);
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

void put_image(BootBench& board, int index, char image) {
  if (const char* digit = std::strchr(kVersions, image)) {
    board.put_versioned_image(index, static_cast<uint32_t>(digit - kVersions), true);
  } else if (const char* letter = std::strchr(kDamagedVersions, image)) {
    board.put_versioned_image(index, static_cast<uint32_t>(letter - kDamagedVersions), false);
  } else if (image == 'g') {
    board.put_image(index, true);
  } else {
    board.clear_image(index);
  }
}

}  // namespace

BootBench& BootTable::bench(const BenchLayout& layout) {
  const int key = layout.slot_count * 4 + (layout.has_factory ? 2 : 0) + (layout.has_test ? 1 : 0);
  std::unique_ptr<BootBench>& bench = benches_[key];
  if (!bench) bench = std::make_unique<BootBench>(layout);
  return *bench;
}

std::string BootTable::boot_line(const std::string& line) {
  StateLine state = parse_line(line);
  BootBench& board =
      bench({static_cast<uint8_t>(state.slots.size()), state.factory != '-', state.test != '-'});
  for (size_t slot = 0; slot < state.slots.size(); ++slot) {
    put_image(board, static_cast<int>(slot), state.slots[slot]);
  }
  if (state.factory != '-') put_image(board, kFactoryIndex, state.factory);
  if (state.test != '-') put_image(board, kTestIndex, state.test);
  board.put(state.otadata);
  SecurityFuse* const fuse = state.fuse ? &*state.fuse : nullptr;
  const std::string booted = boot_name(board.boot(state.rollback, fuse));
  const Otadata after = board.read_otadata();
  return booted + " " + entry_text(after.entries[0]) + " " + entry_text(after.entries[1]) +
         (fuse != nullptr ? " " + std::to_string(fuse->version) : "");
}

}  // namespace otter::sim
