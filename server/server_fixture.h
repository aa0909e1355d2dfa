// The vocabulary of the server's tests: a server without sockets, in a folder of its own, at a time
// of the test's choice. For tests only; one thread, but for what the Router itself allows.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "ota/wire/device_facts.h"
#include "publish/envelope.h"
#include "publish/host_crypto.h"
#include "publish/image_maker.h"
#include "publish/keys.h"
#include "publish/manifest_builder.h"
#include "publish/temporary_folder.h"
#include "server/rollouts.h"
#include "server/router.h"
#include "server/secrets.h"
#include "server/store_cache.h"
#include "server/store_sqlite.h"

namespace otter::server {

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string hex_text(Bytes bytes) {
  std::string hex(2 * bytes.size, '0');
  hex_encode(bytes, hex.data());
  return hex;
}

inline Digest digest_of(Bytes bytes) {
  HostCrypto crypto;
  return sha256(crypto, bytes).value;
}

// A digest that is different for each number.
inline Digest digest_number(uint8_t number) {
  Digest digest;
  digest.bytes[0] = number;
  digest.bytes[31] = 1;
  return digest;
}

constexpr int64_t kNow = 1'760'000'000;  // 2025-10-09

// The text of a response's header, or "".
inline std::string header_of(const Response& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

inline boost::json::object json_of(const Response& response) {
  return boost::json::parse(response.body).as_object();
}

// The code of a problem document, with its status: "404 not_found".
inline std::string problem_of(const Response& response) {
  if (header_of(response, "Content-Type") != "application/problem+json") {
    return std::to_string(response.status) + " without a problem";
  }
  return std::to_string(response.status) + " " + json_of(response).at("code").as_string().c_str();
}

using HeaderList = std::vector<std::pair<std::string, std::string>>;

inline Request request_of(const std::string& method, const std::string& target,
                          HeaderList headers = {}, std::string body = {}) {
  return {method, target, std::move(headers), std::move(body), "192.0.2.7"};
}

// The answer itself, where it comes later.
inline Response awaited(Response response) {
  if (!response.later) return response;
  std::promise<Response> answer;
  response.later([&answer](Response late) { answer.set_value(std::move(late)); });
  return answer.get_future().get();
}

// A server with one product, "lamp" for the esp32c3, and one release key.
class OfflineServer {
 public:
  OfflineServer() {
    make_signing_key(key_file());
    TrustedKey key;
    key.point = read_public_point(key_file());
    key.id.resize(kKeyIdSize);
    if (hex_decode(key_id_of(key.point), key.id) != Error::ok) throw std::runtime_error("key id");
    key.pem = public_pem_of(key.point);
    store->add_release_key(key);
    add_token(admin_token, kFirstAccount, Role::admin);
    add_product("lamp", api_key, "esp32c3");
  }

  void add_product(const std::string& name, const std::string& key, const std::string& chip) {
    Product product;
    product.name = name;
    product.chip = chip;
    product.hmac_secret = "oth_secret-of-" + name;
    store->add_product(product, hash_secret(crypto, key));
  }

  // A token for an account of that role, which is made if it is new; gives the token's id.
  std::string add_token(const std::string& secret, const std::string& account, Role role,
                        const std::string& product = {}) {
    store->put_account({account, role, "", kNow});
    Token token;
    token.hash = hash_secret(crypto, secret);
    token.id = token_id_of(token.hash);
    token.account = account;
    token.role = role;
    token.product = product;
    token.created_s = kNow;
    store->put_token(token);
    return token.id;
  }

  std::string key_file() const { return folder.file("release.pem"); }

  Response send(const Request& request) { return awaited(router.handle(request)); }
  Response get(const std::string& target, HeaderList headers = {}) {
    headers.emplace_back("X-API-Key", api_key);
    return send(request_of("GET", target, std::move(headers)));
  }
  Response post(const std::string& target, const std::string& key, const std::string& body) {
    return send(request_of("POST", target,
                           {{"X-API-Key", key}, {"Content-Type", "application/json"}}, body));
  }
  Response admin(const std::string& method, const std::string& target, std::string body = {}) {
    HeaderList headers = {{"Authorization", "Bearer " + admin_token}};
    if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
    return send(request_of(method, target, std::move(headers), std::move(body)));
  }
  Response upload(const std::vector<uint8_t>& bytes) {
    return send(request_of("PUT", "/api/v1/blobs/" + hex_text(digest_of(bytes).bytes),
                           {{"Authorization", "Bearer " + admin_token}},
                           std::string(bytes.begin(), bytes.end())));
  }

  // Publishes an image as `otter publish` does; gives the answer to the last request.
  Response publish(const std::vector<uint8_t>& image, const ManifestOptions& options,
                   const std::string& notes = {}) {
    upload(image);
    return publish_manifest(build_manifest(inspect_image(image), image, options), notes);
  }
  Response publish_manifest(const std::string& manifest, const std::string& notes = {}) {
    const std::string envelope = write_envelope_json(sign_manifest(manifest, key_file()));
    const std::string quoted_notes = boost::json::serialize(boost::json::string(notes));
    return admin("POST", "/api/v1/releases",
                 "{\"envelope\":" + envelope + ",\"notes\":" + quoted_notes + "}");
  }

  // A healthy image of the product.
  static std::vector<uint8_t> image_of(const std::string& version,
                                       const std::string& chip = "esp32c3",
                                       const std::string& product = "lamp") {
    ImageRecipe recipe;
    recipe.chip = find_chip(Text(chip))->id;
    recipe.product = product;
    recipe.version = version;
    recipe.size_bytes = 80 * 1024;
    return make_image(recipe);
  }
  static ManifestOptions options_of(const std::string& version, uint64_t sequence) {
    ManifestOptions options;
    options.product = "lamp";
    options.version = version;
    options.sequence = sequence;
    options.created_s = kNow;
    return options;
  }
  Response publish(const std::string& version, uint64_t sequence) {
    return publish(image_of(version), options_of(version, sequence));
  }

  void change_product(const ProductChange& change) { store->change_product("lamp", change); }
  // Enrols a device and gives what it then sends as X-API-Key.
  std::string enroll(const std::string& id) {
    Device device;
    device.id = id;
    device.product = "lamp";
    device.chip = "esp32c3";
    device.created_s = kNow;
    otter::server::enroll(*store, device);
    return device_api_key(id);
  }
  // In the current epoch, as all that follow.
  Digest device_key(const std::string& id) {
    const MasterKey master = masters.epochs().current;
    return derive_device_key(crypto, master.secret, id, master.epoch).value;
  }
  std::string device_api_key(const std::string& id) {
    const Digest key = derive_purpose_key(crypto, device_key(id).bytes, KeyPurpose::api_key).value;
    return id + "." + hex_text(key.bytes);
  }

  TemporaryFolder folder;
  HostCrypto crypto;
  const std::string api_key = "otk_of-lamp";
  const std::string admin_token = "ota_of-the-operator";
  int64_t now_s = kNow;
  ServerSettings settings;
  std::unique_ptr<Store> store = open_sqlite_store(folder.file("otter.sqlite"));
  Blobs blobs{folder.file("blobs")};
  Sightings sightings;
  std::ostringstream log_lines;
  Log log{LogFormat::human, log_lines};
  MasterKeys masters{folder_with_a_master()};
  Metrics metrics;
  Logins logins;
  StoreCache cache{*store};
  DeviceKeys device_keys;
  ReportQueue reports{*store};
  Rollouts rollouts{*store, sightings, 3600};
  Backend backend{settings,
                  *store,
                  blobs,
                  sightings,
                  log,
                  masters,
                  cache,
                  device_keys,
                  reports,
                  metrics,
                  logins,
                  rollouts,
                  [this] { return now_s; }};
  Router router{backend};

 private:
  DataFolder folder_with_a_master() const {
    const DataFolder data{folder.path()};
    std::filesystem::create_directory(data.secrets());
    write_file(data.master_key(), std::string(kMasterKeySize, 7));
    return data;
  }
};

}  // namespace otter::server
