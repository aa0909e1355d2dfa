#include "sim/checker.h"

#include <gtest/gtest.h>

namespace otter::sim {
namespace {

Told told(Phase phase, const std::string& version = "1.0.1", const std::string& running = "") {
  Told out;
  out.phase = phase;
  out.version = version;
  out.report_id = "1";
  out.running = running;
  return out;
}

EndFacts end_of(const std::vector<Told>& told, const std::string& running) {
  EndFacts facts;
  facts.offered = "1.0.1";
  facts.running = running;
  facts.settled = true;
  facts.told = &told;
  return facts;
}

HttpRequest request_to(Text origin) {
  HttpRequest request;
  request.origin = origin;
  request.target = "/firmware/blobs/00";
  return request;
}

FloorFacts floors(uint64_t sequence, uint32_t security) {
  FloorFacts facts;
  facts.sequence_before = facts.sequence_now = sequence;
  facts.security_before = facts.security_now = security;
  return facts;
}

const std::vector<std::string> kSecrets = {"otk_key", "c0ffee"};

TEST(Checker, WantsSomethingToBoot) {  // I1
  EXPECT_FALSE(check_boots(true));
  EXPECT_TRUE(check_boots(false));
}

TEST(Checker, WantsAKnownImage) {  // I2
  const KnownImage image;
  EXPECT_FALSE(check_image_known(&image));
  EXPECT_TRUE(check_image_known(nullptr));
}

TEST(Checker, WantsFloorsThatNeverFall) {  // I3
  EXPECT_FALSE(check_floors(floors(3, 2)));
  FloorFacts facts = floors(3, 2);
  facts.sequence_now = 2;
  EXPECT_EQ(check_floors(facts), "the sequence floor fell from 3 to 2");
  facts = floors(3, 2);
  facts.security_now = 1;
  EXPECT_EQ(check_floors(facts), "the security floor fell from 2 to 1");
}

TEST(Checker, WantsNothingBelowTheFloorsToRun) {  // I3
  const KnownImage image{"1.0.0", 0, 2, 1, {}};
  FloorFacts facts = floors(2, 1);
  facts.running = &image;
  EXPECT_FALSE(check_floors(facts));
  facts = floors(2, 2);
  facts.running = &image;
  EXPECT_EQ(check_floors(facts), "1.0.0 runs below the security floor");
  facts = floors(3, 1);
  facts.running = &image;
  EXPECT_EQ(check_floors(facts), "1.0.0 runs though a later release was confirmed");
  facts.may_go_back = true;
  EXPECT_FALSE(check_floors(facts));
}

TEST(Checker, LetsSequencesBeginAnewWithAnEpoch) {  // I3
  FloorFacts facts = floors(7, 0);
  facts.epoch_before = 1;
  facts.epoch_now = 2;
  facts.sequence_now = 1;
  EXPECT_FALSE(check_floors(facts));
  facts.epoch_now = 0;
  EXPECT_EQ(check_floors(facts), "the epoch of release keys fell");
  const KnownImage old{"1.0.0", 1, 7, 0, {}};
  facts = floors(1, 0);
  facts.epoch_before = facts.epoch_now = 2;
  facts.running = &old;
  EXPECT_EQ(check_floors(facts), "1.0.0 runs though a later release was confirmed");
}

const std::vector<KnownDocument> kDocuments = {{1, "{\"a\":1}", 0}, {2, "{\"a\":2}", 3}};

TEST(Checker, WantsWhatIsNotFirmwareToArrive) {  // I4
  EndFacts facts;
  facts.cuts_tolerated = 2;
  facts.configurations = &kDocuments;
  facts.wanted = {2, 1, 2, 2};
  facts.checkin = {0, 2, 1, 2, 0, 2};
  facts.in_force = kDocuments[1].values;
  EXPECT_FALSE(check_facts(facts));
  facts.in_force = "null";
  EXPECT_TRUE(check_facts(facts)) << "the server hears of 2, the application of none";
  facts.checkin.config_version = 0;
  EXPECT_TRUE(check_facts(facts));
  facts.checkin.config_failed = 2;
  EXPECT_TRUE(check_facts(facts)) << "it was good";
  facts.cuts = 3;
  EXPECT_FALSE(check_facts(facts)) << "the power failed in each of its trials";
  for (uint32_t SeenCheckin::* fact :
       {&SeenCheckin::root_version, &SeenCheckin::trust_version, &SeenCheckin::key_epoch}) {
    EndFacts other = facts;
    --(other.checkin.*fact);
    EXPECT_TRUE(check_facts(other));
  }
}

TEST(Checker, WantsWholeConfigurationsInForce) {  // I10
  const KnownImage old{"1.0.0", 1, 2, 0, {}}, later{"1.0.1", 1, 3, 0, {}};
  const auto check = [&](const std::string& values, const KnownImage* running, bool was_confirmed) {
    return check_configuration({values, running, was_confirmed, &kDocuments}).has_value();
  };
  EXPECT_FALSE(check("null", &old, false));
  EXPECT_FALSE(check("{\"a\":1}", &old, true));
  EXPECT_FALSE(check("{\"a\":2}", &later, true));
  EXPECT_TRUE(check("null", &old, true)) << "it is lost";
  EXPECT_TRUE(check("{\"a\":2}", &old, false)) << "its release does not run";
  EXPECT_TRUE(check("{\"a\":3}", &later, false)) << "nobody made it";
}

TEST(Checker, WantsTheReleaseToArrive) {  // I4
  const std::vector<Told> nothing;
  EXPECT_FALSE(check_arrival(end_of(nothing, "1.0.1")));
  EXPECT_EQ(check_arrival(end_of(nothing, "1.0.0")), "1.0.0 still runs");
  EndFacts facts = end_of(nothing, "1.0.1");
  facts.settled = false;
  EXPECT_EQ(check_arrival(facts), "the device does not come to rest");
}

TEST(Checker, TakesAStatedReasonIfThePowerFailedTooOften) {  // I4
  const std::vector<Told> nothing;
  const std::vector<Told> gone_back = {told(Phase::rolled_back)};
  EndFacts facts = end_of(gone_back, "1.0.0");
  facts.cuts = 3;
  facts.cuts_tolerated = 2;
  EXPECT_FALSE(check_arrival(facts));
  facts.told = &nothing;
  EXPECT_EQ(check_arrival(facts), "1.0.0 still runs, and nobody was told why");
}

TEST(Checker, WantsABadReleaseToLeave) {  // I4
  const std::vector<Told> nothing;
  EndFacts facts = end_of(nothing, "1.0.1");
  facts.expected = Phase::rolled_back;
  EXPECT_EQ(check_arrival(facts), "a bad release stayed");
  facts.running = "1.0.0";
  EXPECT_FALSE(check_arrival(facts));
}

TEST(Checker, WantsTheTrueOutcomeOnce) {  // I5
  std::vector<Told> reports = {told(Phase::failed), told(Phase::confirmed, "1.0.1", "1.0.1")};
  EXPECT_FALSE(check_outcome(end_of(reports, "1.0.1")));
  reports.push_back(reports.back());
  EXPECT_FALSE(check_outcome(end_of(reports, "1.0.1"))) << "sent once more, with the same id";
  reports.back().report_id = "2";
  EXPECT_EQ(check_outcome(end_of(reports, "1.0.1")), "2 final outcomes were told of 1.0.1");
  reports = {told(Phase::failed)};
  EXPECT_EQ(check_outcome(end_of(reports, "1.0.1")), "0 final outcomes were told of 1.0.1");
}

TEST(Checker, WantsNoOutcomeThatIsNotTrue) {  // I5
  const auto finding = [](const Told& report, const std::string& running) {
    const std::vector<Told> reports = {report};
    return check_outcome(end_of(reports, running));
  };
  EXPECT_EQ(finding(told(Phase::confirmed, "1.0.1", "1.0.0"), "1.0.1"),
            "1.0.1 was told to be confirmed while 1.0.0 ran");
  EXPECT_EQ(finding(told(Phase::rolled_back, "1.0.1", "1.0.1"), "1.0.0"),
            "1.0.1 was told to be rolled back while it ran");
  EXPECT_EQ(finding(told(Phase::confirmed, "1.0.1", "1.0.1"), "1.0.0"),
            "1.0.0 runs, and 1.0.1 was told to be confirmed");
}

TEST(Checker, WantsAFurtherUpdate) {  // I6
  const std::vector<Told> nothing;
  EXPECT_FALSE(check_further_update(end_of(nothing, "1.0.1")));
  EXPECT_EQ(check_further_update(end_of(nothing, "1.0.0")), "further update: 1.0.0 still runs");
}

TEST(Checker, WantsNoSecretInALog) {  // I7
  EXPECT_FALSE(check_log("[OTA] No update", kSecrets));
  EXPECT_EQ(check_log("key c0ffee", kSecrets), "a secret in the log: key c0ffee");
}

TEST(Checker, WantsNoSecretAtAnotherHost) {  // I7
  HttpRequest request = request_to("https://mirror.example");
  request.add("Range", "bytes=0-");
  EXPECT_FALSE(check_request(request, kSecrets));
  request.add("X-API-Key", "otk_key");
  EXPECT_EQ(check_request(request, kSecrets),
            "a secret leaves for https://mirror.example with /firmware/blobs/00");
  request.origin = Text();
  EXPECT_FALSE(check_request(request, kSecrets)) << "the update server has to know it";
  request.verify_peer = false;
  EXPECT_EQ(check_request(request, kSecrets),
            "a secret leaves for an unverified server with /firmware/blobs/00");
}

TEST(Checker, LooksIntoTargetAndBodyToo) {  // I7
  HttpRequest request = request_to("https://mirror.example");
  request.body = as_bytes(Text("{\"key\":\"c0ffee\"}"));
  EXPECT_TRUE(check_request(request, kSecrets));
  request = request_to("https://mirror.example");
  request.target = "/blobs?key=otk_key";
  EXPECT_TRUE(check_request(request, kSecrets));
}

TEST(Checker, WantsFewErases) {  // I8
  EXPECT_FALSE(check_budget(kErasesMax, false));
  EXPECT_EQ(check_budget(kErasesMax + 1, false), "11 erases outside of the slots");
  EXPECT_FALSE(check_budget(kErasesMax + kErasesAgain, true));
  EXPECT_EQ(check_budget(kErasesMax + kErasesAgain + 1, true), "13 erases outside of the slots");
}

TEST(Checker, WantsWritesInTheirPlaces) {  // I9
  const Stage stage{StageOptions()};
  const auto finding = [&](uint32_t offset, std::optional<int> running) {
    return check_place({0, FlashAction::program, offset, 32}, stage, running);
  };
  for (const uint8_t subtype : {kSubtypeDataOta, kSubtypeOtterJournal}) {
    const Partition& partition = stage.partition(kTypeData, subtype);
    EXPECT_FALSE(finding(partition.offset, 0));
    EXPECT_FALSE(finding(partition.offset + partition.size_bytes - 32, 0));
    EXPECT_TRUE(finding(partition.offset - 16, 0)) << "half of it is outside";
  }
  EXPECT_FALSE(finding(stage.slot(1).offset, 0));
  EXPECT_TRUE(finding(stage.slot(0).offset, 0)) << "its own image";
  EXPECT_FALSE(finding(stage.slot(0).offset, kFactoryIndex));
  EXPECT_TRUE(finding(stage.slot(1).offset, std::nullopt)) << "a bootloader writes no image";
  EXPECT_TRUE(finding(kPartitionTableOffset, 0));
}

}  // namespace
}  // namespace otter::sim
