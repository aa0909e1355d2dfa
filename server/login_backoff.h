// Who has to wait before trying to sign in again: after kFreeAttempts failures twice as long each
// time, for each account name and for each address. In memory, and bounded: a restart forgets it.
// docs/spec/accounts.md. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace otter::server {

// Who tries; an address as address_key() gives it.
struct LoginAttempt {
  std::string account;
  uint64_t address = 0;
};

class LoginBackoff {
 public:
  static constexpr int64_t kFreeAttempts = 5;
  // An account's is short: whoever knows a name could else keep its owner out.
  static constexpr int64_t kAccountWaitMax = 60;    // [s]
  static constexpr int64_t kAddressWaitMax = 900;   // [s]
  static constexpr int64_t kForgottenAfter = 3600;  // [s] without a failure
  static constexpr size_t kEntriesMax = 10'000;     // of each kind

  // Counts an attempt as failed, until succeeded() is called. Gives 0, or how long to wait [s]:
  // then it was not counted, and nothing shall be checked.
  int64_t begin(const LoginAttempt& attempt, int64_t now_s);
  // An account's failures are over. From this address it does not wait for others' any more.
  void succeeded(const LoginAttempt& attempt);

 private:
  struct Failures {
    int64_t count = 0;
    int64_t last_s = 0;
  };
  template <typename Key>
  using Table = std::map<Key, Failures>;

  std::mutex lock_;
  Table<std::string> accounts_;
  Table<uint64_t> addresses_;
  std::set<std::pair<std::string, uint64_t>> known_;  // that have signed in
};

}  // namespace otter::server
