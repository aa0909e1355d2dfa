// How an image report is shown: for a person, and as JSON. Pure, any thread.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "publish/image_report.h"

namespace otter::cli {

std::string image_text(const ImageReport& report, const std::string& path);
boost::json::object image_json(const ImageReport& report);

// "300.0 KiB", "1.5 MiB"; below 1 KiB "17 bytes".
std::string size_text(uint64_t bytes);

}  // namespace otter::cli
