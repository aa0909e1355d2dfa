// What every Store must do of the audit log.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

AuditEntry entry_number(uint8_t number) {
  return {number, digest_number(number), "line " + std::to_string(number)};
}

std::vector<std::string> lines_of(Store& store, const AuditQuery& query) {
  std::vector<std::string> lines;
  for (const AuditEntry& entry : store.audit_entries(query)) lines.push_back(entry.line);
  return lines;
}

TEST_P(StoreTest, KeepsAuditEntriesInTheirOrder) {
  for (const uint8_t number : {uint8_t{1}, uint8_t{2}, uint8_t{3}}) {
    EXPECT_TRUE(store_->add_audit_entry(entry_number(number)));
  }
  reopen();
  EXPECT_THAT(lines_of(*store_, {}), ElementsAre("line 1", "line 2", "line 3"));
  EXPECT_THAT(lines_of(*store_, {.above = 1, .count_max = 1}), ElementsAre("line 2"));
  EXPECT_THAT(lines_of(*store_, {.count_max = 2, .newest_first = true}),
              ElementsAre("line 3", "line 2"));
  EXPECT_THAT(lines_of(*store_, {.above = 3}), IsEmpty());
  EXPECT_EQ(store_->audit_entries({})[1].hash, digest_number(2));
}

TEST_P(StoreTest, LetsTheAuditLogOnlyGrowByOne) {
  EXPECT_FALSE(store_->add_audit_entry(entry_number(0)));
  EXPECT_FALSE(store_->add_audit_entry(entry_number(2)));
  EXPECT_TRUE(store_->add_audit_entry(entry_number(1)));
  EXPECT_FALSE(store_->add_audit_entry(entry_number(1)));
  EXPECT_FALSE(store_->add_audit_entry(entry_number(3)));
  EXPECT_THAT(lines_of(*store_, {}), ElementsAre("line 1"));
}

}  // namespace
}  // namespace otter::server
