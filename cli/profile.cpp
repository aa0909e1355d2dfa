#include "cli/profile.h"

#include "server/settings.h"

namespace otter::cli {

Profile load_profile(const std::string& config_path) {
  server::SettingsSources sources;
  sources.config_file = config_path;
  sources.environment = server::process_environment();
  const server::Settings settings = server::load_settings(sources);
  const bool is_public = settings.sources.contains("server.public_url");
  return {settings.publish.server, settings.publish.ca, settings.publish.token_file,
          settings.publish.key, is_public ? settings.server.public_url : settings.publish.server};
}

}  // namespace otter::cli
