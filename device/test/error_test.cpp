#include "ota/wire/error.h"

#include <set>

#include "device/test/printers.h"

namespace otter {
namespace {

const std::vector<Error> kAll = {
#define OTTER_ERROR_VALUE(word, number, meaning) Error::word,
    OTTER_ERRORS(OTTER_ERROR_VALUE)
#undef OTTER_ERROR_VALUE
};

Error fail_if_negative(int value) { return value < 0 ? Error::out_of_range : Error::ok; }
Result<int> half(int value) {
  OTTER_TRY(fail_if_negative(value));
  if (value % 2 != 0) return Error::malformed;
  return value / 2;
}
Result<int> quarter(int value) {
  OTTER_TRY_SET(const int once, half(value));
  OTTER_TRY_SET(const int twice, half(once));
  return twice;
}

TEST(Error, NameLeadsBackToTheError) {
  for (Error error : kAll) EXPECT_EQ(error_named(name(error)), error);
}

TEST(Error, NamesAndNumbersAreUnique) {
  std::set<std::string> names;
  std::set<uint16_t> numbers;
  for (Error error : kAll) {
    EXPECT_TRUE(names.insert(string_of(name(error))).second) << string_of(name(error));
    EXPECT_TRUE(numbers.insert(static_cast<uint16_t>(error)).second) << string_of(name(error));
  }
}

TEST(Error, EveryMeaningIsOneLine) {
  for (Error error : kAll) {
    const std::string text = string_of(meaning(error));
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
}

TEST(Error, StrangeNumberIsUnknown) {
  EXPECT_EQ(name(static_cast<Error>(9999)), Text("unknown"));
  EXPECT_FALSE(meaning(static_cast<Error>(9999)).empty());
}

TEST(Error, StrangeNameIsNoError) {
  EXPECT_EQ(error_named("no_such_word"), Error::ok);
  EXPECT_EQ(error_named(""), Error::ok);
  EXPECT_EQ(error_named("OK"), Error::ok);
}

TEST(Error, GroupFollowsFromTheNumber) {
  EXPECT_EQ(group(Error::ok), ErrorGroup::none);
  EXPECT_EQ(group(Error::flash_io), ErrorGroup::world);
  EXPECT_EQ(group(Error::settings_io), ErrorGroup::world);
  EXPECT_EQ(group(Error::malformed), ErrorGroup::data);
  EXPECT_EQ(group(Error::wrong_version), ErrorGroup::data);
  EXPECT_EQ(group(Error::not_in_trial), ErrorGroup::state);
  EXPECT_EQ(group(Error::no_rollback_support), ErrorGroup::state);
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_TRUE(half(4).ok());
  EXPECT_EQ(half(4).value, 2);
  EXPECT_EQ(half(3).error, Error::malformed);
  EXPECT_EQ(half(3).value, 0);
}

TEST(OtterTry, PassesTheFirstErrorUp) {
  EXPECT_EQ(quarter(8).value, 2);
  EXPECT_EQ(quarter(-8).error, Error::out_of_range);
  EXPECT_EQ(quarter(6).error, Error::malformed);
}

}  // namespace
}  // namespace otter
