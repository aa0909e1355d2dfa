#include "fleet/labels.h"

#include <gmock/gmock.h>

namespace otter::fleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Labels kBefore = {{"beta", "lab"}, {{"floor", 3.0}, {"site", "berlin"}}};

std::string fault_of_attribute(const std::string& name, AttributeValue value) {
  return fault_of(Labels{{}, {{name, std::move(value)}}});
}

TEST(Labels, ChangeByWhatIsStated) {
  const Labels after = changed(kBefore, {.remove_tags = {"lab", "none"},
                                         .add_tags = {"kitchen", "beta"},
                                         .attributes = {{"floor", 4.0}, {"site", std::nullopt}}});
  EXPECT_THAT(after.tags, ElementsAre("beta", "kitchen"));
  EXPECT_THAT(after.attributes, ElementsAre(Attribute{"floor", 4.0}));
  EXPECT_EQ(changed(kBefore, {}), kBefore);
}

TEST(Labels, BecomeExactlyTheTagsOfAList) {
  const Labels after = changed(kBefore, {.tags = {{"z", "a", "z"}}, .add_tags = {"m"}});
  EXPECT_THAT(after.tags, ElementsAre("a", "m", "z"));
  EXPECT_EQ(after.attributes, kBefore.attributes);
}

TEST(Labels, HaveBounds) {
  Labels many;
  for (int i = 10; i < 42; ++i) {
    many.tags.push_back("t" + std::to_string(i));
    many.attributes.push_back({"a" + std::to_string(i), 1.0});
  }
  EXPECT_EQ(fault_of(many), "");
  many.tags.push_back("z");
  EXPECT_EQ(fault_of(many), "a device has at most 32 tags");
  many.tags.pop_back();
  many.attributes.push_back({"z", 1.0});
  EXPECT_EQ(fault_of(many), "a device has at most 32 attributes");
}

TEST(Labels, HaveNamesThatAreIds) {
  EXPECT_THAT(fault_of({{"a b"}, {}}), HasSubstr("a tag is"));
  EXPECT_THAT(fault_of({{""}, {}}), HasSubstr("a tag is"));
  EXPECT_THAT(fault_of_attribute("\u00fc", 1.0), HasSubstr("an attribute's name is"));
}

TEST(Labels, HaveValuesOfOneLine) {
  EXPECT_EQ(fault_of_attribute("a", std::string(128, 'x')), "");
  EXPECT_EQ(fault_of_attribute("a", ""), "");
  EXPECT_EQ(fault_of_attribute("a", std::string(129, 'x')),
            "the text of a has more than 128 bytes");
  EXPECT_EQ(fault_of_attribute("a", "x\ny"), "the text of a has a control character");
  EXPECT_EQ(fault_of_attribute("a", 0.000001), "");
  for (const double number : {1e15, 1e300, 0.0000001, 5e-324, 0.1 + 0.2, 1 / 0.0}) {
    EXPECT_EQ(fault_of_attribute("a", number),
              "the number of a has more than 15 digits, or more than 6 behind the point");
  }
}

TEST(AttributeText, IsReadAgainAsItWas) {
  const std::pair<AttributeValue, const char*> kValues[] = {
      {3.0, "3"},           {-2.5, "-2.5"},     {1e14, "100000000000000"},
      {"berlin", "berlin"}, {"3", "\"3\""},     {"", "\"\""},
      {"007", "007"},       {"\"x", "\"\"x\""}, {"a \"b\"", "a \"b\""}};
  for (const auto& [value, text] : kValues) {
    EXPECT_EQ(text_of(value), text);
    EXPECT_EQ(attribute_value(text), value) << text;
  }
}

}  // namespace
}  // namespace otter::fleet
