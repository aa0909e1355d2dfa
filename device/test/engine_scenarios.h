// Whole stories of the engine, from the check-in to the report: for the tests that ask what it
// takes of heap, stack and flash, and for the tapes that are played on the chip's instruction set.
// One thread.
#pragma once

#include "device/test/engine_bench.h"

namespace otter {

// What happens to an engine that is offered releases; `told` is what its last report must hold.
struct EngineScenario {
  const char* name;
  void (*play)(EngineBench& bench);
  const char* told;
};

// False if the server is never told how it ended.
inline bool update_bench(EngineBench& bench, const std::string& version, uint64_t sequence) {
  bench.server.offer(bench.release_of(EngineBench::recipe_of(version), sequence));
  return bench.boot(ResetReason::power_on) == Error::ok &&
         bench.run_to_report(bench.server.reports.size() + 1);
}

constexpr EngineScenario kEngineScenarios[] = {
    {"update", [](EngineBench& bench) { (void)update_bench(bench, "1.0.1", 1); },
     "\"phase\":\"confirmed\""},
    {"rollback",
     [](EngineBench& bench) {
       bench.application.verdict = SelfTest::failed;
       (void)update_bench(bench, "1.0.1", 1);
     },
     "\"phase\":\"rolled_back\""},
    {"bad_network",
     [](EngineBench& bench) {
       bench.server.faults.drop_image_after = 70000;
       bench.server.faults.wrong_image_byte = 100;
       bench.server.add_mirror("https://mirror.example", sim::MirrorKind::garbage);
       (void)update_bench(bench, "1.0.1", 1);
     },
     "\"phase\":\"confirmed\""},
    {"plain_mode",
     [](EngineBench& bench) {
       bench.config.mode = UpdateMode::plain;
       bench.config.hmac_secret = as_bytes(Text("shared"));
       bench.server.set_hmac_secret("shared");
       (void)update_bench(bench, "1.0.1", 1);
     },
     "\"phase\":\"confirmed\""},
    // New root metadata, trust, device key and configuration, then a release that fails.
    {"everything",
     [](EngineBench& bench) {
       bench.change_everything();
       if (!update_bench(bench, "1.0.1", 1)) return;
       bench.rest(60 * 1000);
       if (!bench.logged("Configuration 1 confirmed")) return;
       bench.application.verdict = SelfTest::failed;
       (void)update_bench(bench, "1.0.2", 2);
     },
     "\"phase\":\"rolled_back\""},
    // A confirmed image that keeps crashing is left for the one before it.
    {"crashes",
     [](EngineBench& bench) {
       if (!update_bench(bench, "1.0.1", 1)) return;
       for (int i = 0; i < bench.config.fast_resets_max; ++i) {
         if (bench.boot(ResetReason::panic) != Error::ok) return;
       }
       bench.rest(1000);
       bench.follow_otadata();
       if (bench.boot(ResetReason::software) != Error::ok) return;
       (void)bench.run_to_report(2);
     },
     "\"error\":\"boot_loop\""},
};

}  // namespace otter
