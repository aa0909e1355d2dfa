#include "server/offer.h"

#include <gtest/gtest.h>

#include <set>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

DeviceFacts facts_of_lamp() {
  DeviceFacts facts;
  facts.id = "lamp-7";
  facts.version = "1.0.0";
  facts.product = "lamp";
  facts.hardware = "rev-b";
  facts.chip = find_chip(Text("esp32c3"))->id;
  facts.revision = 101;
  facts.slot_size_bytes = 1024 * 1024;
  facts.sequence = 3;
  facts.client = "0.1.0";
  return facts;
}

Manifest manifest_for_lamp() {
  Manifest manifest;
  manifest.product = "lamp";
  manifest.channel = "stable";
  manifest.version = "1.0.1";
  manifest.sequence = 4;
  manifest.chip = facts_of_lamp().chip;
  manifest.image_size_bytes = 4096;
  return manifest;
}

// What a lamp would be told of the manifest after `change`.
template <typename Change>
Error check_after(Change change) {
  Manifest manifest = manifest_for_lamp();
  DeviceFacts facts = facts_of_lamp();
  change(manifest, facts);
  return check_release(manifest, facts, kNow);
}

Json list_of(const char* text) { return Json::parse(Text(text)).value; }

TEST(CheckRelease, TakesWhatFits) {
  EXPECT_EQ(check_after([](Manifest&, DeviceFacts&) {}), Error::ok);
}

TEST(CheckRelease, RefusesWhatIsForOthers) {
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.product = "fan"; }),
            Error::wrong_product);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.device = "lamp-8"; }),
            Error::wrong_device);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.device = "lamp-7"; }), Error::ok);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.group = "beta"; }), Error::wrong_device);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.chip = 0; }), Error::wrong_chip);
}

TEST(CheckRelease, ComparesRevisions) {
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.revision_min = 101; }), Error::ok);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.revision_min = 102; }),
            Error::wrong_revision);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.revision_max = 100; }),
            Error::wrong_revision);
}

TEST(CheckRelease, ComparesHardwareAndLayout) {
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.hardware = list_of("[\"rev-b\"]"); }),
            Error::ok);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.hardware = list_of("[\"rev-a\"]"); }),
            Error::wrong_hardware);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts& f) {
              f.layout[7] = 0xAB;
              m.layouts = list_of("[\"1111111111111111\",\"00000000000000ab\"]");
            }),
            Error::ok);
  EXPECT_EQ(
      check_after([](Manifest& m, DeviceFacts&) { m.layouts = list_of("[\"1111111111111111\"]"); }),
      Error::wrong_layout);
}

TEST(CheckRelease, NeedsRoomInTheSlot) {
  EXPECT_EQ(check_after([](Manifest&, DeviceFacts& f) { f.slot_size_bytes = 4096; }), Error::ok);
  EXPECT_EQ(check_after([](Manifest&, DeviceFacts& f) { f.slot_size_bytes = 4095; }),
            Error::slot_too_small);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.min_slot_bytes = 2 * 1024 * 1024; }),
            Error::slot_too_small);
}

TEST(CheckRelease, NeverGoesBack) {
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.sequence = 3; }), Error::old_sequence);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.version = "0.9.9"; }), Error::downgrade);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) {
              m.version = "0.9.9";
              m.allow_downgrade = true;
            }),
            Error::ok);
}

TEST(CheckRelease, AsksForWhatMustComeBefore) {
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.min_from_version = "1.0.0"; }),
            Error::ok);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.min_from_version = "1.0.1"; }),
            Error::version_too_old);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.min_client = "0.2.0"; }),
            Error::client_too_old);
}

TEST(CheckRelease, RefusesWhatHasExpired) {
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.expires_s = kNow + 1; }), Error::ok);
  EXPECT_EQ(check_after([](Manifest& m, DeviceFacts&) { m.expires_s = kNow; }), Error::expired);
}

TEST(NextCheckin, SpreadsAFleetOverATenthOfTheInterval) {
  std::set<uint32_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const uint32_t next_s = next_checkin_of("lamp-" + std::to_string(i), 3600);
    EXPECT_GE(next_s, 3600U);
    EXPECT_LE(next_s, 3960U);
    seen.insert(next_s);
  }
  EXPECT_GT(seen.size(), 250U);
  EXPECT_EQ(next_checkin_of("lamp-7", 3600), next_checkin_of("lamp-7", 3600));
  EXPECT_EQ(next_checkin_of("lamp-7", 9), 9U);
  EXPECT_EQ(next_checkin_of("lamp-7", kCheckIntervalMax), kCheckIntervalMax);
}

class ChooseReleaseTest : public testing::Test {
 protected:
  std::string choice(DeviceFacts facts = facts_of_lamp()) {
    facts.sequence = 0;
    const ReleasePtr release =
        choose_release(*server_.store, facts, "stable", kNow, [](const Release&) { return true; });
    return release != nullptr ? release->version : "none";
  }
  void note(const std::string& version, Outcome outcome) {
    Report report;
    report.id = version + name(outcome);
    report.device = "lamp-7";
    report.product = "lamp";
    report.outcome = outcome;
    report.manifest = release_of_version(*server_.store, "lamp", version)->manifest_sha256;
    add_report(*server_.store, report);
  }
  OfflineServer server_;
};

TEST_F(ChooseReleaseTest, TakesTheNewest) {
  EXPECT_EQ(choice(), "none");
  server_.publish("1.0.1", 1);
  server_.publish("1.0.2", 2);
  EXPECT_EQ(choice(), "1.0.2");
}

TEST_F(ChooseReleaseTest, TakesTheNewestThatFits) {
  server_.publish("1.0.1", 1);
  ManifestOptions options = OfflineServer::options_of("1.0.2", 2);
  options.device = "lamp-8";
  server_.publish(OfflineServer::image_of("1.0.2"), options);
  EXPECT_EQ(choice(), "1.0.1");
}

TEST_F(ChooseReleaseTest, OffersNothingTwiceThatFailed) {
  server_.publish("1.0.1", 1);
  server_.publish("1.0.2", 2);
  note("1.0.2", Outcome::rolled_back);
  EXPECT_EQ(choice(), "1.0.1");
  note("1.0.1", Outcome::refused);
  EXPECT_EQ(choice(), "none");
}

TEST_F(ChooseReleaseTest, OffersAgainWhatWasOnlyCutOff) {
  server_.publish("1.0.1", 1);
  note("1.0.1", Outcome::failed);
  EXPECT_EQ(choice(), "1.0.1");
}

TEST_F(ChooseReleaseTest, OffersToOthersWhatFailedOnOneDevice) {
  server_.publish("1.0.1", 1);
  note("1.0.1", Outcome::rolled_back);
  DeviceFacts other = facts_of_lamp();
  other.id = "lamp-8";
  EXPECT_EQ(choice(other), "1.0.1");
}

}  // namespace
}  // namespace otter::server
