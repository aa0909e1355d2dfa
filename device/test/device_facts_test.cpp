#include "ota/wire/device_facts.h"

#include <array>

#include "device/test/printers.h"

namespace otter {
namespace {

const std::string kNonce = ":AAECAwQFBgcICQoLDA0ODw==:";
const std::string kLeast = "id=\"d1\", product=\"p\", chip=\"esp32\", nonce=" + kNonce;

Error parse_error(const std::string& header) { return parse_device_facts(header).error; }

std::string written_facts(const DeviceFacts& facts) {
  std::array<uint8_t, kDeviceFactsSizeMax> buffer{};
  Appender out(buffer);
  write_device_facts(facts, out);
  EXPECT_FALSE(out.failed());
  return string_of(out.written());
}

DeviceFacts full_facts() {
  DeviceFacts facts;
  facts.id = "aa:bb";
  facts.version = "1.0.1-rc1";
  facts.app_elf_sha256.bytes[0] = 0xEE;
  facts.product = "sensor";
  facts.hardware = "b2";
  facts.chip = 0x000D;
  facts.revision = 101;
  facts.layout[7] = 7;
  facts.slot_size_bytes = 0x1A0000;
  facts.boot_state = BootState::rolled_back;
  facts.sequence = 42;
  facts.nonce[0] = 0xFF;
  facts.client = "0.1.0";
  facts.health = {86400, ResetReason::task_watchdog, 51234, -67};
  return facts;
}

TEST(DeviceFacts, LieAsDocumented) {
  EXPECT_EQ(written_facts(full_facts()),
            "id=\"aa:bb\", ver=\"1.0.1-rc1\", elf=:7gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:, "
            "product=\"sensor\", hw=\"b2\", chip=\"esp32c6\", rev=101, layout=:AAAAAAAAAAc=:, "
            "slot=1703936, boot=\"rolled_back\", seq=42, nonce=:/wAAAAAAAAAAAAAAAAAAAA==:, "
            "client=\"0.1.0\", up=86400, reset=\"task_watchdog\", heap=51234, rssi=67");
}

TEST(DeviceFacts, ReadBackAsWritten) {
  const std::string header = written_facts(full_facts());
  const Result<DeviceFacts> read = parse_device_facts(header);
  ASSERT_EQ(read.error, Error::ok);
  EXPECT_EQ(written_facts(read.value), header);
  EXPECT_EQ(read.value.id, Text("aa:bb"));
  EXPECT_EQ(read.value.version, Text("1.0.1-rc1"));
  EXPECT_EQ(read.value.hardware, Text("b2"));
  EXPECT_EQ(read.value.chip, 0x000D);
  EXPECT_EQ(read.value.revision, 101);
  EXPECT_EQ(read.value.layout[7], 7);
  EXPECT_EQ(read.value.slot_size_bytes, 0x1A0000u);
  EXPECT_EQ(read.value.boot_state, BootState::rolled_back);
  EXPECT_EQ(read.value.sequence, 42u);
  EXPECT_EQ(read.value.nonce[0], 0xFF);
  EXPECT_EQ(read.value.client, Text("0.1.0"));
  EXPECT_EQ(read.value.health.uptime_s, 86400u);
  EXPECT_EQ(read.value.health.reset_reason, ResetReason::task_watchdog);
  EXPECT_EQ(read.value.health.heap_low_water_bytes, 51234u);
  EXPECT_EQ(read.value.health.rssi_dbm, -67);
}

TEST(DeviceFacts, OfADeviceThatDoesNotSayHowItFaresAreRead) {
  const DeviceHealth health = parse_device_facts(kLeast).value.health;
  EXPECT_EQ(health.uptime_s, kUptimeUnknown);
  EXPECT_EQ(health.reset_reason, ResetReason::unknown);
  EXPECT_EQ(health.heap_low_water_bytes, 0u);
  EXPECT_EQ(health.rssi_dbm, 0);
}

TEST(DeviceFacts, SayHowADeviceFaresAsFarAsItIsKnown) {
  DeviceFacts facts = full_facts();
  facts.health = {};
  EXPECT_EQ(written_facts(facts).find(", up="), std::string::npos);
  for (const int rssi : {5, 0, -256, -32768}) {  // no signal has these
    facts.health = {0, ResetReason::unknown, 0, static_cast<int16_t>(rssi)};
    const std::string header = written_facts(facts);
    EXPECT_TRUE(header.ends_with("client=\"0.1.0\", up=0")) << header;
  }
}

TEST(DeviceFacts, EveryResetReasonReadsBack) {
  for (int reason = 0; reason <= static_cast<int>(ResetReason::brownout); ++reason) {
    DeviceFacts facts = full_facts();
    facts.health.reset_reason = static_cast<ResetReason>(reason);
    const std::string header = written_facts(facts);
    EXPECT_EQ(parse_device_facts(header).value.health.reset_reason, facts.health.reset_reason);
  }
}

TEST(DeviceFacts, AResetReasonOfANewerDeviceIsUnknown) {
  for (const char* reason : {"", "efuse", "Panic", "power glitch"}) {
    const std::string header = kLeast + ", reset=\"" + reason + "\"";
    const Result<DeviceFacts> read = parse_device_facts(header);
    EXPECT_EQ(read.error, Error::ok) << header;
    EXPECT_EQ(read.value.health.reset_reason, ResetReason::unknown);
  }
}

TEST(DeviceFacts, EveryBootStateReadsBack) {
  for (BootState state :
       {BootState::confirmed, BootState::trial, BootState::rolled_back, BootState::unsupported}) {
    DeviceFacts facts = full_facts();
    facts.boot_state = state;
    const std::string header = written_facts(facts);
    EXPECT_EQ(parse_device_facts(header).value.boot_state, state);
  }
}

TEST(DeviceFacts, LargestOnesFit) {
  const std::string id(64, 'i');
  const std::string version(32, 'v');
  DeviceFacts facts = full_facts();
  facts.id = id;
  facts.product = id;
  facts.hardware = id;
  facts.version = version;
  facts.client = version;
  facts.chip = 0x0014;
  facts.revision = 0xFFFF;
  facts.slot_size_bytes = UINT32_MAX;
  facts.sequence = 999999999999999;
  facts.root_version = facts.trust_version = UINT32_MAX;
  facts.config_version = facts.config_failed = UINT32_MAX;
  facts.health = {kUptimeUnknown - 1, ResetReason::interrupt_watchdog, UINT32_MAX, kRssiLowest};
  facts.patch_memory_bytes = UINT32_MAX;
  const std::string header = written_facts(facts);
  EXPECT_EQ(parse_error(header), Error::ok);
  EXPECT_EQ(header.size(), 662u);  // docs/spec/device-facts.md
}

// A build's own version may be any 32 bytes: it must not break the header, or the device could
// never check in.
TEST(DeviceFacts, TextsThatCantStandInTheHeaderAreLeftOut) {
  for (const char* version : {"1.0 beta", "1\"0", "1\r\nX: y", "\xC3\xA4", "a\\b", "2/3"}) {
    DeviceFacts facts = full_facts();
    facts.version = version;
    facts.client = version;
    facts.hardware = version;
    const std::string header = written_facts(facts);
    const Result<DeviceFacts> read = parse_device_facts(header);
    EXPECT_EQ(read.error, Error::ok) << header;
    EXPECT_TRUE(read.value.version.empty());
    EXPECT_TRUE(read.value.hardware.empty());
    EXPECT_TRUE(read.value.client.empty());
  }
}

TEST(DeviceFacts, NeedIdProductChipAndNonce) {
  EXPECT_EQ(parse_error(kLeast), Error::ok);
  EXPECT_EQ(parse_error(""), Error::missing_field);
  EXPECT_EQ(parse_error("product=\"p\", chip=\"esp32\", nonce=" + kNonce), Error::missing_field);
  EXPECT_EQ(parse_error("id=\"d\", chip=\"esp32\", nonce=" + kNonce), Error::missing_field);
  EXPECT_EQ(parse_error("id=\"d\", product=\"p\", nonce=" + kNonce), Error::missing_field);
  EXPECT_EQ(parse_error("id=\"d\", product=\"p\", chip=\"esp32\""), Error::missing_field);
}

TEST(DeviceFacts, UnknownKeysAreSkipped) {
  EXPECT_EQ(parse_error("signal=70, *x.y-z_1=\"\", " + kLeast + ", stack=:AA==:"), Error::ok);
  EXPECT_EQ(parse_error(kLeast + ",x=1,x=2"), Error::ok);
}

TEST(DeviceFacts, WhiteSpaceIsAllowedAfterCommasOnly) {
  EXPECT_EQ(parse_error(kLeast + ",\t  rev=1"), Error::ok);
  EXPECT_EQ(parse_error(kLeast + ",rev=1"), Error::ok);
  for (const std::string& header : {" " + kLeast, kLeast + " ", kLeast + " , rev=1",
                                    kLeast + ", rev= 1", kLeast + ", rev =1", kLeast + "\n"}) {
    EXPECT_EQ(parse_error(header), Error::malformed) << header;
  }
}

TEST(DeviceFacts, RefuseWhatIsNotADictionary) {
  for (const char* more : {",", ", ", ",,rev=1", ", =1", ", rev", ", rev=", ", rev=;a=1", ", R=1",
                           ", rev=1;a=1", ", rev=-1", ", rev=1.5", ", rev=?1", ", rev=token",
                           ", rev=(1 2)", ", 1a=1", ", -a=1", ", _a=1", ", .a=1", ";rev=1"}) {
    EXPECT_EQ(parse_error(kLeast + more), Error::malformed) << more;
  }
}

TEST(DeviceFacts, RefuseBrokenStrings) {
  for (const char* more : {", ver=\"1", ", ver=\"", ", ver=\"1\\\"0\"", ", ver=\"1\x7F\"",
                           ", ver=\"1\xC3\xA4\"", ", ver=\"1\n\"", ", ver=\"1\"x", ", ver=\"\"",
                           ", hw=\"a b\"", ", boot=\"\"", ", boot=\"Trial\"", ", ver='1'"}) {
    EXPECT_EQ(parse_error(kLeast + more), Error::malformed) << more;
  }
}

TEST(DeviceFacts, RefuseBrokenBytes) {
  for (const char* more : {", layout=:AAAAAAAAAAc=", ", layout=:AAAAAAAAAAc:", ", layout=::",
                           ", layout=:AAAAAAAAAA==:", ", layout=:AAAAAAAAAAd=:", ", layout=:",
                           ", layout=:AAAA AAAAAc=:"}) {
    EXPECT_EQ(parse_error(kLeast + more), Error::malformed) << more;
  }
  EXPECT_EQ(parse_error(kLeast + ", layout=:AAAAAAAAAAAA:"), Error::too_large);
}

TEST(DeviceFacts, RefuseDuplicates) {
  EXPECT_EQ(parse_error(kLeast + ", id=\"d2\""), Error::duplicate_key);
  EXPECT_EQ(parse_error(kLeast + ", rev=1, rev=1"), Error::duplicate_key);
}

TEST(DeviceFacts, RefuseWrongTypes) {
  for (const char* more : {", ver=1", ", hw=:AA==:", ", rev=\"1\"", ", slot=:AA==:", ", boot=1",
                           ", seq=\"1\"", ", layout=\"AAAAAAAAAAc=\"", ", elf=1", ", client=7",
                           ", up=\"1\"", ", reset=1", ", heap=:AA==:", ", rssi=\"67\""}) {
    EXPECT_EQ(parse_error(kLeast + more), Error::wrong_type) << more;
  }
  EXPECT_EQ(parse_error("id=\"d\", product=\"p\", chip=5, nonce=" + kNonce), Error::wrong_type);
}

TEST(DeviceFacts, RefuseNumbersOutOfRange) {
  for (const char* more :
       {", rev=65536", ", slot=4294967296", ", seq=1000000000000000", ", x=99999999999999999999",
        ", up=4294967295", ", heap=4294967296", ", rssi=256"}) {
    EXPECT_EQ(parse_error(kLeast + more), Error::out_of_range) << more;
  }
  EXPECT_EQ(parse_error(kLeast + ", rev=65535, slot=4294967295, seq=999999999999999"), Error::ok);
  EXPECT_EQ(parse_error(kLeast + ", up=4294967294, heap=4294967295, rssi=255"), Error::ok);
}

TEST(DeviceFacts, RefuseUnknownChips) {
  EXPECT_EQ(parse_error("id=\"d\", product=\"p\", chip=\"esp8266\", nonce=" + kNonce),
            Error::wrong_chip);
  DeviceFacts facts = full_facts();
  facts.chip = kChipUnknown;
  EXPECT_EQ(parse_error(written_facts(facts)), Error::wrong_chip);
}

TEST(DeviceFacts, AreBounded) {
  std::string header = kLeast + ", x=\"";
  header += std::string(kDeviceFactsSizeMax - header.size() - 1, 'x') + "\"";
  EXPECT_EQ(parse_error(header), Error::ok);
  EXPECT_EQ(parse_error(header + " "), Error::too_large);
}

TEST(DeviceFacts, NoTruncationReadsPastTheEnd) {
  const std::string header = written_facts(full_facts());
  for (size_t size = 0; size < header.size(); ++size) {
    const std::vector<uint8_t> exact = bytes_of(header.substr(0, size));
    const Result<DeviceFacts> read = parse_device_facts(as_text(exact));
    if (read.ok()) {
      EXPECT_EQ(header[size], size > 0 && isdigit(header[size - 1]) ? header[size] : ',');
    }
  }
}

}  // namespace
}  // namespace otter
