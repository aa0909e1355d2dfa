#include "sim/chip_facts.h"

#include <fstream>

#include "sim/sim_error.h"

namespace otter::sim {

std::string efuse_path(const std::string& board) { return board + ".efuse"; }

void write_chip_facts(const std::string& path, const ChipFacts& facts) {
  std::ofstream file(path, std::ios::trunc);
  const Text chip = chip_name(facts.chip);
  file << "chip " << std::string(chip.data, chip.size) << "\nrevision " << facts.revision << '\n';
  if (!file.flush()) throw SimError(path + ": can't write it");
}

ChipFacts read_chip_facts(const std::string& path) {
  std::ifstream file(path);
  std::string chip_word, chip, revision_word;
  int64_t revision = -1;
  file >> chip_word >> chip >> revision_word >> revision;
  const Chip* known = find_chip(Text(chip));
  const bool ok = file && chip_word == "chip" && revision_word == "revision" && known != nullptr &&
                  revision >= 0 && revision <= UINT16_MAX;
  if (!ok) {
    throw SimError(path + ": can't read the chip and its revision; make the board anew");
  }
  return ChipFacts{known->id, static_cast<uint16_t>(revision)};
}

}  // namespace otter::sim
