// Runs on the chip's instruction set, on QEMU's board `virt` without an operating system: the test
// vectors, and tapes of whole updates. Files, arguments and exit code come and go by semihosting.
//
//   chip_test engine TAPE             plays a tape of device/test/tape_test.cpp
//   chip_test vectors FOLDER TAPE     the vectors in FOLDER; TAPE is what their crypto answers
//   ... flip POSITION                 the same after one bit of the tape was changed
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "device/test/chip/painted_stack.h"
#include "device/test/engine_player.h"
#include "device/test/vector_checks.h"

// Objects with virtual destructors name it; nothing here is ever on a heap.
void operator delete(void*) noexcept { abort(); }
void operator delete(void*, size_t) noexcept { abort(); }
extern "C" void __cxa_pure_virtual() { abort(); }

namespace otter {
namespace {

uint8_t tape_memory[16 * 1024 * 1024];
uint8_t file_memory[kVectorFileSizeMax];
uint8_t workspace[kWorkspaceSize];

// The file's bytes in `memory`; ends the program if that can't be.
Bytes read_file(const char* path, MutableBytes memory) {
  const int file = open(path, O_RDONLY);
  size_t size = 0;
  for (ssize_t read_now = 1; file >= 0 && read_now > 0 && size < memory.size;) {
    read_now = read(file, memory.data + size, memory.size - size);
    if (read_now > 0) size += static_cast<size_t>(read_now);
  }
  if (file < 0 || size == 0 || size == memory.size) {
    printf("FAILED: can't read %s\n", path);
    exit(2);
  }
  close(file);
  return memory.part(0, size);
}

int conclude(const PlayedTape& tape, bool is_good) {
  if (tape.failed()) printf("differs at byte %zu of the tape\n", tape.position());
  printf("%s\n", is_good ? "PASSED" : "FAILED");
  return is_good ? 0 : 1;
}

int play_engine(PlayedTape& tape) {
  static EnginePlayer player(tape, workspace);
  bool is_same = false;
  const size_t stack = stack_used_by([&] { is_same = player.play(); });
  printf("%lu acts of the engine, Updater: %zu bytes, stack: %zu bytes\n",
         static_cast<unsigned long>(player.acts()), sizeof(Updater), stack);
  return conclude(tape, is_same);
}

class PrintedReport : public VectorReport {
 public:
  void differs(Text vector, Text what) override {
    ++count;
    printf("%.*s: %.*s\n", static_cast<int>(vector.size), vector.data, static_cast<int>(what.size),
           what.data);
  }

  size_t count = 0;
};

int run_vectors(const char* folder, PlayedTape& tape) {
  TapedCrypto crypto(tape, nullptr);
  PrintedReport report;
  for (const char* name : kVectorFiles) {
    char path[256];
    snprintf(path, sizeof(path), "%s/%s.json", folder, name);
    const Text text = as_text(read_file(path, file_memory));
    const size_t count = check_vectors(name, text, crypto, report);
    printf("%s: %zu vectors\n", name, count);
    if (count == 0) return conclude(tape, false);
  }
  return conclude(tape, report.count == 0 && !tape.failed() && tape.is_at_end());
}

}  // namespace
}  // namespace otter

// arguments[0] is the program, however it was started.
int main(int count, char** arguments) {
  using namespace otter;
  const bool is_engine = count > 2 && Text(arguments[1]) == Text("engine");
  const int tape_at = is_engine ? 2 : 3;
  if (count <= tape_at) return 2;
  const Bytes bytes = read_file(arguments[tape_at], tape_memory);
  if (count > tape_at + 2) tape_memory[strtoul(arguments[tape_at + 2], nullptr, 10)] ^= 1;
  PlayedTape tape(bytes);
  return is_engine ? play_engine(tape) : run_vectors(arguments[2], tape);
}
