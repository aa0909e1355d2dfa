// otter.toml. What is wrong is refused in one line; what is accepted can be printed, and what is
// printed is accepted and means the same.
#include <fstream>

#include "fuzz/require.h"
#include "publish/temporary_folder.h"
#include "server/settings.h"

namespace otter {
namespace {

server::Settings load(const std::string& content) {
  static const TemporaryFolder folder;
  server::SettingsSources sources;
  sources.config_file = folder.file("otter.toml");
  std::ofstream(sources.config_file, std::ios::binary) << content;
  return server::load_settings(sources);
}

// Without the remarks on where each comes from.
std::string printed(const server::Settings& settings) {
  std::string text = server::print_settings(settings);
  for (size_t at = text.find("  # "); at != std::string::npos; at = text.find("  # ", at)) {
    text.erase(at, text.find('\n', at) - at);
  }
  return text;
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  server::Settings settings;
  try {
    settings = load(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const server::SettingsError& error) {
    require(*error.what() != '\0', "a refusal says why");
    return 0;
  }
  try {
    // A default path is the working folder's, and one in a file is that folder's.
    const server::Settings in_file = load(server::print_settings(settings));
    const server::Settings again = load(server::print_settings(in_file));
    require(printed(again) == printed(in_file), "what is printed means the same");
  } catch (const server::SettingsError&) {
    require(false, "what is printed is accepted");
  }
  return 0;
}
