#include "server/login_backoff.h"

#include <algorithm>

namespace otter::server {
namespace {

// [s] from the last failure on.
int64_t wait_after(int64_t failures, int64_t wait_max) {
  constexpr int64_t kDoublingsMax = 20;
  const int64_t doublings = failures - LoginBackoff::kFreeAttempts;
  if (doublings < 0) return 0;
  return std::min(wait_max, int64_t{1} << std::min(doublings, kDoublingsMax));
}

template <typename Table, typename Key>
int64_t wait_of(const Table& table, const Key& key, int64_t wait_max, int64_t now_s) {
  const auto found = table.find(key);
  if (found == table.end()) return 0;
  const int64_t passed = now_s - found->second.last_s;
  return std::max<int64_t>(
      0, wait_after(found->second.count, wait_max) - std::max<int64_t>(0, passed));
}

// Makes room for one more: first of what is forgotten anyway, else of what is the oldest.
template <typename Table>
void make_room(Table& table, int64_t now_s) {
  if (table.size() < LoginBackoff::kEntriesMax) return;
  std::erase_if(table, [&](const auto& entry) {
    return now_s - entry.second.last_s > LoginBackoff::kForgottenAfter;
  });
  if (table.size() < LoginBackoff::kEntriesMax) return;
  table.erase(
      std::ranges::min_element(table, {}, [](const auto& entry) { return entry.second.last_s; }));
}

template <typename Table, typename Key>
void count_failure(Table& table, const Key& key, int64_t now_s) {
  if (!table.contains(key)) make_room(table, now_s);
  auto& failures = table[key];
  if (now_s - failures.last_s > LoginBackoff::kForgottenAfter) failures.count = 0;
  ++failures.count;
  failures.last_s = now_s;
}

}  // namespace

int64_t LoginBackoff::begin(const LoginAttempt& attempt, int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  const bool is_known = known_.contains({attempt.account, attempt.address});
  const int64_t wait_s =
      std::max(is_known ? 0 : wait_of(accounts_, attempt.account, kAccountWaitMax, now_s),
               wait_of(addresses_, attempt.address, kAddressWaitMax, now_s));
  if (wait_s > 0) return wait_s;
  count_failure(accounts_, attempt.account, now_s);
  count_failure(addresses_, attempt.address, now_s);
  return 0;
}

void LoginBackoff::succeeded(const LoginAttempt& attempt) {
  const std::lock_guard<std::mutex> lock(lock_);
  accounts_.erase(attempt.account);
  // Not all of the address's: its owner may have an account, and try at others'.
  const auto address = addresses_.find(attempt.address);
  if (address != addresses_.end() && --address->second.count <= 0) addresses_.erase(address);
  if (known_.size() >= kEntriesMax) known_.clear();
  known_.insert({attempt.account, attempt.address});
}

}  // namespace otter::server
