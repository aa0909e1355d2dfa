// The data folder: where each file lies, and how a new one is made. docs/operating.md. One thread.
//
// Power: the folder is made under another name and renamed when it is complete; otter.toml is
// written last. Nothing is ever overwritten.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace otter::server {

// One clear line: what, where, what to do next.
struct DataFolderError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct DataFolder {
  std::string path;

  std::string database() const { return path + "/otter.sqlite"; }
  std::string blobs() const { return path + "/blobs"; }
  std::string patches() const { return path + "/patches"; }  // each can be made again
  std::string certificates() const { return path + "/certs"; }
  std::string keys() const { return path + "/keys"; }
  std::string secrets() const { return path + "/secrets"; }
  // Of an epoch of the fleet's master secret; the first has no number in its name.
  std::string master_key(uint32_t epoch = 1) const {
    return secrets() + (epoch == 1 ? "/master.key" : "/master-" + std::to_string(epoch) + ".key");
  }
  std::string admin_token() const { return secrets() + "/admin.token"; }
};

struct InitRequest {
  std::string folder = ".";        // gets otter.toml and otter-data/
  std::vector<std::string> names;  // DNS names and IP addresses beside this machine's own
  std::string listen = "127.0.0.1:8443";
  std::string product;  // empty: none yet
  std::string chip;     // of the product; empty: its first release decides
};

struct InitResult {
  std::string config_file;
  DataFolder data;
  std::string admin_token;
  std::string api_key;      // of the product
  std::string hmac_secret;  // of the product
};

// True if the folder has an otter.toml or an otter-data.
bool is_initialised(const std::string& folder);

// Makes keys, certificates, database and settings.
//
// Errors: DataFolderError (initialised already; a name, chip or address that is none; the folder
//         can't be written), StoreError, CertificateError, KeyError
InitResult make_data_folder(const InitRequest& request, int64_t now_s);

}  // namespace otter::server
