#include "publish/core_dump.h"

#include <algorithm>
#include <vector>

#include "ota/wire/chip.h"

namespace otter {
namespace {

// The head before the ELF file: five words, later six with the chip's revision; format 1.4 keeps
// three of them.
constexpr size_t kHeadSizes[] = {12, 20, 24};
constexpr uint32_t kElfMagic = 0x464C457F;  // 7F 'E' 'L' 'F'
constexpr uint16_t kCoreFile = 4;           // e_type
constexpr uint32_t kLoadSegment = 1;        // p_type
constexpr uint32_t kNoteSegment = 4;
constexpr size_t kNoteHeadSize = 12;

constexpr uint32_t kStatusNote = 1;       // "CORE": a task's registers
constexpr uint32_t kInfoNote = 8266;      // "ESP_CORE_DUMP_INFO"
constexpr uint32_t kExtraInfoNote = 677;  // "EXTRA_INFO": which task crashed
constexpr uint32_t kReasonNote = 679;     // "ESP_PANIC_DETAILS"

// In a kStatusNote, for both machines.
constexpr size_t kTaskOffset = 24;  // the address of its TCB
constexpr size_t kPcOffset = 72;
constexpr size_t kRiscvCallerOffset = 76;    // ra
constexpr size_t kXtensaCallerOffset = 328;  // a0
constexpr size_t kTaskNameOffset = 52;       // in a TCB
constexpr size_t kTaskNameSizeMax = 16;
constexpr size_t kInfoDigestOffset = 4;  // in a kInfoNote, behind the version
constexpr size_t kReasonSizeMax = 256;
// Of more than these the rest is passed over: segments that lie over each other could else make a
// small file a long work.
constexpr size_t kSegmentsMax = 4096;
constexpr size_t kNotesMax = 4096;

struct Task {
  uint32_t address = 0;
  uint32_t pc = 0;
  uint32_t caller = 0;
};

struct Segment {
  uint32_t type = 0;
  uint32_t address = 0;
  Bytes data;
};

struct Note {
  uint32_t type = 0;
  Bytes data;
};

uint32_t word_at(Bytes bytes, size_t offset) {
  const Bytes word = bytes.part(offset, 4);
  uint32_t value = 0;
  for (size_t i = 0; i < word.size; ++i) value |= uint32_t{word.data[i]} << (8 * i);
  return value;
}

uint16_t half_at(Bytes bytes, size_t offset) {
  return static_cast<uint16_t>(word_at(bytes, offset) & 0xFFFF);
}

size_t padded(size_t size) { return (size + 3) / 4 * 4; }

// Up to the first byte that is none of `is_one_of`.
template <typename Test>
std::string text_at(Bytes bytes, size_t offset, size_t size_max, Test is_one_of) {
  const Bytes part = bytes.part(offset, size_max);
  const uint8_t* end = std::find_if_not(part.data, part.data + part.size, is_one_of);
  return {reinterpret_cast<const char*>(part.data), static_cast<size_t>(end - part.data)};
}

bool is_printable(uint8_t byte) { return byte >= 0x20 && byte < 0x7F; }

bool is_hex_digit(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

std::optional<Bytes> elf_in(Bytes dump) {
  for (const size_t head : kHeadSizes) {
    const Bytes elf = dump.part(head);
    const bool is_core =
        elf.size >= kElf32HeadSize && word_at(elf, 0) == kElfMagic && half_at(elf, 16) == kCoreFile;
    if (is_core) return elf;
  }
  return std::nullopt;
}

// What lies in the file only: a segment that says it is longer is cut off.
std::vector<Segment> segments_of(Bytes elf) {
  std::vector<Segment> segments;
  const size_t count = std::min<size_t>(half_at(elf, 44), kSegmentsMax);
  const Bytes heads = elf.part(word_at(elf, 28));
  for (size_t i = 0; i < count && heads.size >= (i + 1) * kElf32SegmentHeadSize; ++i) {
    const Bytes head = heads.part(i * kElf32SegmentHeadSize, kElf32SegmentHeadSize);
    segments.push_back(
        {word_at(head, 0), word_at(head, 8), elf.part(word_at(head, 4), word_at(head, 16))});
  }
  return segments;
}

void add_notes(Bytes segment, std::vector<Note>& notes) {
  while (segment.size >= kNoteHeadSize && notes.size() < kNotesMax) {
    const size_t name_size = padded(word_at(segment, 0));
    const size_t data_size = word_at(segment, 4);
    notes.push_back({word_at(segment, 8), segment.part(kNoteHeadSize + name_size, data_size)});
    segment = segment.part(kNoteHeadSize + name_size + padded(data_size));
  }
}

// On Xtensa the two upper bits of a return address are the size of the window that it closes.
uint32_t caller_in(Bytes status, uint16_t machine) {
  if (machine == kMachineRiscv) return word_at(status, kRiscvCallerOffset);
  const uint32_t a0 = word_at(status, kXtensaCallerOffset);
  return a0 == 0 ? 0 : (a0 & 0x3FFFFFFF) | 0x40000000;
}

struct Collected {
  std::vector<Task> tasks;
  uint32_t crashed = 0;  // the address of its TCB
};

void take_note(const Note& note, Collected& collected, CrashFacts& facts) {
  if (note.type == kStatusNote && note.data.size > kPcOffset) {
    collected.tasks.push_back({word_at(note.data, kTaskOffset), word_at(note.data, kPcOffset),
                               caller_in(note.data, facts.machine)});
  } else if (note.type == kInfoNote) {
    facts.app_elf_sha256 = text_at(note.data, kInfoDigestOffset, 64, is_hex_digit);
  } else if (note.type == kExtraInfoNote) {
    collected.crashed = word_at(note.data, 0);
  } else if (note.type == kReasonNote) {
    facts.reason = text_at(note.data, 0, kReasonSizeMax, is_printable);
  }
}

// The first, if none is named: the panic handler puts the one that ran in front.
Task crashed_task(const Collected& collected) {
  for (const Task& task : collected.tasks) {
    if (task.address == collected.crashed) return task;
  }
  return collected.tasks.empty() ? Task() : collected.tasks.front();
}

std::string chip_of(Bytes dump) {
  const Chip* chip = find_chip(static_cast<ChipId>(word_at(dump, 4) >> 16));
  return chip == nullptr ? "" : chip->name;
}

}  // namespace

std::optional<CrashFacts> read_core_dump(Bytes dump) {
  const std::optional<Bytes> elf = elf_in(dump);
  if (!elf.has_value()) return std::nullopt;
  CrashFacts facts;
  facts.machine = half_at(*elf, 18);
  facts.chip = chip_of(dump);
  const std::vector<Segment> segments = segments_of(*elf);
  std::vector<Note> notes;
  for (const Segment& segment : segments) {
    if (segment.type == kNoteSegment) add_notes(segment.data, notes);
  }
  Collected collected;
  for (const Note& note : notes) take_note(note, collected, facts);
  const Task task = crashed_task(collected);
  facts.tasks = collected.tasks.size();
  facts.pc = task.pc;
  facts.caller = task.caller;
  for (const Segment& segment : segments) {
    if (segment.type == kLoadSegment && segment.address == task.address && task.address != 0) {
      facts.task = text_at(segment.data, kTaskNameOffset, kTaskNameSizeMax, is_printable);
    }
  }
  return facts;
}

}  // namespace otter
