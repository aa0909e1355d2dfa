#include "server/login_backoff.h"

#include <gmock/gmock.h>

namespace otter::server {
namespace {

constexpr int64_t kNow = 1'000'000;

class LoginBackoffTest : public testing::Test {
 protected:
  // Each from an address of its own, so that only the account counts; gives what the last must
  // wait.
  int64_t fail_at_account(int times, int64_t at_s) {
    int64_t wait_s = 0;
    for (int i = 0; i < times; ++i) wait_s = backoff_.begin({"ada", ++address_}, at_s);
    return wait_s;
  }
  LoginBackoff backoff_;
  uint64_t address_ = 1000;
};

TEST_F(LoginBackoffTest, LetsTheFirstAttemptsPass) {
  EXPECT_EQ(fail_at_account(5, kNow), 0);
  EXPECT_EQ(fail_at_account(1, kNow), 1);
}

TEST_F(LoginBackoffTest, DoublesTheWaitUpToItsLimit) {
  fail_at_account(5, kNow);
  int64_t now_s = kNow;
  for (const int64_t wait_s : {1, 2, 4, 8, 16, 32, 60, 60}) {
    EXPECT_EQ(fail_at_account(1, now_s), wait_s);
    EXPECT_EQ(fail_at_account(1, now_s + wait_s - 1), 1);
    now_s += wait_s;
    EXPECT_EQ(fail_at_account(1, now_s), 0);
  }
}

TEST_F(LoginBackoffTest, MakesAnAddressWaitAtAllAccounts) {
  for (int i = 0; i < 5; ++i) backoff_.begin({"name-" + std::to_string(i), 7}, kNow);
  EXPECT_EQ(backoff_.begin({"ada", 7}, kNow), 1);
  EXPECT_EQ(backoff_.begin({"ada", 8}, kNow), 0);
  int64_t now_s = kNow;
  for (int i = 0; i < 20; ++i) now_s += backoff_.begin({"ada", 7}, now_s);
  backoff_.begin({"ada", 7}, now_s);
  EXPECT_EQ(backoff_.begin({"bob", 7}, now_s), 900);
}

TEST_F(LoginBackoffTest, ForgetsAnAccountsFailuresWithASuccess) {
  fail_at_account(5, kNow);
  backoff_.succeeded({"ada", 1});
  EXPECT_EQ(fail_at_account(5, kNow), 0);
}

// Else an attacker with an account of his own would never have to wait.
TEST_F(LoginBackoffTest, KeepsAnAddressesFailuresAtASuccess) {
  for (int i = 0; i < 4; ++i) backoff_.begin({"name-" + std::to_string(i), 7}, kNow);
  EXPECT_EQ(backoff_.begin({"eve", 7}, kNow), 0);
  backoff_.succeeded({"eve", 7});
  EXPECT_EQ(backoff_.begin({"ada", 7}, kNow), 0);
  EXPECT_EQ(backoff_.begin({"bob", 7}, kNow), 1);
}

TEST_F(LoginBackoffTest, LetsNobodyKeepTheOwnerOut) {
  backoff_.begin({"ada", 1}, kNow);
  backoff_.succeeded({"ada", 1});
  fail_at_account(5, kNow);
  EXPECT_EQ(backoff_.begin({"ada", 2}, kNow), 1);
  EXPECT_EQ(backoff_.begin({"ada", 1}, kNow), 0);
}

TEST_F(LoginBackoffTest, ForgetsFailuresOfLongAgo) {
  fail_at_account(5, kNow);
  fail_at_account(1, kNow + 1);
  const int64_t later_s = kNow + 2 + LoginBackoff::kForgottenAfter;
  EXPECT_EQ(fail_at_account(5, later_s), 0);
  EXPECT_EQ(fail_at_account(1, later_s), 1);
}

TEST_F(LoginBackoffTest, TakesAClockThatGoesBack) {
  fail_at_account(6, kNow);
  EXPECT_EQ(fail_at_account(1, kNow - 500), 1);
}

TEST_F(LoginBackoffTest, DropsTheOldestOfTooMany) {
  for (int i = 0; i < 5; ++i) backoff_.begin({"ada", ++address_}, kNow);
  for (size_t i = 0; i < LoginBackoff::kEntriesMax; ++i) {
    backoff_.begin({"name-" + std::to_string(i), ++address_}, kNow + 1);
  }
  EXPECT_EQ(backoff_.begin({"ada", ++address_}, kNow + 1), 0);
}

}  // namespace
}  // namespace otter::server
