// The patches to a release, as people read them. Pure, any thread.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

namespace otter::cli {

// Of a release as GET /api/v1/releases/PRODUCT/VERSION shows it, the smallest first:
// "from 1.0.0 in 32 KiB: 3168 bytes, 98.0 % saved".
std::vector<std::string> patch_lines(const boost::json::object& release);

}  // namespace otter::cli
