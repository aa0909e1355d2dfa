#include "sim/otadata_text.h"

#include <gmock/gmock.h>

namespace otter::sim {
namespace {

std::string round_trip(const std::string& text) {
  const std::optional<OtadataEntry> entry = parse_entry_text(text);
  return entry ? to_text(*entry) : "-";
}

TEST(OtadataText, ReadsWhatItPrints) {
  for (const char* text : {"erased", "1 valid", "0 undefined", "7 fresh bad-crc", "2 unknown",
                           "-1 pending_verify", "3 aborted", "4 invalid"}) {
    EXPECT_EQ(round_trip(text), text);
  }
}

TEST(OtadataText, RefusesOtherTexts) {
  for (const char* text :
       {"", "valid", "1", "1 good", "1 valid crc", "-2 valid", "4294967295 valid"}) {
    EXPECT_FALSE(parse_entry_text(text)) << text;
  }
}

TEST(OtadataText, ShowsBothEntries) {
  const Otadata otadata{{make_entry(3, OtaState::fresh), OtadataEntry()}};
  EXPECT_EQ(to_text(otadata), "{3 fresh}{erased}");
}

TEST(OtadataText, WritesBytesThatParseBack) {
  uint8_t raw[kOtadataEntrySize];
  write_entry_bytes(make_entry(5, kUnknownState, false), raw);
  EXPECT_EQ(to_text(parse_otadata_entry(raw)), "5 unknown bad-crc");
}

}  // namespace
}  // namespace otter::sim
