#include "publish/core_dump_maker.h"

#include <algorithm>

#include "ota/crc32.h"
#include "publish/core_dump.h"

namespace otter {
namespace {

constexpr size_t kHeadSize = 24;     // before the ELF file
constexpr size_t kStatusSize = 460;  // of a note of registers: Xtensa's, the longer one
constexpr size_t kTcbSize = 344;
constexpr size_t kChecksumSize = 4;
constexpr uint32_t kVersion = 0x0102;  // ELF, CRC-32
constexpr uint32_t kTcbAddress = 0x3FC91AC0;
constexpr uint32_t kStackAddress = 0x3FC91900;

using Block = std::vector<uint8_t>;

void put(Block& out, size_t offset, uint32_t word) {
  for (size_t i = 0; i < 4; ++i) out.at(offset + i) = static_cast<uint8_t>(word >> (8 * i));
}

void append(Block& out, uint32_t word) {
  out.resize(out.size() + 4);
  put(out, out.size() - 4, word);
}

void append(Block& out, const Block& more) { out.insert(out.end(), more.begin(), more.end()); }

Block padded(const std::string& text, size_t size) {
  Block out(text.begin(), text.end());
  out.resize(size);
  return out;
}

Block note(const std::string& name, uint32_t type, const Block& data) {
  Block out;
  const size_t name_size = (name.size() + 4) / 4 * 4;
  append(out, static_cast<uint32_t>(name_size));
  append(out, static_cast<uint32_t>(data.size()));
  append(out, type);
  append(out, padded(name, name_size));
  append(out, data);
  out.resize((out.size() + 3) / 4 * 4);
  return out;
}

bool is_xtensa(ChipId chip) {
  const std::string name = chip_name(chip).data;
  return name == "esp32" || name == "esp32s2" || name == "esp32s3";
}

Block status(const DumpRecipe& recipe) {
  Block out(kStatusSize);
  put(out, 24, kTcbAddress);
  put(out, 72, recipe.pc);
  put(out, is_xtensa(recipe.chip) ? 328 : 76, recipe.caller);
  return out;
}

Block info(const DumpRecipe& recipe) {
  Block out;
  append(out, uint32_t{recipe.chip} << 16 | kVersion);
  append(out, padded(recipe.app_elf_sha256, 66));
  return out;
}

Block tcb(const DumpRecipe& recipe) {
  Block out(kTcbSize);
  for (size_t i = 0; i < recipe.task.size() && i < 15; ++i) {
    out[52 + i] = static_cast<uint8_t>(recipe.task[i]);
  }
  return out;
}

struct Part {
  uint32_t type;
  uint32_t address;
  Block data;
};

Block elf_of(ChipId chip, const std::vector<Part>& parts) {
  Block out(kElf32HeadSize);
  put(out, 0, 0x464C457F);
  put(out, 4, 0x00010101);  // 32 bits, little-endian
  put(out, 16, uint32_t{is_xtensa(chip) ? kMachineXtensa : kMachineRiscv} << 16 | 4);
  put(out, 20, 1);
  put(out, 28, kElf32HeadSize);
  put(out, 40, kElf32SegmentHeadSize << 16 | kElf32HeadSize);
  put(out, 44, static_cast<uint32_t>(parts.size()));
  size_t offset = kElf32HeadSize + parts.size() * kElf32SegmentHeadSize;
  for (const Part& part : parts) {
    const auto size = static_cast<uint32_t>(part.data.size());
    for (const uint32_t word : {part.type, static_cast<uint32_t>(offset), part.address,
                                part.address, size, size, 6U, 0U}) {
      append(out, word);
    }
    offset += size;
  }
  for (const Part& part : parts) append(out, part.data);
  return out;
}

uint32_t first_word(const Block& bytes) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; ++i) word |= uint32_t{bytes[i]} << (8 * i);
  return word;
}

}  // namespace

std::vector<uint8_t> make_core_dump(const DumpRecipe& recipe) {
  Block facts = note("ESP_CORE_DUMP_INFO", 8266, info(recipe));
  Block crashed;
  append(crashed, kTcbAddress);
  append(facts, note("EXTRA_INFO", 677, crashed));
  if (!recipe.reason.empty()) {
    append(facts,
           note("ESP_PANIC_DETAILS", 679, Block(recipe.reason.begin(), recipe.reason.end())));
  }
  const Block elf = elf_of(recipe.chip, {{4, 0, note("CORE", 1, status(recipe))},
                                         {1, kTcbAddress, tcb(recipe)},
                                         {1, kStackAddress, Block(recipe.stack_size, 0xA5)},
                                         {4, 0, facts}});
  Block out(kHeadSize + elf.size());
  std::copy(elf.begin(), elf.end(), out.begin() + kHeadSize);
  put(out, 0, static_cast<uint32_t>(out.size() + kChecksumSize));
  put(out, 4, uint32_t{recipe.chip} << 16 | kVersion);
  append(out, crc32(0, out));
  return out;
}

uint32_t core_dump_size(const std::vector<uint8_t>& front) {
  if (front.size() < 4) return 0;
  const uint32_t size = first_word(front);
  return size == UINT32_MAX || size < kHeadSize + kChecksumSize ? 0 : size;
}

bool is_whole_core_dump(const std::vector<uint8_t>& dump) {
  if (dump.size() < kChecksumSize || core_dump_size(dump) != dump.size()) return false;
  const Block body(dump.begin(), dump.end() - kChecksumSize);
  const Block checksum(dump.end() - kChecksumSize, dump.end());
  return crc32(0, body) == first_word(checksum);
}

}  // namespace otter
