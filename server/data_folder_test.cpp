#include "server/data_folder.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "publish/certificates.h"
#include "server/master_keys.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

class DataFolderTest : public testing::Test {
 protected:
  InitRequest request() const {
    InitRequest request;
    request.folder = folder_.file("new");
    request.product = "lamp";
    request.chip = "esp32c3";
    return request;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777;
  }
  std::string refusal(const InitRequest& request) {
    try {
      make_data_folder(request, kNow);
      return "made";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  TemporaryFolder folder_;
};

TEST_F(DataFolderTest, MakesAllThatAServerNeeds) {
  const InitResult made = make_data_folder(request(), kNow);
  for (const char* file :
       {"/certs/ca.crt", "/certs/ca.key", "/certs/server.crt", "/certs/server.key",
        "/keys/root-1.pem", "/keys/release-1.pem", "/keys/release-2.pem", "/keys/release-1.pem.pub",
        "/secrets/master.key", "/secrets/admin.token", "/otter.sqlite", "/blobs"}) {
    EXPECT_TRUE(std::filesystem::exists(made.data.path + file)) << file;
  }
  EXPECT_EQ(MasterKeys(made.data).epochs().current.epoch, kFirstEpoch);
  EXPECT_TRUE(is_initialised(folder_.file("new")));
}

TEST_F(DataFolderTest, ShowsSecretsToTheirOwnerOnly) {
  const InitResult made = make_data_folder(request(), kNow);
  for (const char* folder : {"", "/certs", "/keys", "/secrets", "/blobs"}) {
    EXPECT_EQ(mode_of(made.data.path + folder), 0700U) << folder;
  }
  for (const char* file :
       {"/secrets/master.key", "/secrets/admin.token", "/keys/root-1.pem", "/keys/release-1.pem",
        "/certs/ca.key", "/certs/server.key", "/otter.sqlite"}) {
    EXPECT_EQ(mode_of(made.data.path + file), 0600U) << file;
  }
}

TEST_F(DataFolderTest, PutsItsSecretsIntoTheDatabaseAsHashes) {
  const InitResult made = make_data_folder(request(), kNow);
  const std::unique_ptr<Store> store = open_sqlite_store(made.data.database());
  HostCrypto crypto;
  const std::optional<Token> first = token(*store, hash_secret(crypto, made.admin_token));
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->account, "admin");
  EXPECT_EQ(first->role, Role::admin);
  EXPECT_EQ(account(*store, "admin")->password, "");
  EXPECT_EQ(store->product_of_key(hash_secret(crypto, made.api_key))->name, "lamp");
  EXPECT_EQ(store->product("lamp")->hmac_secret, made.hmac_secret);
  EXPECT_EQ(store->release_keys().size(), 2U);
  EXPECT_EQ(read_file(made.data.admin_token()), made.admin_token + "\n");
  EXPECT_EQ(read_file(made.data.database()).find(made.api_key), std::string::npos);
}

TEST_F(DataFolderTest, TrustsTheReleaseKeysAndNotTheRoot) {
  const InitResult made = make_data_folder(request(), kNow);
  std::vector<std::string> ids;
  for (const TrustedKey& key : open_sqlite_store(made.data.database())->release_keys()) {
    ids.push_back(hex_text(key.id));
  }
  EXPECT_THAT(ids, Contains(key_id_of(read_public_point(made.data.keys() + "/release-1.pem"))));
  EXPECT_THAT(ids, Contains(key_id_of(read_public_point(made.data.keys() + "/release-2.pem"))));
}

TEST_F(DataFolderTest, WritesSettingsThatCanBeRead) {
  InitRequest wanted = request();
  wanted.listen = "0.0.0.0:9443";
  wanted.names = {"otter.example", "192.0.2.1"};
  const InitResult made = make_data_folder(wanted, kNow);
  SettingsSources sources;
  sources.config_file = made.config_file;
  const Settings settings = load_settings(sources);
  EXPECT_EQ(settings.server.port, 9443);
  EXPECT_EQ(settings.server.public_url, "https://otter.example:9443");
  EXPECT_EQ(settings.publish.server, settings.server.public_url);
  EXPECT_EQ(std::filesystem::path(settings.server.data),
            std::filesystem::path(made.data.path).lexically_normal());
  for (const std::string& file : {settings.publish.ca, settings.publish.token_file,
                                  settings.publish.key, settings.server.certificate_file()}) {
    EXPECT_TRUE(std::filesystem::exists(file)) << file;
  }
}

TEST_F(DataFolderTest, NamesTheServerInItsCertificate) {
  InitRequest wanted = request();
  wanted.names = {"otter.example"};
  const InitResult made = make_data_folder(wanted, kNow);
  const CertificateFacts facts = read_certificate(made.data.certificates() + "/server.crt");
  EXPECT_THAT(facts.names, Contains("otter.example"));
  EXPECT_THAT(facts.names, Contains("localhost"));
  EXPECT_THAT(facts.names, Contains("127.0.0.1"));
}

TEST_F(DataFolderTest, NeverOverwrites) {
  const InitResult made = make_data_folder(request(), kNow);
  const std::string key = read_file(made.data.master_key());
  EXPECT_THAT(refusal(request()), HasSubstr("initialised already"));
  EXPECT_EQ(read_file(made.data.master_key()), key);
}

TEST_F(DataFolderTest, KeepsAStrayOtterToml) {
  std::filesystem::create_directory(folder_.file("new"));
  write_file(folder_.file("new/otter.toml"), "mine");
  EXPECT_THAT(refusal(request()), HasSubstr("initialised already"));
  EXPECT_EQ(read_file(folder_.file("new/otter.toml")), "mine");
  EXPECT_FALSE(std::filesystem::exists(folder_.file("new/otter-data")));
}

TEST_F(DataFolderTest, StartsAgainAfterACut) {
  std::filesystem::create_directories(folder_.file("new/otter-data.new/keys"));
  write_file(folder_.file("new/otter-data.new/keys/root-1.pem"), "half");
  EXPECT_EQ(refusal(request()), "made");
  EXPECT_FALSE(std::filesystem::exists(folder_.file("new/otter-data.new")));
}

TEST_F(DataFolderTest, MakesNothingOfABadRequest) {
  InitRequest bad = request();
  bad.names = {"not a name"};
  EXPECT_NE(refusal(bad), "made");
  bad = request();
  bad.product = "../x";
  EXPECT_THAT(refusal(bad), StartsWith("a product's name"));
  bad = request();
  bad.chip = "z80";
  EXPECT_THAT(refusal(bad), HasSubstr("z80"));
  bad = request();
  bad.listen = "here\"\n";
  EXPECT_THAT(refusal(bad), HasSubstr("IP address"));
  EXPECT_FALSE(is_initialised(folder_.file("new")));
  EXPECT_FALSE(std::filesystem::exists(folder_.file("new/otter-data.new")));
}

}  // namespace
}  // namespace otter::server
