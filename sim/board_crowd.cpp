#include "sim/board_crowd.h"

#include <chrono>
#include <thread>

namespace otter::sim {

struct BoardCrowd::Member {
  explicit Member(CrowdBoardSpec spec)
      : flash(std::move(spec.flash)),
        fact{std::move(spec.id), "", std::nullopt, false},
        device(named(std::move(spec.config), fact.id),
               {flash, crypto, settings, std::move(spec.connect), std::move(spec.log)}) {}

  static VirtualDeviceConfig named(VirtualDeviceConfig config, const std::string& id) {
    config.updater.device_id = id;
    return config;
  }

  NorFlash flash;
  HostCrypto crypto;
  MemorySettings settings;
  CrowdFact fact;  // under the crowd's lock, but for the id
  VirtualDevice device;
};

BoardCrowd::BoardCrowd() = default;
BoardCrowd::~BoardCrowd() = default;

void BoardCrowd::add(CrowdBoardSpec spec, uint64_t after_ms) {
  members_.push_back(std::make_unique<Member>(std::move(spec)));
  turns_.push({after_ms, members_.back().get()});
}

void BoardCrowd::run(size_t threads) {
  start_ = Clock::now();
  std::vector<std::thread> workers;
  for (size_t i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
  for (std::thread& worker : workers) worker.join();
  if (failure_) std::rethrow_exception(failure_);
}

void BoardCrowd::stop() {
  const std::lock_guard<std::mutex> guard(lock_);
  is_stopped_ = true;
  changed_.notify_all();
}

std::vector<CrowdFact> BoardCrowd::facts() const {
  const std::lock_guard<std::mutex> guard(lock_);
  std::vector<CrowdFact> facts;
  for (const auto& member : members_) facts.push_back(member->fact);
  return facts;
}

uint64_t BoardCrowd::now_ms() const {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start_).count());
}

// Waits for the next board whose turn it is; nullptr: it is over.
BoardCrowd::Member* BoardCrowd::next() {
  std::unique_lock<std::mutex> guard(lock_);
  for (;;) {
    if (is_stopped_) return nullptr;
    if (turns_.empty()) {
      changed_.wait(guard);
      continue;
    }
    const Turn turn = turns_.top();
    const Clock::time_point at = start_ + std::chrono::milliseconds(turn.at_ms);
    if (Clock::now() < at) {
      changed_.wait_until(guard, at);
      continue;
    }
    turns_.pop();
    return turn.member;
  }
}

void BoardCrowd::work() {
  try {
    while (Member* member = next()) step(*member);
  } catch (...) {
    const std::lock_guard<std::mutex> guard(lock_);
    if (!failure_) failure_ = std::current_exception();
    is_stopped_ = true;
    changed_.notify_all();
  }
}

void BoardCrowd::step(Member& member) {
  const uint64_t wake_ms = member.device.step(now_ms());
  const std::string version = member.device.running_version();
  const std::lock_guard<std::mutex> guard(lock_);
  if (!version.empty()) member.fact.version = version;
  member.fact.ended = member.device.ended();
  member.fact.is_told = member.device.ended() && !member.device.owes_report();
  if (wake_ms == kNever) return;
  turns_.push({wake_ms, &member});
  changed_.notify_one();
}

}  // namespace otter::sim
