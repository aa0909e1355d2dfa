// What all that happened to a device comes down to, as far as booting is concerned: one node of the
// graph that sim/reachability.h explores. Pure, any thread.
#pragma once

#include <array>
#include <string>

#include "ota/otadata.h"
#include "sim/boot_bench.h"

namespace otter::sim {

enum class Content : uint8_t {
  nothing,  // erased, or a download that was cut: does not verify
  good,
  bad,  // verifies, and crashes before it does anything
};

constexpr int kNoTrial = -3;
constexpr size_t kUpdateSlotsMax = 3;

// Whether a good image has been confirmed is not in here: otadata and the journal say it.
struct UpdateState {
  Otadata otadata;
  std::array<Content, kUpdateSlotsMax> slots = {};
  int running = kFactoryIndex;  // a slot or kFactoryIndex; a good image
  int trial = kNoTrial;         // Otter's journal: the slot that was staged, until its end is known
  int fallback = kNoTrial;      // Otter's journal: the slot that a confirmed image is left for

  bool is_good(int index) const {
    return index == kFactoryIndex ||
           (index >= 0 && slots[static_cast<size_t>(index)] == Content::good);
  }
};

// The same situation with the smallest sequence numbers. Nothing depends on a number but its order
// against the other one and the slot that it names, so this makes the graph finite and loses
// nothing: a new number is the smallest of its slot above the active one, whatever that is.
//
// REQUIRES: slot_count >= 1
Otadata with_small_sequences(const Otadata& otadata, uint8_t slot_count);

// Two states are one node if their keys are equal.
std::string key_of(const UpdateState& state);

// "{1 valid}{2 fresh} ota_0 good, ota_1 bad, running ota_0, trial of ota_1"
std::string to_text(const UpdateState& state, uint8_t slot_count);

}  // namespace otter::sim
