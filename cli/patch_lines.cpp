#include "cli/patch_lines.h"

#include "cli/answer.h"

namespace otter::cli {

std::vector<std::string> patch_lines(const boost::json::object& release) {
  std::vector<std::string> lines;
  if (!release.contains("patches")) return lines;  // an older server
  const int64_t image_size = release.at("size").to_number<int64_t>();
  for (const boost::json::value& item : list_of(release, "patches")) {
    const boost::json::object& patch = item.as_object();
    const int64_t size = patch.at("size").to_number<int64_t>();
    const int64_t memory = patch.at("memory").to_number<int64_t>();
    const int64_t saved = image_size > 0 ? 1000 - size * 1000 / image_size : 0;  // [1/1000]
    const std::string from = shown(patch, "from");
    lines.push_back((from == "-" ? "compressed" : "from " + from) + " in " +
                    std::to_string(memory / 1024) + " KiB: " + std::to_string(size) + " bytes, " +
                    std::to_string(saved / 10) + "." + std::to_string(saved % 10) + " % saved");
  }
  return lines;
}

}  // namespace otter::cli
