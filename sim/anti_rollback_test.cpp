// The security version in the chip: what the bootloader and ESP-IDF's own functions do with it, row
// by row of docs/boot.md.
#include <gtest/gtest.h>

#include "sim/boot_bench.h"
#include "sim/boot_page.h"
#include "sim/otadata_text.h"
#include "sim/vendor_ota.h"

namespace otter::sim {
namespace {

constexpr uint32_t kTableFuseBits = 4;

int index_of(const std::string& partition) {
  if (partition == "factory") return kFactoryIndex;
  if (partition == "test") return kTestIndex;
  return std::stoi(partition.substr(4));
}

// One partition of a row: "ota_0:1", "!ota_1:2" is damaged behind its description, "ota_0:none" has
// no description, "ota_1:empty" no image.
struct RowImage {
  int index = 0;
  std::optional<uint32_t> version;
  bool verifies = true;
  bool is_empty = false;
};

RowImage parse_image(std::string word) {
  RowImage image;
  image.verifies = word[0] != '!';
  if (!image.verifies) word.erase(0, 1);
  const size_t colon = word.find(':');
  const std::string content = word.substr(colon + 1);
  image.index = index_of(word.substr(0, colon));
  image.is_empty = content == "empty";
  if (!image.is_empty && content != "none") {
    image.version = static_cast<uint32_t>(std::stoul(content));
  }
  return image;
}

std::vector<RowImage> parse_images(const std::string& text) {
  std::vector<RowImage> images;
  std::istringstream in(text);
  for (std::string word; in >> word;) images.push_back(parse_image(word));
  return images;
}

BenchLayout layout_of(const std::vector<RowImage>& images) {
  BenchLayout layout{0, false, false};
  for (const RowImage& image : images) {
    if (image.index >= 0) ++layout.slot_count;
    if (image.index == kFactoryIndex) layout.has_factory = true;
    if (image.index == kTestIndex) layout.has_test = true;
  }
  return layout;
}

OtadataEntry entry(const std::string& text) { return parse_entry_text(text).value(); }

// A board with the images of a row, an eFuse, and ESP-IDF's functions on it.
struct FuseBoard {
  std::vector<RowImage> images;
  BootBench bench;
  SecurityFuse fuse;

  FuseBoard(const std::string& partitions, const std::string& burned)
      : images(parse_images(partitions)),
        bench(layout_of(images)),
        fuse{static_cast<uint32_t>(std::stoul(burned)), kTableFuseBits} {
    for (const RowImage& image : images) {
      if (image.version) bench.put_versioned_image(image.index, *image.version, image.verifies);
      if (!image.version && !image.is_empty) bench.put_image(image.index, true);
    }
  }
  void entries(const std::string& first, const std::string& second) {
    bench.put(Otadata{{entry(first), entry(second)}});
  }
  const RowImage* find(int index) const {
    for (const RowImage& image : images) {
      if (image.index == index) return &image;
    }
    return nullptr;
  }
  bool verifies(int index) const {
    const RowImage* image = find(index);
    return image != nullptr && image->verifies && !image->is_empty;
  }
  std::optional<uint32_t> version_of(int index) const {
    const RowImage* image = find(index);
    return image != nullptr ? image->version : std::nullopt;
  }
};

TEST(AntiRollbackTable, HoldsInTheBootloaderModel) {
  const std::vector<BootPageRow> rows = boot_page_rows("r");
  EXPECT_EQ(rows.size(), 20u);
  for (const BootPageRow& row : rows) {
    FuseBoard board(row.at(2), row.at(1));
    board.entries(row.at(3), row.at(4));
    EXPECT_EQ(boot_name(board.bench.boot(true, &board.fuse)), row.at(5)) << row.at(0);
    const Otadata after = board.bench.read_otadata();
    EXPECT_EQ(to_text(after.entries[0]), row.at(6)) << row.at(0);
    EXPECT_EQ(to_text(after.entries[1]), row.at(7)) << row.at(0);
    EXPECT_EQ(std::to_string(board.fuse.version), row.at(8)) << row.at(0);
  }
}

const char* name_of(VendorError error) {
  if (error == VendorError::ok) return "ok";
  if (error == VendorError::no_description) return "not found";
  if (error == VendorError::small_version) return "erased";
  if (error == VendorError::not_burned) return "not burned";
  return error == VendorError::rollback_failed ? "rollback failed" : "another error";
}

// "ota_1: mark_valid", "ota_0: set_boot ota_1"; before the colon what runs.
VendorError call(FuseBoard& board, IdfVersion idf, const std::string& text) {
  const int running = index_of(text.substr(0, text.find(':')));
  const BenchLayout& layout = board.bench.layout();
  VendorOta ota(board.bench.otadata(),
                VendorSetup{behaviour_of(idf), true, layout.has_factory, layout.slot_count},
                [&board](int index) { return board.verifies(index); });
  ota.use_anti_rollback({board.fuse, running,
                         [&board](int index) { return board.version_of(index); },
                         [&board](int index) {
                           board.bench.clear_image(index);
                           return true;
                         }});
  if (text.find("mark_valid") != std::string::npos) return ota.mark_valid();
  if (text.find("mark_invalid") != std::string::npos) return ota.mark_invalid();
  return ota.set_boot(index_of(text.substr(text.rfind(' ') + 1)));
}

TEST(AntiRollbackTable, HoldsInTheModelOfTheApplicationsFunctions) {
  const std::vector<BootPageRow> rows = boot_page_rows("s");
  EXPECT_EQ(rows.size(), 10u);
  for (const BootPageRow& row : rows) {
    for (const IdfVersion idf : kIdfVersions) {
      FuseBoard board(row.at(2), row.at(1));
      board.entries(row.at(4), row.at(5));
      EXPECT_STREQ(name_of(call(board, idf, row.at(3))), row.at(6).c_str()) << row.at(0);
      EXPECT_EQ(to_text(board.bench.read_otadata()), row.at(7)) << row.at(0);
      EXPECT_EQ(std::to_string(board.fuse.version), row.at(8)) << row.at(0);
    }
  }
}

// An erased slot has no image that a boot with any eFuse could start.
TEST(AntiRollback, SetBootErasesASlotBelowTheFuse) {
  FuseBoard board("ota_0:1 ota_1:0", "1");
  board.entries("1 valid", "erased");
  ASSERT_EQ(call(board, IdfVersion::v5_5_4, "ota_0: set_boot ota_1"), VendorError::small_version);
  uint8_t magic[1];
  ASSERT_EQ(board.bench.partition(1).read(0, magic), Error::ok);
  EXPECT_EQ(magic[0], 0xFF);
}

TEST(AntiRollback, WithoutPowerNothingIsBurned) {
  FuseBoard board("ota_0:1 ota_1:1", "0");  // erased otadata: the boot writes entry 0, then burns
  NorFlash& flash = board.bench.flash();
  CutAtOperation fault(flash.operation_count(), {PowerCut::after, 0});
  flash.set_fault(&fault);
  EXPECT_EQ(board.bench.boot(true, &board.fuse), std::nullopt);
  EXPECT_EQ(board.fuse.version, 0u);
  flash.restore_power();
  EXPECT_EQ(board.bench.boot(true, &board.fuse), 0);
  EXPECT_EQ(board.fuse.version, 1u);
}

TEST(AntiRollback, ABootloaderWithoutItAsksForNoVersion) {
  FuseBoard board("ota_0:0 ota_1:1", "1");
  board.entries("1 valid", "erased");
  EXPECT_EQ(board.bench.boot(), 0);
  EXPECT_EQ(board.fuse.version, 1u);
}

}  // namespace
}  // namespace otter::sim
