// Many virtual boards at once, on the real clock: a few threads, of which a board has one only
// while it has work to do. Boards are in memory and end with the crowd. docs/simulator.md.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <queue>
#include <string>
#include <vector>

#include "publish/host_crypto.h"
#include "sim/memory_settings.h"
#include "sim/virtual_device.h"

namespace otter::sim {

struct CrowdBoardSpec {
  std::string id;
  VirtualDeviceConfig config;  // its device id is filled in; other texts must outlive the crowd
  NorFlash flash;
  std::function<std::unique_ptr<Http>()> connect;
  LogSink log;
};

// As a board itself knows it, whatever the server was told.
struct CrowdFact {
  std::string id;
  std::string version;             // that ran last; empty: it has not started yet
  std::optional<Delivered> ended;  // its last update
  bool is_told = false;            // the server has heard of that
};

// Any thread, but for run().
class BoardCrowd {
 public:
  BoardCrowd();
  ~BoardCrowd();
  BoardCrowd(const BoardCrowd&) = delete;
  BoardCrowd& operator=(const BoardCrowd&) = delete;

  // It is powered on `after_ms` after run() begins.
  //
  // REQUIRES: run() has not begun
  void add(CrowdBoardSpec spec, uint64_t after_ms);

  // Runs all boards until stop(). Throws what a board threw.
  //
  // REQUIRES: threads > 0, called once
  // Cost:     blocks
  void run(size_t threads);
  // No board begins another step.
  void stop();

  std::vector<CrowdFact> facts() const;

 private:
  struct Member;
  struct Turn {
    uint64_t at_ms;
    Member* member;
    bool operator>(const Turn& other) const { return at_ms > other.at_ms; }
  };
  Member* next();
  void work();
  void step(Member& member);
  uint64_t now_ms() const;

  using Clock = std::chrono::steady_clock;
  Clock::time_point start_;
  mutable std::mutex lock_;  // of all below
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Member>> members_;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
  bool is_stopped_ = false;
  std::exception_ptr failure_;
};

}  // namespace otter::sim
