// One modelled board of sim/fleet_world.h, and the chance that it lives by. One thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "fleet/book.h"

namespace otter::sim {

// Source: splitmix64, Vigna 2015
class FleetDice {
 public:
  explicit FleetDice(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t value = state_ += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)
  bool chance(double probability) { return unit() < probability; }
  double between(double low, double high) { return low + (high - low) * unit(); }
  double exponential(double mean) { return -mean * std::log1p(-unit()); }

 private:
  uint64_t state_;
};

// What became of a release on a board, in truth.
enum class Truth : uint8_t { none, confirmed, rolled_back, returned };

struct BoardReport {
  uint8_t release = 0;
  fleet::Word word = fleet::Word::confirmed;
  uint32_t number = 0;  // of the board's reports
};

enum class BoardState : uint8_t { idle, downloading, trial };

constexpr int64_t kNeverS = INT64_MAX;

struct Board {
  std::string id;
  uint32_t site = 0;
  uint32_t revision = 0;
  double resets_per_s = 0;
  double download_failure = 0;
  float link = 1;                           // 0: none, 1: perfect
  float heap_kib = 100;                     // that is left at the lowest
  float rssi = 60;                          // [-dBm]
  std::vector<fleet::MetricValue> metrics;  // where gates look, as they are without a fault

  uint8_t version = 0;   // 0: the first, else the release's number plus 1
  uint8_t previous = 0;  // what a return leads to
  uint8_t target = 0;    // what is downloaded or tried
  BoardState state = BoardState::idle;
  uint8_t trials = 0;        // of the target, that have begun
  bool is_hit = false;       // by the release that runs
  int64_t runs_since_s = 0;  // [s since 1970-01-01 UTC]
  int64_t next_reset_s = 0;  // [s since 1970-01-01 UTC]
  int64_t last_reset_s = 0;  // [s since 1970-01-01 UTC]
  int64_t silent_from_s = kNeverS;
  uint32_t resets = 0;
  uint32_t reports = 0;  // ever made
  std::vector<BoardReport> unsent;

  // As the server knows it.
  fleet::Vitals vitals;
  uint32_t reports_seen = 0;
};

}  // namespace otter::sim
