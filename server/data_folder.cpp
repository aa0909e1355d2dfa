#include "server/data_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "ota/wire/chip.h"
#include "ota/wire/version.h"
#include "publish/certificates.h"
#include "publish/durable_file.h"
#include "publish/host_crypto.h"
#include "publish/keys.h"
#include "server/audit.h"
#include "server/master_keys.h"
#include "server/secrets.h"
#include "server/settings.h"
#include "server/store_sqlite.h"

namespace otter::server {
namespace {

constexpr char kDataName[] = "otter-data";
constexpr char kConfigName[] = "otter.toml";

constexpr char kConfig[] =
    R"toml(# Settings of `otter serve` and of the verbs that talk to it. A setting `listen` in
# [server] is OTTER_SERVER_LISTEN in the environment; a flag wins over both. `otter serve --check`
# shows what holds. Paths are relative to this file's folder.

[server]
# Address and port. 127.0.0.1 is this machine only; 0.0.0.0 is every network it is in.
listen = "@listen@"
# Database, images, keys and certificates.
data = "otter-data"
# What devices call this server; the certificate must name it.
public_url = "@url@"
# Files of another certificate than the one in the data folder, PEM.
# certificate = "fullchain.pem"
# key = "privkey.pem"
# The authority of devices' own certificates, PEM: docs/operating.md.
# client_ca = "devices-ca.crt"
# The largest TLS record that is sent [bytes], 512 to 16384.
# tls_record_bytes = 16384
# How long one key seals session tickets [s], 60 to 302400.
# ticket_rotation_s = 43200
# Browsers must use HTTPS for this name from then on [s], 0 to 63072000; 0: nothing is said.
# hsts_s = 0
# How long a device waits until it asks again [s].
check_interval_s = 3600
# Other servers that hold the images, up to 4: docs/operating.md.
# mirrors = ["https://mirror.example"]
# Who has signed in with a password is signed out after so long without a request, and after so
# long in any case [s].
# session_idle_s = 1800
# session_max_s = 43200
# How long single reports are kept, and then their counts by day [days]; 0: for ever.
# keep_reports_days = 90
# keep_counts_days = 1826
# How long a device's samples are kept for each hour, then for each day; and logs and core dumps
# [days]; 0: for ever.
# keep_samples_days = 2
# keep_history_days = 90
# keep_dumps_days = 90
# "human" or "json".
log = "human"
# Lines are written together after this time [ms]; 0: each before its request is answered.
# log_delay_ms = 10
# "on": a line for each request.
access_log = "off"
# Who may read /metrics: "operators", "loopback" (and anyone on this machine) or "off".
metrics = "operators"
# A file with a token that may read /metrics and nothing else: head -c 24 /dev/urandom | base64
# metrics_token_file = "metrics.token"
# Event loops; 0: one for each core, at least 2.
# threads = 0
# "on": patches are made in the background, and offered to devices that can take them.
# patches = "on"
# How long a device is told nothing while its patch is made [s]; 0: not at all.
# patch_wait_s = 60
# Memory to make one, and files of all [MiB].
# patch_build_mb = 512
# patch_store_mb = 1024

@limits@
[openid]
# An identity provider that people may sign in by, as it spells itself: docs/operating.md.
# issuer = "https://login.example/realms/staff"
# client_id = "otter"
# client_secret_file = "openid.secret"
# scopes = ["openid", "profile", "email"]
# Its name on the sign-in page, and its authority, PEM, if the system does not know it.
# name = "Staff"
# ca = "idp-ca.crt"
# What a new person's account is called by.
# account_claim = "preferred_username"
# Values of this claim of the ID token that give a role; who has none is refused.
# role_claim = "roles"
# admin = ["otter-admin"]
# publisher = ["otter-publisher"]
# operator = ["otter-operator"]
# viewer = ["otter-viewer"]

[publish]
# The server that `otter publish`, `otter product` and `otter device` talk to.
server = "@url@"
ca = "otter-data/certs/ca.crt"
token_file = "otter-data/secrets/admin.token"
# The private key that signs releases. Move it off the server.
key = "otter-data/keys/release-1.pem"
)toml";

void make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0) {
    throw DataFolderError("can't make the folder " + path + ": " + std::strerror(errno));
  }
}

std::string replace_all(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  for (const std::string& known : names) {
    if (known == name) return true;
  }
  return false;
}

// The caller's names first: the first is the one that links use.
std::vector<std::string> all_names(const InitRequest& request) {
  std::vector<std::string> names = request.names;
  for (const char* own : {"localhost", "127.0.0.1", "::1"}) {
    if (!contains(names, own)) names.push_back(own);
  }
  return names;
}

std::string public_url(const InitRequest& request) {
  const std::string name = all_names(request).front();
  const bool is_v6 = name.find(':') != std::string::npos;
  const std::string port = request.listen.substr(request.listen.rfind(':') + 1);
  return "https://" + (is_v6 ? "[" + name + "]" : name) + (port == "443" ? "" : ":" + port);
}

std::string config_text(const InitRequest& request) {
  const std::string text = replace_all(kConfig, "@limits@", limits_section());
  return replace_all(replace_all(text, "@listen@", request.listen), "@url@", public_url(request));
}

// Before anything is made: what is wrong with a request must not leave half a folder.
void check_request(const InitRequest& request) {
  if (is_initialised(request.folder)) {
    throw DataFolderError(request.folder + " is initialised already: it has " + kConfigName +
                          " or " + kDataName + "; nothing was changed");
  }
  SettingsSources sources;
  sources.flags = {{"server.listen", request.listen}};
  sources.config_file = "/dev/null";
  try {
    load_settings(sources);
  } catch (const SettingsError&) {
    throw DataFolderError("\"" + request.listen + "\" is not an IP address and a port");
  }
  if (!request.product.empty() && !is_identifier(request.product)) {
    throw DataFolderError("a product's name is 1 to 64 characters of A-Z a-z 0-9 . - _ :");
  }
  if (!request.chip.empty() && find_chip(Text(request.chip)) == nullptr) {
    throw DataFolderError("\"" + request.chip + "\" is no chip that otter knows");
  }
}

void write_secret(const std::string& path, const std::string& content) {
  write_file_durably(path, content, kSecretFileMode);
}

void trust_key(Store& store, const std::string& pem_file, int64_t now_s) {
  TrustedKey key;
  key.point = read_public_point(pem_file);
  key.pem = public_pem_of(key.point);
  key.id.resize(kKeyIdSize);
  if (hex_decode(key_id_of(key.point), key.id) != Error::ok) {
    throw DataFolderError("can't use the key " + pem_file);
  }
  key.created_s = now_s;
  store.add_release_key(key);
}

void make_keys(const DataFolder& data, Store& store, int64_t now_s) {
  make_folder(data.keys());
  make_signing_key(data.keys() + "/root-1.pem");
  for (const char* name : {"/release-1.pem", "/release-2.pem"}) {
    make_signing_key(data.keys() + name);
    trust_key(store, data.keys() + name, now_s);
  }
}

void make_secrets(const DataFolder& data, Store& store, int64_t now_s, InitResult* result) {
  HostCrypto crypto;
  make_folder(data.secrets());
  write_secret(data.master_key(), random_bytes(crypto, kMasterKeySize));
  result->admin_token = make_secret(crypto, kAdminTokenPrefix);
  write_secret(data.admin_token(), result->admin_token + "\n");
  store.put_account({kFirstAccount, Role::admin, "", now_s});
  Token token;
  token.hash = hash_secret(crypto, result->admin_token);
  token.id = token_id_of(token.hash);
  token.account = kFirstAccount;
  token.role = Role::admin;
  token.created_s = now_s;
  store.put_token(token);
}

void make_product(const InitRequest& request, Store& store, int64_t now_s, InitResult* result) {
  if (request.product.empty()) return;
  HostCrypto crypto;
  Product product;
  product.name = request.product;
  product.chip = request.chip;
  product.hmac_secret = make_secret(crypto, kHmacSecretPrefix);
  product.created_s = now_s;
  result->api_key = make_secret(crypto, kApiKeyPrefix);
  result->hmac_secret = product.hmac_secret;
  store.add_product(product, hash_secret(crypto, result->api_key));
}

void fill_data_folder(const InitRequest& request, const DataFolder& data, int64_t now_s,
                      InitResult* result) {
  make_folder(data.path);
  make_folder(data.blobs());
  CertificateRequest certificates;
  certificates.names = all_names(request);
  certificates.folder = data.certificates();
  make_certificates(certificates);
  // Closed at the end of the block: only then does the folder move.
  const std::unique_ptr<Store> store = open_sqlite_store(data.database());
  make_keys(data, *store, now_s);
  make_secrets(data, *store, now_s, result);
  make_product(request, *store, now_s, result);
  HostCrypto crypto;
  record(*store, {.time_s = now_s},
         {"Server initialised", kFirstAccount, nullptr, {{"role", name(Role::admin)}}}, crypto);
}

}  // namespace

bool is_initialised(const std::string& folder) {
  const std::filesystem::path path(folder);
  return std::filesystem::exists(path / kConfigName) || std::filesystem::exists(path / kDataName);
}

InitResult make_data_folder(const InitRequest& request, int64_t now_s) {
  check_request(request);
  const std::filesystem::path folder(request.folder);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw DataFolderError("can't make the folder " + request.folder + ": " + error.message());
  const DataFolder unfinished{(folder / (std::string(kDataName) + ".new")).string()};
  std::filesystem::remove_all(unfinished.path, error);  // of a run that was cut off
  InitResult result;
  try {
    fill_data_folder(request, unfinished, now_s, &result);
  } catch (...) {
    std::filesystem::remove_all(unfinished.path, error);
    throw;
  }
  result.data.path = (folder / kDataName).string();
  result.config_file = (folder / kConfigName).string();
  if (rename(unfinished.path.c_str(), result.data.path.c_str()) != 0) {
    throw DataFolderError("can't make " + result.data.path + ": " + std::strerror(errno));
  }
  write_file_durably(result.config_file, config_text(request), kPublicFileMode);
  return result;
}

}  // namespace otter::server
