// Versions as people write them, and their order: docs/spec/version.md. Pure, any thread.
//
// Versions are for people. What a device may install is decided by the manifest's `sequence`.
#pragma once

#include "ota/wire/bytes.h"

namespace otter {

constexpr size_t kVersionSizeMax = 32;  // [characters] esp_app_desc_t.version, ESP-IDF v5.5

// A version taken apart; the parts are views into the text it was read from.
struct Version {
  Text numbers;                // "1.0.1"; empty: a name without numbers, such as "b1c75d1-dirty"
  Text pre_release;            // "rc1" of "1.0.1-rc1"
  uint32_t commits_after = 0;  // 14 of "v1.2.3-14-gabcdef1" (git describe)
  bool dirty = false;          // "-dirty" (git describe)
  Text whole;                  // as written

  static Version parse(Text text);
};

// < 0, 0 or > 0 as `a` is before, equal to or after `b`. A total order of Version::parse results:
// names without numbers first, by their bytes; then by numbers (a missing one is 0), then a
// pre-release before its release, then by commits after the tag, then clean before dirty.
// A leading v and build metadata ("+...") do not count.
int compare_versions(Text a, Text b);

// What a version may consist of, so that it can stand in a URL, a file name and a log line:
// 1 to 32 of A-Z a-z 0-9 . - _ +, and neither "." nor "..".
bool is_version(Text text);

// What an id (device, product, channel, group) may consist of: 1 to 64 of A-Z a-z 0-9 . - _ :,
// and neither "." nor "..".
bool is_identifier(Text text);

}  // namespace otter
