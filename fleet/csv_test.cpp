#include "fleet/csv.h"

#include <gmock/gmock.h>

namespace otter::fleet {
namespace {

using testing::ElementsAre;

TEST(Csv, HasOneCellMoreThanCommas) {
  EXPECT_THAT(*csv_cells("a,b,c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*csv_cells(",,"), ElementsAre("", "", ""));
  EXPECT_THAT(*csv_cells(""), ElementsAre(""));
  EXPECT_THAT(*csv_cells("\"\", x "), ElementsAre("", " x "));
}

TEST(Csv, TakesWhatIsBetweenQuotationMarksAsItIs) {
  EXPECT_THAT(*csv_cells(R"("a,b","""c""",d)"), ElementsAre("a,b", "\"c\"", "d"));
}

TEST(Csv, RefusesQuotationMarksThatDontFit) {
  for (const char* line : {"\"", "a,\"b", "a\"b", "\"a\"b", "\"a\" ,b"}) {
    EXPECT_FALSE(csv_cells(line).has_value()) << line;
  }
}

TEST(Csv, IsReadAgainAsItWasWritten) {
  const std::vector<std::string> cells = {"", "a", "a,b", "\"", "\"c\"", " "};
  EXPECT_EQ(*csv_cells(csv_line(cells)), cells);
  EXPECT_EQ(csv_line({"a", "b,c", "\"d\""}), R"(a,"b,c","""d""")");
}

}  // namespace
}  // namespace otter::fleet
