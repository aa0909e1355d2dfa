// Named faults of what is installed: corrupt, hash, hmac, signature, downgrade.
#include "sim/fault_story.h"

namespace otter::sim {
namespace {

constexpr uint32_t kSomeByte = 70000;        // [bytes from the image's start] in its second block
constexpr uint64_t kLongEnough = 2 * kHour;  // many check-ins

// Nothing was fetched, nothing was erased, the old version runs.
bool is_untouched(FaultBench& bench) {
  return bench.running_version() == "1.0.0" && bench.server.image_bytes_sent == 0 &&
         bench.erases_of_second_slot() == 0;
}

}  // namespace

FaultResult play_corrupt() {
  FaultResult result;
  const ServedRelease release = make_release({});
  {
    FaultBench bench;
    bench.server.faults.wrong_image_byte = kSomeByte;
    bench.server.offer(release);
    const bool arrived = bench.run_to_confirmed("1.0.1") && bench.runs(release);
    const bool saved = bench.server.image_bytes_sent < 2 * release.image.size();
    tell(result, bench,
         {"flipped a bit of the image, once, on its way to the board",
          "the bad block is fetched again, not the whole image; 1.0.1 is confirmed", "",
          arrived && saved});
  }
  FaultBench bench;
  bench.server.faults.wrong_image_byte = kSomeByte;
  bench.server.faults.wrong_image_times = 1 << 30;
  const bool told = bench.run_to_report(release);
  const bool refused = told && bench.last_told().phase == "failed" &&
                       bench.last_told().error == "bad_hash" && bench.running_version() == "1.0.0";
  tell(result, bench,
       {"flipped a bit of the image every time", "the board reports bad_hash and keeps 1.0.0", "",
        refused});
  bench.server.faults.wrong_image_byte.reset();
  const bool arrived = bench.run_to_confirmed("1.0.1") && bench.runs(release);
  tell(result, bench, {"let the image through again", "1.0.1 is confirmed", "", arrived});
  return result;
}

FaultResult play_hash() {
  FaultResult result;
  FaultBench bench;
  const ServedRelease release = make_release({});
  bench.server.offer(release);
  const bool written = bench.run([&] { return bench.logged("Download progress: 100%"); });
  bench.spoil_second_slot(kImageHeadSize + 4);
  const bool told = bench.run([&] { return !bench.server.reports.empty(); });
  const bool refused = written && told && bench.last_told().error == "bad_hash" &&
                       bench.running_version() == "1.0.0";
  tell(result, bench,
       {"cleared bits in the new slot after all of the image was written and proved",
        "reading it back gives bad_hash; the board keeps 1.0.0", "", refused});
  const bool arrived = bench.run_to_confirmed("1.0.1") && bench.runs(release);
  tell(result, bench,
       {"left the flash alone from then on", "1.0.1 is fetched anew and confirmed", "", arrived});
  return result;
}

FaultResult play_hmac() {
  FaultResult result;
  const ServedRelease release = make_release({});
  {
    FaultBench bench({.plain = true, .hmac_secret = "another secret"});
    const bool told = bench.run_to_report(release);
    const bool refused = told && bench.last_told().phase == "refused" &&
                         bench.last_told().error == "bad_hmac" &&
                         bench.running_version() == "1.0.0";
    tell(result, bench,
         {"gave a board in plain mode another HMAC secret",
          "it refuses the image with bad_hmac and keeps 1.0.0", "", refused});
    const uint64_t sent = bench.server.image_bytes_sent;
    bench.rest(kLongEnough);
    tell(result, bench,
         {"waited two hours", "the board does not fetch the same image again", "",
          bench.server.image_bytes_sent == sent && bench.running_version() == "1.0.0"});
  }
  FaultBench bench({.plain = true});
  bench.server.offer(release);
  const bool arrived = bench.run_to_confirmed("1.0.1") && bench.runs(release);
  tell(result, bench, {"gave a board the right secret", "1.0.1 is confirmed", "", arrived});
  return result;
}

FaultResult play_signature() {
  FaultResult result;
  const auto refuse = [&result](const ServedRelease& release, const char* done) {
    FaultBench bench;
    bench.server.offer(release);
    bench.rest(kLongEnough);
    tell(result, bench,
         {done, "nothing is fetched, nothing is erased, 1.0.0 runs on", "", is_untouched(bench)});
  };
  refuse(make_release({.key = "a stranger's"}), "offered a release that a stranger has signed");
  ServedRelease flipped = make_release({});
  flipped.envelope.signatures[0].signature[40] ^= 1;
  refuse(flipped, "flipped a bit of the signature");
  ServedRelease changed = make_release({});
  std::string& manifest = changed.envelope.manifest;
  manifest.replace(manifest.find("1.0.1"), 5, "1.0.9");
  refuse(changed, "changed the version in a signed manifest");
  ServedRelease zero = make_release({});
  zero.envelope.signatures[0].signature.fill(0);
  refuse(zero, "offered a signature of zeros");
  return result;
}

FaultResult play_downgrade() {
  FaultResult result;
  {
    FaultBench bench;
    bench.run_to_report(make_release({.version = "0.9.0"}));
    tell(result, bench,
         {"offered 0.9.0, rightly signed and with a newer sequence, to a board with 1.0.0",
          "it is refused as a downgrade before anything is fetched or erased", "",
          is_untouched(bench) && bench.last_told().error == "downgrade"});
  }
  FaultBench bench;
  const ServedRelease second = make_release({.sequence = 2, .security_version = 5});
  bench.server.offer(second);
  bool ok = bench.run_to_confirmed("1.0.1");
  tell(result, bench,
       {"offered 1.0.1, of sequence 2 and security version 5", "1.0.1 is confirmed", "", ok});
  ServedRelease replayed = make_release({.version = "1.0.2", .sequence = 1});
  replayed.sequence = 9;  // as the server claims; the manifest says 1
  const uint64_t sent = bench.server.image_bytes_sent;
  ok = bench.run_to_report(replayed) && bench.last_told().error == "old_sequence" &&
       bench.server.image_bytes_sent == sent && bench.running_version() == "1.0.1";
  tell(result, bench,
       {"replayed a release of sequence 1", "it is refused as an old sequence; 1.0.1 runs on", "",
        ok});
  const ServedRelease weak = make_release({.version = "1.0.3", .sequence = 10});
  ok = bench.run_to_report(weak) && bench.last_told().error == "below_floor" &&
       bench.server.image_bytes_sent == sent && bench.running_version() == "1.0.1";
  tell(result, bench,
       {"offered 1.0.3 of security version 0",
        "it is refused as below the security floor; 1.0.1 runs on", "", ok});
  return result;
}

}  // namespace otter::sim
