// What a device sends besides reports: its log when it is asked, core dumps after crashes; also
// when the power fails.
#include <gmock/gmock.h>

#include "publish/core_dump.h"
#include "publish/core_dump_maker.h"
#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class UploadTest : public UpdateTest {
 protected:
  UploadTest() {
    config_.keeps_core_dumps = true;
    make_device();
  }
  // What a crash of the running image would leave, before the next boot.
  void crash() {
    DumpRecipe recipe;
    recipe.chip = kEsp32c3;
    recipe.pc += ++crashes_;     // each is another one
    recipe.stack_size = 10'000;  // more than one piece
    ASSERT_EQ(partition().write(make_core_dump(recipe)), Error::ok);
    make_device();
  }
  size_t sent(const std::string& path) const {
    return static_cast<size_t>(std::ranges::count_if(
        server_.requests, [&](const SeenRequest& one) { return one.target.starts_with(path); }));
  }
  uint32_t dump_size() { return partition().size_bytes(); }

 private:
  VirtualCoreDump partition() {
    const Result<PartitionTable> table = load_partition_table(flash_);
    const Partition& found = *table.value.find(kTypeData, kSubtypeCoredump);
    return VirtualCoreDump(FlashPartition(flash_, found.offset, found.size_bytes));
  }
  uint32_t crashes_ = 0;
};

TEST_F(UploadTest, SendsItsLogOnceWhenItIsAsked) {
  server_.command = "send_logs";
  rest(5 * kMinute);
  ASSERT_THAT(server_.logs, SizeIs(1)) << log_;
  EXPECT_THAT(server_.logs[0], HasSubstr("0 I Current version: 1.0.0\n"));
  EXPECT_THAT(server_.logs[0], HasSubstr("0 I Enrolled as board-1\n"));
  EXPECT_THAT(server_.logs[0], Not(HasSubstr("otk_shared")));
  EXPECT_TRUE(device_->is_at_rest());
}

TEST_F(UploadTest, SendsItsLogBeforeItTakesARelease) {
  server_.command = "send_logs";
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed);
  EXPECT_THAT(server_.logs, SizeIs(1));
}

TEST_F(UploadTest, SendsAnEmptyLogIfItKeepsNone) {
  config_.updater.log_size_bytes = 0;
  make_device();
  server_.command = "send_logs";
  rest(5 * kMinute);
  EXPECT_EQ(server_.logs, std::vector<std::string>{""});
}

TEST_F(UploadTest, SendsTheLogOnceInACheckAlsoIfItIsAskedForAgain) {
  server_.command = "send_logs";
  server_.faults.statement = [](std::string& text) {
    const size_t at = text.find("\"command\":null");
    if (at != std::string::npos) text.replace(at, 14, "\"command\":\"send_logs\"");
  };
  rest(kMinute / 2);
  EXPECT_THAT(server_.logs, SizeIs(1));
  rest(kMinute);
  EXPECT_LE(server_.logs.size(), 3U);
}

TEST_F(UploadTest, GivesUpALogThatTheServerDoesNotTakeUntilTheNextCheck) {
  server_.command = "send_logs";
  server_.faults.upload_status = 500;
  rest(10'000);
  EXPECT_EQ(sent("/firmware/log"), 1U);
  EXPECT_TRUE(logged("Not uploaded: http_status"));
  server_.faults.upload_status = 0;
  rest(5 * kMinute);
  EXPECT_THAT(server_.logs, SizeIs(1));
}

TEST_F(UploadTest, LeavesACoreDumpWhenItCrashesAndSendsIt) {
  server_.offer(release_of("1.0.1", "crash"));
  rest(kHour);
  ASSERT_THAT(server_.dumps, SizeIs(1)) << log_;
  const std::optional<CrashFacts> facts = read_core_dump(as_bytes(Text(server_.dumps[0])));
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->chip, "esp32c3");
  EXPECT_EQ(facts->task, "main");
  const Digest elf = inspect_image(image_of("1.0.1", "crash")).app_elf_sha256;
  EXPECT_EQ(facts->app_elf_sha256, to_hex(elf).characters);
  EXPECT_EQ(dump_size(), 0U);
  EXPECT_TRUE(logged("Core dump sent and erased"));
}

TEST_F(UploadTest, SendsADumpInPiecesAndOnce) {
  crash();
  const uint32_t size = dump_size();
  rest(10 * kMinute);
  ASSERT_THAT(server_.dumps, SizeIs(1)) << log_;
  EXPECT_EQ(server_.dumps[0].size(), size);
  EXPECT_EQ(sent("/firmware/dump"), 1 + (size + kSectorSize - 1) / kSectorSize);
  EXPECT_EQ(dump_size(), 0U);
}

TEST_F(UploadTest, TakesAReleaseBeforeItSendsADump) {
  crash();
  EXPECT_EQ(outcome_of(release_of("1.0.1", "healthy")).phase, Phase::confirmed);
  EXPECT_THAT(server_.dumps, IsEmpty());
  rest(5 * kMinute);
  EXPECT_THAT(server_.dumps, SizeIs(1));
}

TEST_F(UploadTest, GoesOnWhereTheServerHasIt) {
  crash();
  const uint32_t pieces = (dump_size() + kSectorSize - 1) / kSectorSize;
  ASSERT_GE(pieces, 2U);
  while (sent("/firmware/dump") < 2) now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  device_->power_on();  // in the middle of it
  rest(5 * kMinute);
  ASSERT_THAT(server_.dumps, SizeIs(1)) << log_;
  EXPECT_EQ(sent("/firmware/dump"), pieces + 2);  // one question more
}

TEST_F(UploadTest, KeepsADumpThatTheServerRefuses) {
  crash();
  server_.faults.upload_status = 413;
  rest(10 * kMinute);
  EXPECT_EQ(sent("/firmware/dump"), 1U);  // in this boot
  EXPECT_NE(dump_size(), 0U);
  server_.faults.upload_status = 0;
  device_->power_on();
  rest(10 * kMinute);
  EXPECT_THAT(server_.dumps, SizeIs(1));
}

TEST_F(UploadTest, SendsNoDumpIfItMayNot) {
  config_.updater.sends_core_dumps = false;
  crash();
  rest(10 * kMinute);
  EXPECT_EQ(sent("/firmware/dump"), 0U);
  EXPECT_NE(dump_size(), 0U);
}

// A power cut at every flash operation from the check-in to the erased dump: in the end the server
// has it once, and the partition is empty.
class UploadCutTest : public UploadTest, public testing::WithParamInterface<FlashDecision> {};

TEST_P(UploadCutTest, SendsTheDumpAlsoIfThePowerIsCut) {
  rest(2 * kMinute);  // it is enrolled
  for (uint64_t operation = 0; operation < 100; ++operation) {
    crash();
    const size_t before = server_.dumps.size();
    CutAtOperation cut(flash_.operation_count() + operation, GetParam());
    flash_.set_fault(&cut);
    rest(2 * kMinute);
    const bool is_over = flash_.has_power();
    flash_.set_fault(nullptr);
    if (!is_over) device_->power_on();
    rest(2 * kMinute);
    EXPECT_EQ(server_.dumps.size(), before + 1) << operation << "\n" << log_;
    EXPECT_EQ(dump_size(), 0U) << operation;
    if (is_over) return;
  }
  FAIL() << "the power was cut each time";
}

INSTANTIATE_TEST_SUITE_P(, UploadCutTest,
                         testing::Values(FlashDecision{PowerCut::before},
                                         FlashDecision{PowerCut::torn, 7},
                                         FlashDecision{PowerCut::after}),
                         [](const auto& kind) {
                           return kind.param.cut == PowerCut::before ? "Before"
                                  : kind.param.cut == PowerCut::torn ? "Torn"
                                                                     : "After";
                         });

}  // namespace
}  // namespace otter::sim
