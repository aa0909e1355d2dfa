#include "fleet/label_table.h"

#include <gmock/gmock.h>

#include <fstream>

namespace otter::fleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

LabelTable table_of(std::string_view head) {
  const auto table = LabelTable::of_head(head);
  return std::holds_alternative<LabelTable>(table) ? std::get<LabelTable>(table)
                                                   : LabelTable(std::vector<std::string>());
}

LabelRow row_of(const LabelTable& table, std::string_view line) {
  const auto row = table.read(line);
  return std::holds_alternative<LabelRow>(row) ? std::get<LabelRow>(row) : LabelRow();
}

template <typename T>
std::string fault(const std::variant<T, TableFault>& result) {
  const TableFault* fault = std::get_if<TableFault>(&result);
  return fault == nullptr ? "" : fault->message;
}

TEST(LabelTable, IsReadAgainAsItWasWritten) {
  const LabelTable table({"floor", "site"});
  EXPECT_EQ(table.head(), "id,tags,attr.floor,attr.site");
  const Labels labels = {{"beta", "lab"}, {{"floor", "3"}, {"site", "Berlin, \"Mitte\""}}};
  const std::string line = table.row("lamp-7", labels);
  EXPECT_EQ(line, R"(lamp-7,beta lab,"""3""","Berlin, ""Mitte""")");
  const LabelRow row = row_of(table_of(table.head()), line);
  EXPECT_EQ(row.device, "lamp-7");
  EXPECT_EQ(changed({{"old"}, {}}, row.change), labels);
}

// What a spreadsheet would run is written as text, and read again as it was.
TEST(LabelTable, WritesNoFormula) {
  const LabelTable table({"a", "b", "c", "d"});
  const Labels labels = {{}, {{"a", "=1+1"}, {"b", "'@x"}, {"c", -2.5}, {"d", "-2.5"}}};
  const std::string line = table.row("-lamp", labels);
  EXPECT_EQ(line, R"('-lamp,,'=1+1,''@x,-2.5,"""-2.5""")");
  const LabelRow row = row_of(table, line);
  EXPECT_EQ(row.device, "-lamp");
  EXPECT_EQ(changed({}, row.change), labels);
  EXPECT_EQ(row_of(table_of("id,attr.a"), "x,'tis").change.attributes.at("a"),
            AttributeValue("'tis"));
}

TEST(LabelTable, RemovesWhatIsEmptyAndLeavesWhatHasNoColumn) {
  const Labels before = {{"lab"}, {{"floor", 3.0}, {"site", "berlin"}}};
  const LabelRow row = row_of(table_of("attr.floor,id"), ",lamp-7");
  EXPECT_EQ(row.device, "lamp-7");
  EXPECT_EQ(changed(before, row.change), (Labels{{"lab"}, {{"site", "berlin"}}}));
  const Labels untagged = changed(before, row_of(table_of("id,tags"), "lamp-7, ").change);
  EXPECT_THAT(untagged.tags, IsEmpty());
  EXPECT_THAT(row_of(table_of("id,tags"), "x, a  b ").change.tags.value(), ElementsAre("a", "b"));
}

TEST(LabelTable, IsWhatThePageShows) {
  std::ifstream page(std::string(OTTER_SOURCE_DIR) + "/docs/spec/labels.md");
  std::string line;
  while (std::getline(page, line) && line != "```csv labels-example") continue;
  ASSERT_TRUE(std::getline(page, line));
  const LabelTable table = table_of(line);
  ASSERT_TRUE(std::getline(page, line));
  const Labels first = {{"beta", "kitchen"}, {{"floor", 3.0}, {"site", "Berlin, Mitte"}}};
  EXPECT_EQ(changed({}, row_of(table, line).change), first);
  ASSERT_TRUE(std::getline(page, line));
  EXPECT_EQ(changed(first, row_of(table, line).change), (Labels{{}, {{"floor", "3"}}}));
}

TEST(LabelTable, RefusesOtherHeads) {
  EXPECT_THAT(fault(LabelTable::of_head("id,tag")), HasSubstr("none of id, tags and attr.NAME"));
  EXPECT_THAT(fault(LabelTable::of_head("id,attr.")), HasSubstr("none of id, tags and attr.NAME"));
  EXPECT_THAT(fault(LabelTable::of_head("id,tags,tags")), HasSubstr("two columns"));
  EXPECT_THAT(fault(LabelTable::of_head("tags")), HasSubstr("no column id"));
  EXPECT_THAT(fault(LabelTable::of_head("\"id")), HasSubstr("no CSV"));
}

TEST(LabelTable, RefusesOtherRows) {
  const LabelTable table = table_of("id,tags");
  EXPECT_EQ(fault(table.read("a")), "it has 1 cells, the first line has 2");
  EXPECT_THAT(fault(table.read("a,\"b")), HasSubstr("no CSV"));
}

}  // namespace
}  // namespace otter::fleet
