// Which server a client verb talks to and with which files: the [publish] section of otter.toml,
// docs/operating.md. Any thread.
#pragma once

#include <string>

namespace otter::cli {

struct Profile {
  std::string server;      // "https://localhost:8443"
  std::string ca_file;     // PEM; empty: the system's authorities
  std::string token_file;  // the admin token
  std::string key_file;    // PEM, the private release key
  // What devices call the server: [server] public_url where that is set, else `server`.
  std::string device_server;
};

// Reads otter.toml and the environment. `config_path` empty: OTTER_CONFIG, else ./otter.toml if
// there is one. Paths in the file are relative to its folder.
//
// Errors: server::SettingsError, naming file, line and reason
Profile load_profile(const std::string& config_path);

}  // namespace otter::cli
