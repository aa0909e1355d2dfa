// What every Store must do of answers to requests that may be sent again.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

KeptAnswer answer_of(uint8_t number, int64_t created_s = kNow) {
  return {digest_number(number), digest_number(100), created_s, {1, 0, 255}};
}

Digest digest_of_number(int64_t number) { return digest_of(as_bytes(std::to_string(number))); }

TEST_P(StoreTest, KeepsAnAnswerAcrossARestart) {
  store_->keep_answer(answer_of(1));
  reopen();
  const std::optional<KeptAnswer> kept = store_->kept_answer(digest_number(1), kNow);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->id, digest_number(1));
  EXPECT_EQ(kept->request, digest_number(100));
  EXPECT_EQ(kept->created_s, kNow);
  EXPECT_EQ(kept->sealed, (std::vector<uint8_t>{1, 0, 255}));
  EXPECT_FALSE(store_->kept_answer(digest_number(2), kNow).has_value());
}

TEST_P(StoreTest, ForgetsAnAnswerAfterADay) {
  store_->keep_answer(answer_of(1));
  EXPECT_TRUE(store_->kept_answer(digest_number(1), kNow + kAnswerLifetime - 1).has_value());
  EXPECT_FALSE(store_->kept_answer(digest_number(1), kNow + kAnswerLifetime).has_value());
  store_->keep_answer(answer_of(2, kNow + kAnswerLifetime));  // drops the first
  EXPECT_FALSE(store_->kept_answer(digest_number(1), kNow).has_value());
}

TEST_P(StoreTest, KeepsAnAnswerInPlaceOfAnOldOne) {
  store_->keep_answer(answer_of(1));
  KeptAnswer next = answer_of(1, kNow + kAnswerLifetime);
  next.sealed = {7};
  store_->keep_answer(next);
  EXPECT_EQ(store_->kept_answer(digest_number(1), next.created_s)->sealed, next.sealed);
}

TEST_P(StoreTest, DropsTheOldestOfTooManyAnswers) {
  store_->atomically([&] {
    for (int64_t i = 0; i <= kKeptAnswersMax; ++i) {
      KeptAnswer answer = answer_of(0, kNow + i / 1000);
      answer.id = digest_of_number(i);
      store_->keep_answer(answer);
    }
  });
  EXPECT_FALSE(store_->kept_answer(digest_of_number(0), kNow).has_value());
  EXPECT_TRUE(store_->kept_answer(digest_of_number(1), kNow).has_value());
  EXPECT_TRUE(store_->kept_answer(digest_of_number(kKeptAnswersMax), kNow).has_value());
}

}  // namespace
}  // namespace otter::server
