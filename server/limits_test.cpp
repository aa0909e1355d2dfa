#include "server/limits.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"
#include "server/settings.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

struct Row {
  const char* name;
  uint32_t value;
  uint32_t minimum;
  uint32_t maximum;
  const char* meaning;
};

constexpr Row kRows[] = {
#define OTTER_LIMIT_ROW(name, value, minimum, maximum, meaning) \
  {#name, value, minimum, maximum, meaning},
    OTTER_LIMITS(OTTER_LIMIT_ROW)
#undef OTTER_LIMIT_ROW
};

// "taken", or why a value is not.
std::string verdict(const Row& row, const std::string& value) {
  SettingsSources sources;
  sources.config_file = "/dev/null";
  sources.flags = {{std::string("limits.") + row.name, value}};
  try {
    load_settings(sources);
    return "taken";
  } catch (const SettingsError& error) {
    return error.what();
  }
}

TEST(Limits, HaveTheirValuesAtFirstWithinTheirBounds) {
  for (const Row& row : kRows) {
    EXPECT_LE(row.minimum, row.value) << row.name;
    EXPECT_LE(row.value, row.maximum) << row.name;
  }
}

TEST(Limits, TakeWhatIsWithinTheirBoundsAndNothingElse) {
  for (const Row& row : kRows) {
    EXPECT_EQ(verdict(row, std::to_string(row.minimum)), "taken");
    EXPECT_EQ(verdict(row, std::to_string(row.maximum)), "taken");
    const std::string range =
        "whole number from " + std::to_string(row.minimum) + " to " + std::to_string(row.maximum);
    EXPECT_THAT(verdict(row, std::to_string(int64_t{row.minimum} - 1)), HasSubstr(range));
    EXPECT_THAT(verdict(row, std::to_string(row.maximum + 1)), HasSubstr(range));
    EXPECT_THAT(verdict(row, "many"), HasSubstr(range));
  }
}

TEST(Limits, AreReadFromTheirSection) {
  const TemporaryFolder folder;
  SettingsSources sources;
  sources.config_file = folder.file("otter.toml");
  write_file(sources.config_file, "[limits]\nheader_fields_max = 9\nidle_deadline_ms = 8\n");
  const Limits limits = load_settings(sources).server.limits;
  EXPECT_EQ(limits.header_fields_max, 9U);
  EXPECT_EQ(limits.idle_deadline_ms, 8U);
  EXPECT_EQ(limits.body_deadline_ms, Limits().body_deadline_ms);
}

TEST(Limits, StandInTheSettingsFileAsTheyAreAtFirst) {
  const TemporaryFolder folder;
  SettingsSources sources;
  sources.config_file = folder.file("otter.toml");
  std::string section = limits_section();
  for (const Row& row : kRows) {
    const std::string line = std::string(row.name) + " = " + std::to_string(row.value) + "\n";
    const size_t at = section.find("# " + line);
    ASSERT_NE(at, std::string::npos) << line;
    section.erase(at, 2);
  }
  write_file(sources.config_file, section);
  EXPECT_EQ(load_settings(sources).sources.size(), std::size(kRows));
}

TEST(Limits, StandInTheOperatorsPage) {
  const std::string page = read_file(std::string(OTTER_SOURCE_DIR) + "/docs/operating.md");
  for (const Row& row : kRows) {
    const std::string line = std::string("| `") + row.name + "` | " + std::to_string(row.value) +
                             " | " + std::to_string(row.minimum) + " to " +
                             std::to_string(row.maximum) + " | " + row.meaning + " |";
    EXPECT_NE(page.find(line), std::string::npos) << line;
  }
}

TEST(Limits, AreNamedAsTheirSettings) {
  EXPECT_STREQ(name(Limit::connections_max), "connections_max");
  EXPECT_STREQ(name(Limit::drain_deadline_ms), "drain_deadline_ms");
  EXPECT_STREQ(name(Limit::body_bytes_max), "body_bytes_max");
}

}  // namespace
}  // namespace otter::server
