// Lets the power fail, the network lie and the flash refuse at every place of an update, and checks
// the invariants of sim/checker.h in each of the worlds that come of it. docs/simulator.md.
// exhaust() runs threads of its own; the rest is for one thread at a time.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/world.h"

namespace otter::sim {

enum class Family : uint8_t {
  single,   // one power cut at every flash operation, in every way
  nested,   // two, both on otadata and journal
  random,   // up to five, anywhere
  otadata,  // every start state, then one cut
  network,  // every byte of every answer, in every way
  flash,    // the n-th flash operation fails, with the power on
};
constexpr Family kFamilies[] = {Family::single,  Family::nested,  Family::random,
                                Family::otadata, Family::network, Family::flash};
const char* name(Family family);

enum class Extent : uint8_t {
  tiny,   // a hundredth
  quick,  // a tenth
  usual,
  full,  // each prefix, each configuration: the campaign of hours
};

struct ExhaustOptions {
  uint64_t seed = 1;
  Extent extent = Extent::usual;
  std::optional<Family> family;  // nothing: all
  unsigned jobs = 2;             // threads
  bool forgetful = false;        // every board's flash lies: there must be violations
  // Called now and then, from any thread but never from two at once.
  std::function<void(double fraction, uint64_t power_losses)> progress;
  std::function<bool()> is_cancelled;  // by which a campaign ends between two tasks
};

struct FamilyCount {
  uint64_t worlds = 0;        // run to their end and checked
  uint64_t power_losses = 0;  // power cuts made in them
  uint64_t merged = 0;        // of these, the ones whose whole state was that of an earlier one,
                              // which has been run on
  uint64_t violations = 0;    // worlds that broke an invariant
  uint64_t full_depth = 0;    // worlds of several cuts in which each of them was made
};

struct ExhaustResult {
  std::map<Family, FamilyCount> families;
  FamilyCount sum;
  uint32_t erases_most = 0;  // outside of the slots, in one life
  uint64_t trace_hash = 0;
  // "I4 ...: otter sim run 1 --cut 57:after", the first kFindingsMax
  std::vector<std::string> findings;
};
constexpr size_t kFindingsMax = 20;

// The same options give the same result, whatever the number of threads.
ExhaustResult exhaust(const ExhaustOptions& options);

// A device that is offered the scenario's release: at rest, or, if its past has left something to
// repair or to confirm, before its first start with this library.
World prepare_world(const Stage& stage, Workshop& workshop, uint64_t seed);

// Runs one world to its end, as exhaust() did, and checks it.
World replay(const Stage& stage, Workshop& workshop, uint64_t seed, const Trouble& trouble,
             const LogSink& log);

// The command that does so.
std::string replay_command(const StageOptions& options, uint64_t seed, const Trouble& trouble);

}  // namespace otter::sim
