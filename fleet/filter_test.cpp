#include "fleet/filter.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "fleet/filter_tokens.h"
#include "fleet/filter_words.h"

namespace otter::fleet {
namespace {

// "" if it is one; else "COLUMN: message".
std::string error_of(std::string_view text) {
  const auto parsed = Filter::parse(text);
  const FilterError* error = std::get_if<FilterError>(&parsed);
  return error == nullptr ? "" : std::to_string(error->column) + ": " + error->message;
}

Filter filter_of(std::string_view text) {
  const auto parsed = Filter::parse(text);
  EXPECT_EQ(error_of(text), "") << text;
  const Filter* filter = std::get_if<Filter>(&parsed);
  return filter == nullptr ? Filter() : *filter;
}

std::string canonical(std::string_view text) { return filter_of(text).text(); }

const std::vector<std::string> kTags = {"beta", "kitchen"};
const std::vector<Attribute> kAttributes = {
    {"floor", 3.0}, {"note", "K\u00fcche \"1\""}, {"site", "berlin"}};

FilterSubject lamp() {
  return {.id = "lab-7",
          .product = "lamp",
          .chip = "esp32c3",
          .version = "1.3.10",
          .boot = "confirmed",
          .standing = "enrolled",
          .tags = kTags,
          .attributes = kAttributes,
          .slot_bytes = 1048576,
          .seen_days = 2.5,
          .late = 3.5};
}

bool takes_lamp(std::string_view text) { return filter_of(text).matches(lamp()); }

// The lines of the page's block of that kind.
std::vector<std::string> lines_of_page(const std::string& kind) {
  std::ifstream page(std::string(OTTER_SOURCE_DIR) + "/docs/spec/filter.md");
  std::vector<std::string> lines;
  bool is_inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      is_inside = line == "```text " + kind;
    } else if (is_inside) {
      lines.push_back(line);
    }
  }
  return lines;
}

TEST(Filter, MatchesAllIfItIsEmpty) {
  EXPECT_TRUE(takes_lamp(""));
  EXPECT_TRUE(takes_lamp(" \n"));
  EXPECT_TRUE(Filter().matches({}));
  EXPECT_EQ(canonical("  "), "");
}

TEST(Filter, ComparesEachField) {
  for (const char* text : {"id = lab-7", "product = lamp", "chip = \"esp32c3\"", "version = 1.3.10",
                           "boot = confirmed", "standing = enrolled", "tag = kitchen",
                           "attr.site = berlin", "slot_bytes = 1048576", "seen_days = 2.5"}) {
    EXPECT_TRUE(takes_lamp(text)) << text;
    EXPECT_FALSE(takes_lamp("not " + std::string(text))) << text;
    EXPECT_FALSE(filter_of(text).matches({})) << text;
  }
}

TEST(Filter, OrdersVersionsAsTheProjectDoes) {
  EXPECT_TRUE(takes_lamp("version > 1.3.9"));
  EXPECT_TRUE(takes_lamp("version = v1.3.10"));
  EXPECT_TRUE(takes_lamp("version < 1.4.0-rc1 and version >= 1.3.10-rc1"));
  EXPECT_TRUE(takes_lamp("version in (1.0, \"1.3.10+build\")"));
  EXPECT_TRUE(takes_lamp("version ~ \"1.3.*\""));
}

TEST(Filter, OrdersNumbers) {
  EXPECT_TRUE(takes_lamp("attr.floor >= 3 and attr.floor <= 3.0 and attr.floor > -1"));
  EXPECT_TRUE(takes_lamp("attr.floor < 10"));  // as texts it would not be
  EXPECT_FALSE(takes_lamp("attr.floor < 3 or attr.floor > 3 or attr.floor != 3"));
  EXPECT_TRUE(takes_lamp("slot_bytes >= 1048576 and seen_days < 30"));
  EXPECT_TRUE(takes_lamp("late > 2 and not late > 3.5"));
}

TEST(Filter, OrdersTextsOfAttributesByTheirBytes) {
  EXPECT_TRUE(takes_lamp("attr.site >= berlin and attr.site < paris and attr.site > Paris"));
  EXPECT_TRUE(takes_lamp("attr.site ~ \"ber*\""));
  EXPECT_TRUE(takes_lamp("attr.note ~ \"K?che*\""));
  EXPECT_TRUE(takes_lamp(R"(attr.note = "Küche \"1\"")"));
}

TEST(Filter, TakesATextAndANumberForDifferent) {
  EXPECT_FALSE(takes_lamp("attr.floor = \"3\""));
  EXPECT_TRUE(takes_lamp("attr.floor != \"3\""));
  EXPECT_FALSE(takes_lamp("attr.floor > \"\" or attr.floor ~ \"*\""));
  EXPECT_FALSE(takes_lamp("attr.site > 3 or attr.site < 3 or attr.site = 3"));
  EXPECT_FALSE(takes_lamp("attr.floor = 03"));  // no number
}

TEST(Filter, LetsNoComparisonHoldOfWhatIsNotKnown) {
  for (const char* rest : {"= 3", "!= 3", "< 3", ">= 3", "~ \"*\"", "in (3, 4)"}) {
    EXPECT_FALSE(takes_lamp(std::string("attr.room ") + rest)) << rest;
    EXPECT_TRUE(takes_lamp(std::string("not attr.room ") + rest)) << rest;
  }
  EXPECT_FALSE(filter_of("version != 1.0 or boot != trial or seen_days != 1").matches({}));
  EXPECT_TRUE(takes_lamp("has(attr.floor) and not has(attr.room)"));
}

TEST(Filter, AsksAllTags) {
  EXPECT_TRUE(takes_lamp("tag = beta and tag = kitchen and tag ~ \"k*\" and tag in (x, beta)"));
  EXPECT_FALSE(takes_lamp("tag = lab"));
  EXPECT_TRUE(takes_lamp("tag != lab"));
  EXPECT_FALSE(takes_lamp("tag != beta"));
  EXPECT_TRUE(filter_of("tag != beta").matches({}));
}

TEST(Filter, BindsNotBeforeAndBeforeOr) {
  EXPECT_TRUE(takes_lamp("tag = beta or tag = x and tag = y"));
  EXPECT_FALSE(takes_lamp("(tag = beta or tag = x) and tag = y"));
  EXPECT_FALSE(takes_lamp("not tag = beta or tag = y"));
  EXPECT_TRUE(takes_lamp("not tag = x and tag = beta"));
  EXPECT_FALSE(takes_lamp("not (tag = x or tag = beta)"));
}

TEST(Filter, HasOneSpelling) {
  EXPECT_EQ(canonical("tag=kitchen  and(version<1.4.0)and not id~\"lab-*\""),
            "tag = \"kitchen\" and version < 1.4.0 and not id ~ \"lab-*\"");
  EXPECT_EQ(canonical("((id=a or (id=b or id=c)) and (id=d and id=e))"),
            "(id = \"a\" or id = \"b\" or id = \"c\") and id = \"d\" and id = \"e\"");
  EXPECT_EQ(canonical("not not (not (id=a and id=b)) or id=c"),
            "not (id = \"a\" and id = \"b\") or id = \"c\"");
  EXPECT_EQ(canonical("not(not(id=a and id=b)) and id=c"),
            "id = \"a\" and id = \"b\" and id = \"c\"");
  EXPECT_EQ(canonical("attr.a in(1,one,\"2\")or has( attr.b )"),
            "attr.a in (1, \"one\", \"2\") or has(attr.b)");
  EXPECT_EQ(canonical(R"(attr.a = "\"\\")"), R"(attr.a = "\"\\")");
  EXPECT_EQ(canonical("version in (\"in\", 1) or version ~ 1"),
            "version in (\"in\", 1) or version ~ \"1\"");
}

TEST(Filter, SaysWhereItIsWrongAndWhatItExpects) {
  EXPECT_EQ(error_of("tag"), "4: expected = != ~ or in, found the end");
  EXPECT_EQ(error_of("tag = "), "7: expected a value, found the end");
  EXPECT_EQ(error_of("tag = and"), "7: expected a value, found 'and'");
  EXPECT_EQ(error_of("tag = a b"), "9: expected and, or, or the end, found 'b'");
  EXPECT_EQ(error_of("tag = a AND b"), "9: expected and, or, or the end, found 'AND'");
  EXPECT_EQ(error_of("(tag = a"), "9: expected and, or, or ')', found the end");
  EXPECT_EQ(error_of("tag = a or"), "11: expected a field, has(...), not or '(', found the end");
  EXPECT_EQ(error_of("tag in a"), "8: expected '(', found 'a'");
  EXPECT_EQ(error_of("tag in (a b)"), "11: expected ',' or ')', found 'b'");
  EXPECT_EQ(error_of("tag in ()"), "9: expected a value, found ')'");
  EXPECT_EQ(error_of("id ~ lab-*"), "10: this character may stand in a quoted text only");
  EXPECT_EQ(error_of("attr.a = \"\u00fc\" x"), "14: expected and, or, or the end, found 'x'");
}

TEST(Filter, RefusesWhatCantBeSaidOfAField) {
  EXPECT_EQ(error_of("site = a"), "1: there is no field 'site'; there are " + field_list());
  EXPECT_EQ(error_of("id < a"), "4: expected = != ~ or in, found '<'");
  EXPECT_EQ(error_of("slot_bytes ~ 1"), "12: expected = != < <= > >= or in, found '~'");
  EXPECT_EQ(error_of("slot_bytes = many"), "14: expected a number, found 'many'");
  EXPECT_EQ(error_of("seen_days > \"3\""), "13: expected a number, found a quoted text");
  EXPECT_EQ(error_of("version < \"a b\""), "11: a version is 1 to 32 letters, digits and . - _ +");
  EXPECT_EQ(error_of("attr. = 1"), "1: an attribute's name is 1 to 64 letters, digits and . - _ :");
  EXPECT_EQ(error_of("has(tag)"), "1: has(...) asks for attr.NAME alone");
  EXPECT_EQ(error_of("has(attr.a"), "11: expected ')', found the end");
}

TEST(Filter, RefusesTextsThatAreNone) {
  EXPECT_EQ(error_of("tag = \"a"), "7: the quotation mark that ends this text is missing");
  EXPECT_EQ(error_of("tag = \"a\n\""), "9: there must be no control character");
  EXPECT_EQ(error_of("tag = \"\\n\""),
            "8: after a backslash there must be a quotation mark or a backslash");
  EXPECT_EQ(error_of("tag = \"\\"),
            "8: after a backslash there must be a quotation mark or a backslash");
}

TEST(Filter, IsBounded) {
  EXPECT_EQ(error_of(std::string(1025, ' ')), "1025: a filter is at most 1024 bytes");
  const std::string long_value = "id = " + std::string(129, 'a');
  EXPECT_EQ(error_of(long_value), "6: a value is at most 128 bytes");
  EXPECT_EQ(error_of("((((((((id=a))))))))"), "");
  EXPECT_EQ(error_of("(((((((((id=a)))))))))"), "9: parentheses nest deeper than 8");
  std::string many = "id in (0";
  for (int i = 1; i < 64; ++i) many += ",1";
  EXPECT_EQ(error_of(many + ")"), "");
  EXPECT_EQ(error_of(many + ",1)"), "136: there are more than 64 comparisons");
  std::string short_only = "id=" + std::string(120, 'a');
  for (int i = 1; i < 8; ++i) short_only += " or id=" + std::string(119, 'a');
  EXPECT_EQ(error_of(short_only), "1: with blanks and quotation marks it is more than 1024 bytes");
}

TEST(FilterNumber, IsWhatHasOneSpelling) {
  for (const char* text : {"0", "-1", "3.25", "999999999999999", "0.000001"}) {
    EXPECT_TRUE(filter_number(text).has_value()) << text;
  }
  EXPECT_EQ(filter_number("-3.25"), -3.25);
  for (const char* text : {"", "-", "+1", "01", "1.", ".1", "1e5", "1.0.0", "1000000000000000",
                           "0.0000001", "nan", "0x1"}) {
    EXPECT_FALSE(filter_number(text).has_value()) << text;
  }
}

TEST(FilterPage, ShowsFiltersInTheirCanonicalSpelling) {
  const std::vector<std::string> lines = lines_of_page("filter-example");
  ASSERT_GE(lines.size(), 5u);
  for (const std::string& line : lines) EXPECT_EQ(canonical(line), line);
}

// "COLUMN FILTER"
TEST(FilterPage, ShowsWhatIsRefusedWhere) {
  const std::vector<std::string> lines = lines_of_page("filter-refused");
  ASSERT_GE(lines.size(), 5u);
  for (const std::string& line : lines) {
    const size_t blank = line.find(' ');
    EXPECT_TRUE(error_of(line.substr(blank + 1)).starts_with(line.substr(0, blank) + ": ")) << line;
  }
}

TEST(Filter, TellsWhichProductsItNames) {
  const auto products = [](const char* text) {
    return std::get<Filter>(Filter::parse(text)).products();
  };
  EXPECT_THAT(products("tag = kitchen and (product = lamp or not product in (fan, \"lock\"))"),
              testing::ElementsAre("lamp", "fan", "lock"));
  EXPECT_THAT(products("product != lamp"), testing::ElementsAre("lamp"));
  EXPECT_THAT(products("product ~ \"l*\" or tag = product"), testing::IsEmpty());
  EXPECT_THAT(products(""), testing::IsEmpty());
}

}  // namespace
}  // namespace otter::fleet
