#include "sim/nor_flash.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "publish/temporary_folder.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

using Vector = std::vector<uint8_t>;

Vector read(const NorFlash& flash, uint32_t offset, size_t size) {
  Vector out(size);
  EXPECT_EQ(flash.read(offset, out), Error::ok);
  return out;
}

std::string refusal(const std::string& path) {
  try {
    NorFlash::open_file(path);
  } catch (const SimError& error) {
    return error.what();
  }
  return "";
}

struct Cut {
  NorFlash flash{4 * kMebibyte};
  CutAtOperation fault;
  Cut(uint64_t operation, PowerCut kind, uint32_t torn_bytes)
      : fault(operation, {kind, torn_bytes}) {
    flash.set_fault(&fault);
  }
};

TEST(NorFlash, IsErasedWhenNew) {
  NorFlash flash(4 * kMebibyte);
  EXPECT_EQ(read(flash, 4 * kMebibyte - 4, 4), Vector(4, 0xFF));
}

TEST(NorFlash, ProgramOnlyClearsBits) {
  NorFlash flash(4 * kMebibyte);
  EXPECT_EQ(flash.program(10, Vector{0xF0, 0x0F}), Error::ok);
  EXPECT_EQ(flash.program(10, Vector{0x3C, 0xFF}), Error::ok);
  EXPECT_EQ(read(flash, 9, 4), (Vector{0xFF, 0x30, 0x0F, 0xFF}));
}

TEST(NorFlash, EraseSetsWholeSectorsAndNoMore) {
  NorFlash flash(4 * kMebibyte);
  EXPECT_EQ(flash.program(0, Vector(3 * kSectorSize, 0)), Error::ok);
  EXPECT_EQ(flash.erase(kSectorSize, kSectorSize), Error::ok);
  EXPECT_EQ(read(flash, kSectorSize - 1, 2), (Vector{0, 0xFF}));
  EXPECT_EQ(read(flash, 2 * kSectorSize - 1, 2), (Vector{0xFF, 0}));
}

TEST(NorFlash, RefusesToErasePartsOfSectors) {
  NorFlash flash(4 * kMebibyte);
  EXPECT_EQ(flash.erase(1, kSectorSize), Error::flash_io);
  EXPECT_EQ(flash.erase(0, kSectorSize - 1), Error::flash_io);
}

TEST(NorFlash, RefusesWhatIsOutside) {
  NorFlash flash(4 * kMebibyte);
  Vector two(2);
  EXPECT_EQ(flash.read(4 * kMebibyte - 1, two), Error::flash_io);
  EXPECT_EQ(flash.program(4 * kMebibyte - 1, two), Error::flash_io);
  EXPECT_EQ(flash.erase(4 * kMebibyte, kSectorSize), Error::flash_io);
  EXPECT_EQ(flash.program(0xFFFFFFFF, two), Error::flash_io);
  EXPECT_EQ(flash.operation_count(), 0u);
}

TEST(NorFlash, CountsAnOperationPerPageAndPerSector) {
  NorFlash flash(4 * kMebibyte);
  EXPECT_EQ(flash.program(kPageSize - 1, Vector(2, 0)), Error::ok);
  EXPECT_EQ(flash.operation_count(), 2u);
  EXPECT_EQ(flash.program(0, Vector(kPageSize, 0)), Error::ok);
  EXPECT_EQ(flash.operation_count(), 3u);
  EXPECT_EQ(flash.erase(0, 3 * kSectorSize), Error::ok);
  EXPECT_EQ(flash.operation_count(), 6u);
}

TEST(NorFlash, CountsTheWearOfEachSector) {
  NorFlash flash(4 * kMebibyte);
  EXPECT_EQ(flash.erase(0, 2 * kSectorSize), Error::ok);
  EXPECT_EQ(flash.erase(kSectorSize, kSectorSize), Error::ok);
  EXPECT_EQ(flash.erase_count(0), 1u);
  EXPECT_EQ(flash.erase_count(1), 2u);
  EXPECT_EQ(flash.erase_count(2), 0u);
}

TEST(NorFlash, HasOneHashForWhatItHolds) {
  NorFlash flash(4 * kMebibyte);
  const uint64_t erased = flash.hash();
  EXPECT_EQ(flash.program(kSectorSize, Vector{0xFF, 1}), Error::ok);
  const uint64_t written = flash.hash();
  EXPECT_NE(written, erased);
  EXPECT_EQ(flash.fork().hash(), written);
  EXPECT_EQ(flash.program(0, Vector(kSectorSize, 0xFF)), Error::ok);
  EXPECT_EQ(flash.hash(), written) << "no cell has changed";
  EXPECT_EQ(flash.erase(kSectorSize, kSectorSize), Error::ok);
  EXPECT_EQ(flash.program(2 * kSectorSize, Vector{0xFF, 1}), Error::ok);
  EXPECT_NE(flash.hash(), written) << "the same in another sector";
  EXPECT_EQ(flash.erase(2 * kSectorSize, kSectorSize), Error::ok);
  EXPECT_EQ(flash.hash(), erased);
}

TEST(PowerCut, BeforeAnOperationLeavesNothingOfIt) {
  Cut cut(0, PowerCut::before, 0);
  EXPECT_EQ(cut.flash.program(0, Vector(4, 0)), Error::flash_io);
  cut.flash.restore_power();
  EXPECT_EQ(read(cut.flash, 0, 4), Vector(4, 0xFF));
}

TEST(PowerCut, TornLeavesTheFront) {
  Cut cut(0, PowerCut::torn, 3);
  EXPECT_EQ(cut.flash.program(0, Vector(4, 0)), Error::flash_io);
  cut.flash.restore_power();
  EXPECT_EQ(read(cut.flash, 0, 4), (Vector{0, 0, 0, 0xFF}));
}

TEST(PowerCut, AfterAnOperationLeavesAllOfIt) {
  Cut cut(0, PowerCut::after, 0);
  EXPECT_EQ(cut.flash.program(0, Vector(4, 0)), Error::flash_io);
  cut.flash.restore_power();
  EXPECT_EQ(read(cut.flash, 0, 4), Vector(4, 0));
}

TEST(PowerCut, TearsAnErase) {
  Cut cut(1, PowerCut::torn, 2);
  EXPECT_EQ(cut.flash.program(0, Vector(4, 0)), Error::ok);
  EXPECT_EQ(cut.flash.erase(0, kSectorSize), Error::flash_io);
  cut.flash.restore_power();
  EXPECT_EQ(read(cut.flash, 0, 4), (Vector{0xFF, 0xFF, 0, 0}));
}

TEST(PowerCut, FreezesTheChip) {
  Cut cut(1, PowerCut::before, 0);
  EXPECT_EQ(cut.flash.program(0, Vector(2 * kPageSize, 0)), Error::flash_io);
  EXPECT_FALSE(cut.flash.has_power());
  Vector byte(1);
  EXPECT_EQ(cut.flash.read(0, byte), Error::flash_io);
  EXPECT_EQ(cut.flash.program(1000, Vector(1, 0)), Error::flash_io);
  EXPECT_EQ(cut.flash.erase(0, kSectorSize), Error::flash_io);
  cut.flash.restore_power();
  EXPECT_EQ(read(cut.flash, kPageSize - 1, 2), (Vector{0, 0xFF}));
  EXPECT_EQ(read(cut.flash, 1000, 1), Vector{0xFF});
}

TEST(FlashPartition, IsAWindow) {
  NorFlash flash(4 * kMebibyte);
  FlashPartition partition(flash, kSectorSize, 2 * kSectorSize);
  EXPECT_EQ(partition.size_bytes(), 2 * kSectorSize);
  EXPECT_EQ(partition.program(5, Vector{1}), Error::ok);
  EXPECT_EQ(read(flash, kSectorSize + 5, 1), Vector{1});
  EXPECT_EQ(partition.erase(0, kSectorSize), Error::ok);
  EXPECT_EQ(read(flash, kSectorSize + 5, 1), Vector{0xFF});
}

TEST(FlashPartition, HasNoWayOut) {
  NorFlash flash(4 * kMebibyte);
  FlashPartition partition(flash, kSectorSize, 2 * kSectorSize);
  Vector two(2);
  EXPECT_EQ(partition.program(2 * kSectorSize - 1, two), Error::flash_io);
  EXPECT_EQ(partition.read(2 * kSectorSize - 1, two), Error::flash_io);
  EXPECT_EQ(partition.erase(kSectorSize, 2 * kSectorSize), Error::flash_io);
  EXPECT_EQ(partition.erase(0xFFFFF000, kSectorSize), Error::flash_io);
  EXPECT_EQ(flash.operation_count(), 0u);
}

TEST(FlashFile, KeepsWhatWasWritten) {
  const TemporaryFolder folder;
  {
    NorFlash flash = NorFlash::create_file(folder.file("board.bin"), 4 * kMebibyte);
    EXPECT_EQ(flash.program(300, Vector{7}), Error::ok);
  }
  EXPECT_EQ(read(NorFlash::open_file(folder.file("board.bin")), 299, 3), (Vector{0xFF, 7, 0xFF}));
}

// The child dies with the operation's return: nothing may wait for a destructor.
TEST(FlashFile, HoldsEachOperationWhenTheProcessIsKilled) {
  const TemporaryFolder folder;
  const std::string path = folder.file("board.bin");
  NorFlash::create_file(path, 4 * kMebibyte);
  const pid_t child = fork();
  if (child == 0) {
    NorFlash flash = NorFlash::open_file(path);
    if (flash.program(0, Vector{1, 2}) == Error::ok) kill(getpid(), SIGKILL);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(read(NorFlash::open_file(path), 0, 3), (Vector{1, 2, 0xFF}));
}

TEST(FlashFile, IsForOneProcessAtATime) {
  const TemporaryFolder folder;
  const std::string path = folder.file("board.bin");
  {
    const NorFlash first = NorFlash::create_file(path, 4 * kMebibyte);
    EXPECT_EQ(refusal(path), "flash " + path +
                                 ": another process runs this board; stop it first, or use "
                                 "another file");
  }
  EXPECT_EQ(refusal(path), "");
}

TEST(FlashFile, CanBeCopiedWhileItRuns) {
  const TemporaryFolder folder;
  const std::string path = folder.file("board.bin");
  NorFlash running = NorFlash::create_file(path, 4 * kMebibyte);
  EXPECT_EQ(running.program(0, Vector{1}), Error::ok);
  NorFlash copy = NorFlash::load_file(path);
  EXPECT_EQ(copy.program(0, Vector{0}), Error::ok);
  EXPECT_EQ(read(running, 0, 1), Vector{1});
  EXPECT_EQ(read(NorFlash::load_file(path), 0, 1), Vector{1});
}

TEST(FlashFile, RefusesAnOddSize) {
  const TemporaryFolder folder;
  const std::string path = folder.file("odd.bin");
  std::ofstream(path) << "odd";
  EXPECT_EQ(refusal(path), "flash " + path + ": has 3 bytes; a flash chip has 4, 8 or 16 MiB");
}

TEST(FlashFile, SaysThatItIsMissing) {
  const TemporaryFolder folder;
  const std::string path = folder.file("none.bin");
  EXPECT_EQ(refusal(path), "flash " + path + ": can't open it: No such file or directory");
}

TEST(FlashFile, DoesNotOverwriteAnotherBoard) {
  const TemporaryFolder folder;
  const std::string path = folder.file("board.bin");
  NorFlash::create_file(path, 4 * kMebibyte);
  EXPECT_THROW(NorFlash::create_file(path, 4 * kMebibyte), SimError);
  EXPECT_EQ(std::filesystem::file_size(path), 4 * kMebibyte);
}

}  // namespace
}  // namespace otter::sim
