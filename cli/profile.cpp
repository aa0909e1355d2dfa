#include "cli/profile.h"

#include "server/settings.h"

namespace otter::cli {

Profile load_profile(const std::string& config_path) {
  server::SettingsSources sources;
  sources.config_file = config_path;
  sources.environment = server::process_environment();
  const server::Settings settings = server::load_settings(sources);
  return {settings.publish.server, settings.publish.ca, settings.publish.token_file,
          settings.publish.key};
}

}  // namespace otter::cli
