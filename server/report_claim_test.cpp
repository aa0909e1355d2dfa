#include "server/report_claim.h"

#include <gmock/gmock.h>

#include "server/problem.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

boost::json::object plain(const char* status = "SUCCESS") {
  return {{"device_id", "lamp-7"}, {"status", status}, {"version", "1.0.1"}, {"error", ""}};
}

template <typename T>
boost::json::object with(boost::json::object body, const char* name, const T& value) {
  body[name] = value;
  return body;
}

std::string refusal(const boost::json::object& body) {
  try {
    read_report_claim(body);
    return "taken";
  } catch (const HttpError& error) {
    return std::to_string(error.status) + " " + error.what();
  }
}

Release release_with(const Digest& elf) {
  Release release;
  release.app_elf_sha256 = elf;
  release.image_sha256 = digest_number(50);
  return release;
}

ReportClaim proven(const char* boot_state, const Digest& elf) {
  boost::json::object body = plain();
  body["boot_state"] = boot_state;
  body["phase"] = "confirmed";
  body["app_elf_sha256"] = hex_text(elf.bytes);
  return read_report_claim(body);
}

TEST(ReportClaim, ReadsAPlainReport) {
  const ReportClaim claim = read_report_claim(plain("FAILED"));
  EXPECT_EQ(claim.device_id, "lamp-7");
  EXPECT_EQ(claim.version, "1.0.1");
  EXPECT_EQ(claim.succeeded, false);
  EXPECT_FALSE(claim.phase.has_value());
}

TEST(ReportClaim, KeepsKnownFieldsAndDropsOthers) {
  boost::json::object body = plain();
  body["slot"] = 1;
  body["reset_reason"] = "panic";
  body["password"] = "hunter2";
  const ReportClaim claim = read_report_claim(body);
  EXPECT_EQ(claim.fields.at("slot").as_int64(), 1);
  EXPECT_EQ(claim.fields.at("reset_reason").as_string(), "panic");
  EXPECT_FALSE(claim.fields.contains("password"));
}

TEST(ReportClaim, KeepsWhatADeviceMeasures) {
  boost::json::object metrics = {{"battery_mv", 3700}, {"t:cpu", -12.5}, {"big", 1e15}};
  const ReportClaim claim = read_report_claim(with(plain(), "metrics", metrics));
  EXPECT_EQ(claim.fields.at("metrics").as_object(), metrics);
}

TEST(ReportClaim, BoundsMetrics) {
  boost::json::object many;
  for (int i = 0; i < 16; ++i) many["m" + std::to_string(i)] = i;
  EXPECT_EQ(refusal(with(plain(), "metrics", many)), "taken");
  many["one-more"] = 1;
  EXPECT_THAT(refusal(with(plain(), "metrics", many)), HasSubstr("at most 16"));
  EXPECT_THAT(refusal(with(plain(), "metrics", "x")), HasSubstr("must be an object"));
  for (const boost::json::value& wrong :
       {boost::json::value("3"), boost::json::value(true), boost::json::value(nullptr),
        boost::json::value(1e16), boost::json::value(boost::json::object())}) {
    EXPECT_THAT(refusal(with(plain(), "metrics", boost::json::object{{"m", wrong}})),
                HasSubstr("must be a number"));
  }
  for (const std::string& name : {std::string(), std::string("a b"), std::string(65, 'a')}) {
    EXPECT_THAT(refusal(with(plain(), "metrics", boost::json::object{{name, 1}})),
                HasSubstr("a name in"));
  }
}

TEST(ReportClaim, KeepsTheStateOfTheDevice) {
  for (const char* name : {"boot_count", "flash_errors", "network_errors", "secure_boot",
                           "flash_encryption", "jtag", "config_version", "config_failed",
                           "root_version", "trust_version", "safe_mode", "fast_resets", "stale",
                           "bootloader_rollback", "bytes", "duration_s", "kind", "patch_error"}) {
    EXPECT_EQ(read_report_claim(with(plain(), name, 3)).fields.at(name).as_int64(), 3);
    EXPECT_THAT(refusal(with(plain(), name, boost::json::object())), HasSubstr(name));
    EXPECT_THAT(refusal(with(plain(), name, std::string(257, 'x'))), HasSubstr("too long"));
  }
}

TEST(ReportClaim, NamesWhatIsMissing) {
  for (const char* name : {"device_id", "status", "version"}) {
    boost::json::object body = plain();
    body.erase(name);
    EXPECT_THAT(refusal(body), HasSubstr(std::string("422 \"") + name + "\" is missing"));
  }
}

TEST(ReportClaim, RefusesWrongTypes) {
  for (const char* name : {"device_id", "status", "version", "error", "report_id", "phase",
                           "manifest", "app_elf_sha256", "boot_state"}) {
    EXPECT_THAT(refusal(with(plain(), name, 17)), HasSubstr("must be a string")) << name;
  }
  EXPECT_THAT(refusal(with(plain(), "slot", boost::json::array())), HasSubstr("\"slot\""));
}

TEST(ReportClaim, RefusesUnknownWords) {
  EXPECT_THAT(refusal(plain("MAYBE")), HasSubstr("SUCCESS or FAILED"));
  EXPECT_THAT(refusal(plain("success")), HasSubstr("SUCCESS or FAILED"));
  EXPECT_THAT(refusal(with(plain(), "phase", "claimed")), HasSubstr("\"phase\""));
  EXPECT_THAT(refusal(with(plain(), "boot_state", "fine")), HasSubstr("\"boot_state\""));
}

TEST(ReportClaim, RefusesNamesThatCantBe) {
  EXPECT_THAT(refusal(with(plain(), "device_id", "../x")), HasSubstr("\"device_id\""));
  EXPECT_THAT(refusal(with(plain(), "device_id", std::string(65, 'a'))), HasSubstr("64"));
  EXPECT_THAT(refusal(with(plain(), "version", "1.0 beta")), HasSubstr("\"version\""));
  EXPECT_THAT(refusal(with(plain(), "manifest", std::string(64, 'z'))), HasSubstr("SHA-256"));
  EXPECT_THAT(refusal(with(plain(), "report_id", "12")), HasSubstr("32 hexadecimal"));
  EXPECT_THAT(refusal(with(plain(), "error", std::string(257, 'a'))), HasSubstr("256"));
}

TEST(ReportClaim, RefusesAStatusThatContradictsItsPhase) {
  EXPECT_THAT(refusal(with(plain("SUCCESS"), "phase", "rolled_back")), HasSubstr("contradicts"));
  EXPECT_THAT(refusal(with(plain("FAILED"), "phase", "confirmed")), HasSubstr("contradicts"));
  EXPECT_EQ(refusal(with(plain("FAILED"), "phase", "refused")), "taken");
}

TEST(ReportClaim, NeedsNoStatusForProgress) {
  boost::json::object body = with(plain(), "phase", "downloading");
  body.erase("status");
  EXPECT_EQ(judge(read_report_claim(body), nullptr).outcome, Outcome::downloading);
}

TEST(ReportClaim, TakesADigestOfZerosForNone) {
  const ReportClaim claim =
      read_report_claim(with(plain(), "app_elf_sha256", std::string(64, '0')));
  EXPECT_FALSE(claim.app_elf_sha256.has_value());
}

TEST(Judge, ConfirmsTheReleasesOwnImage) {
  const Release release = release_with(digest_number(1));
  EXPECT_EQ(judge(proven("confirmed", digest_number(1)), &release).outcome, Outcome::confirmed);
}

TEST(Judge, CallsASuccessOfAnotherImageARollback) {
  const Release release = release_with(digest_number(1));
  const Verdict verdict = judge(proven("confirmed", digest_number(2)), &release);
  EXPECT_EQ(verdict.outcome, Outcome::rolled_back);
  EXPECT_EQ(verdict.error, "another image is running");
}

TEST(Judge, CountsNoSuccessThatIsNotConfirmed) {
  const Release release = release_with(digest_number(1));
  for (const char* state : {"trial", "rolled_back", "unsupported"}) {
    EXPECT_EQ(judge(proven(state, digest_number(1)), &release).outcome, Outcome::failed) << state;
  }
}

TEST(Judge, ComparesTheImageWhereTheBuildLeftNoElfHash) {
  const Release release = release_with(Digest());
  boost::json::object body = with(plain(), "boot_state", "confirmed");
  body["image_sha256"] = hex_text(digest_number(50).bytes);
  EXPECT_EQ(judge(read_report_claim(body), &release).outcome, Outcome::confirmed);
  body["image_sha256"] = hex_text(digest_number(51).bytes);
  EXPECT_EQ(judge(read_report_claim(body), &release).outcome, Outcome::rolled_back);
}

TEST(Judge, TrustsNoImageHashWhereThereIsAnElfHash) {
  const Release release = release_with(digest_number(1));
  boost::json::object body = with(plain(), "boot_state", "confirmed");
  body["image_sha256"] = hex_text(digest_number(50).bytes);
  EXPECT_EQ(judge(read_report_claim(body), &release).outcome, Outcome::rolled_back);
}

TEST(Judge, CallsASuccessWithoutProofAClaim) {
  const Release release = release_with(digest_number(1));
  EXPECT_EQ(judge(read_report_claim(plain()), &release).outcome, Outcome::claimed);
  EXPECT_EQ(judge(proven("confirmed", digest_number(1)), nullptr).outcome, Outcome::claimed);
}

TEST(Judge, KeepsTheDevicesReason) {
  const Verdict verdict =
      judge(read_report_claim(with(plain("FAILED"), "error", "bad_hash")), nullptr);
  EXPECT_EQ(verdict.outcome, Outcome::failed);
  EXPECT_EQ(verdict.error, "bad_hash");
}

TEST(Outcome, HasAWordForEach) {
  for (const char* word : {"downloading", "verified", "rebooting", "confirmed", "rolled_back",
                           "refused", "failed", "claimed"}) {
    const std::optional<Outcome> outcome = outcome_named(word);
    ASSERT_TRUE(outcome.has_value()) << word;
    EXPECT_STREQ(name(*outcome), word);
  }
  EXPECT_FALSE(outcome_named("lost").has_value());
}

}  // namespace
}  // namespace otter::server
