#include "sim/flash_settings.h"

#include <gtest/gtest.h>

namespace otter::sim {
namespace {

constexpr uint32_t kOffset = 0x9000;  // [bytes]

class FlashSettingsTest : public testing::Test {
 protected:
  FlashSettingsTest() {
    nvs_.offset = kOffset;
    nvs_.size_bytes = 5 * kSectorSize;
  }
  std::string loaded(Setting setting) {
    uint8_t out[8];
    const Result<size_t> size = FlashSettings(flash_, nvs_).load(setting, out);
    return size.ok() ? std::string(out, out + size.value) : std::string(name(size.error).data);
  }
  Error store(Setting setting, const char* value) {
    return FlashSettings(flash_, nvs_).store(setting, as_bytes(Text(value)));
  }

  Partition nvs_;
  NorFlash flash_{4 * kMebibyte};
};

TEST_F(FlashSettingsTest, KeepEachValueByItself) {
  EXPECT_EQ(loaded(Setting::device_key), "");
  ASSERT_EQ(store(Setting::device_key, "one"), Error::ok);
  ASSERT_EQ(store(Setting::next_device_key, "two"), Error::ok);
  EXPECT_EQ(loaded(Setting::device_key), "one");
  EXPECT_EQ(loaded(Setting::next_device_key), "two");
  ASSERT_EQ(store(Setting::next_device_key, ""), Error::ok);
  EXPECT_EQ(loaded(Setting::next_device_key), "");
  ASSERT_EQ(store(Setting::device_key, "too long for it"), Error::ok);
  EXPECT_EQ(loaded(Setting::device_key), "too_large");
}

TEST_F(FlashSettingsTest, HoldTheOldOrTheNewValueAfterACutAtAnyOperation) {
  ASSERT_EQ(store(Setting::device_key, "old"), Error::ok);
  const uint64_t first = flash_.operation_count();
  for (uint64_t operation = first;; ++operation) {
    NorFlash before = flash_.fork();
    CutAtOperation fault(operation, {PowerCut::torn, 3});
    before.set_fault(&fault);
    const Error error =
        FlashSettings(before, nvs_).store(Setting::device_key, as_bytes(Text("new")));
    before.set_fault(nullptr);
    const bool was_cut = !before.has_power();
    EXPECT_EQ(error, was_cut ? Error::settings_io : Error::ok);
    before.restore_power();
    uint8_t out[8];
    const Result<size_t> size = FlashSettings(before, nvs_).load(Setting::device_key, out);
    ASSERT_TRUE(size.ok());
    EXPECT_EQ(std::string(out, out + size.value), was_cut ? "old" : "new") << operation;
    if (was_cut) continue;
    EXPECT_GE(operation, first + 2);
    return;
  }
}

}  // namespace
}  // namespace otter::sim
