#include "server/folder_metrics.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(FolderMetrics, SayWhatTheDatabaseTakesWithItsLog) {
  const TemporaryFolder folder;
  Metrics metrics;
  add_folder_metrics(metrics, {folder.path()});
  EXPECT_THAT(metrics.text(), HasSubstr("otter_database_bytes 0\n"));
  write_file(folder.file("otter.sqlite"), std::string(4096, 'x'));
  write_file(folder.file("otter.sqlite-wal"), std::string(100, 'x'));
  EXPECT_THAT(metrics.text(), HasSubstr("otter_database_bytes 4196\n"));
}

TEST(FolderMetrics, SayWhatTheDiskHasLeft) {
  const TemporaryFolder folder;
  Metrics metrics;
  add_folder_metrics(metrics, {folder.path()});
  EXPECT_THAT(metrics.text(), ContainsRegex("otter_disk_free_bytes [1-9]"));
  Metrics nowhere;
  add_folder_metrics(nowhere, {folder.file("none")});
  EXPECT_THAT(nowhere.text(), HasSubstr("otter_disk_free_bytes 0\n"));
}

}  // namespace
}  // namespace otter::server
