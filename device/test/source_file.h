// Files of the source tree, for tests that hold code and documents against each other. Any thread.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace otter {

// The whole file; `path` from the top of the tree.
inline std::string read_source_file(const std::string& path) {
  std::ifstream file(std::string(OTTER_SOURCE_DIR) + "/" + path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace otter
