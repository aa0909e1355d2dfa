#include "server/firmware_folder.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "publish/firmware_marker.h"
#include "server/offer.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

class FirmwareFolderTest : public testing::Test {
 protected:
  FirmwareFolderTest() { std::filesystem::create_directory(path_); }

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  void put(const std::string& name, const std::vector<uint8_t>& bytes) {
    write_file(file(name), std::string(bytes.begin(), bytes.end()));
  }
  // Beside the image of that version.
  void put_manifest(const std::string& name, const std::string& version) {
    const std::vector<uint8_t> image = OfflineServer::image_of(version);
    const std::string manifest =
        build_manifest(inspect_image(image), image, OfflineServer::options_of(version, 1));
    write_file(file(name), write_envelope_json(sign_manifest(manifest, server_.key_file())));
  }
  // As a build without OTTER_FIRMWARE leaves it.
  static std::vector<uint8_t> image_without_marker(const std::string& version) {
    std::vector<uint8_t> image = OfflineServer::image_of(version);
    const auto marker = write_firmware_marker({"lamp", version, "healthy"});
    const auto at = std::search(image.begin(), image.end(), marker.begin(), marker.end());
    EXPECT_NE(at, image.end());
    std::fill_n(at, marker.size(), uint8_t{0});
    seal_image(image);
    return image;
  }
  void look_twice() {
    folder_.look();
    folder_.look();
  }
  ReleasePtr release(const std::string& version) {
    return release_of_version(*server_.store, "lamp", version);
  }
  // Why a file is none; empty: nothing is said of it.
  std::string refusal(const std::string& name) {
    const std::string said = file(name) + kRefusedSuffix;
    return std::filesystem::exists(said) ? read_file(said) : "";
  }

  OfflineServer server_;
  const std::string path_ = server_.folder.file("firmware");
  FirmwareFolder folder_{path_, server_.backend};
};

TEST_F(FirmwareFolderTest, TakesAnUnsignedImageForPlainMode) {
  put("firmware_v1.0.2.bin", image_without_marker("9.9.9"));
  look_twice();
  ASSERT_NE(release("1.0.2"), nullptr) << refusal("firmware_v1.0.2.bin");
  EXPECT_EQ(release("1.0.2")->sequence, 1U);
  const boost::json::object manifest = json_of(server_.get("/firmware/manifest"));
  EXPECT_EQ(manifest.at("version").as_string(), "1.0.2");
  EXPECT_TRUE(manifest.at("envelope").is_null());
  EXPECT_EQ(server_.get("/firmware/firmware_v1.0.2.bin").status, 200U);
  EXPECT_THAT(server_.store->audit_entries({.newest_first = true}).at(0).line,
              HasSubstr("Release published"));
}

TEST_F(FirmwareFolderTest, TakesNothingThatIsStillWritten) {
  const std::vector<uint8_t> whole = OfflineServer::image_of("1.0.2");
  put("firmware_v1.0.2.bin", {whole.begin(), whole.begin() + 40000});
  folder_.look();
  put("firmware_v1.0.2.bin", whole);
  folder_.look();
  EXPECT_EQ(release("1.0.2"), nullptr);
  EXPECT_EQ(refusal("firmware_v1.0.2.bin"), "");
  folder_.look();
  EXPECT_NE(release("1.0.2"), nullptr);
}

TEST_F(FirmwareFolderTest, TakesASignedImageForDevicesWithKeys) {
  server_.enroll("lamp-1");
  put("build.bin", OfflineServer::image_of("1.0.2"));
  put_manifest("build.json", "1.0.2");
  look_twice();
  ASSERT_NE(release("1.0.2"), nullptr) << refusal("build.bin");
  EXPECT_FALSE(release("1.0.2")->envelope.empty());
}

TEST_F(FirmwareFolderTest, RefusesAnUnsignedImageWhereDevicesHaveKeys) {
  server_.enroll("lamp-1");
  put("firmware_v1.0.2.bin", OfflineServer::image_of("1.0.2"));
  look_twice();
  EXPECT_EQ(release("1.0.2"), nullptr);
  EXPECT_THAT(refusal("firmware_v1.0.2.bin"), HasSubstr("lamp is not in plain mode"));
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("Firmware file refused file=firmware_v1.0.2.bin"));
  // A manifest that comes later makes it right.
  put_manifest("firmware_v1.0.2.json", "1.0.2");
  look_twice();
  EXPECT_NE(release("1.0.2"), nullptr);
  EXPECT_EQ(refusal("firmware_v1.0.2.bin"), "");
}

TEST_F(FirmwareFolderTest, RefusesAnUnsignedImageWhereKeysAreNeeded) {
  server_.change_product({.allows_plain = false});
  put("firmware_v1.0.2.bin", OfflineServer::image_of("1.0.2"));
  look_twice();
  EXPECT_THAT(refusal("firmware_v1.0.2.bin"), HasSubstr("lamp is not in plain mode"));
}

TEST_F(FirmwareFolderTest, SaysWhatIsWrongWithAFile) {
  std::vector<uint8_t> damaged = OfflineServer::image_of("1.0.2");
  damaged[30000] ^= 1;
  put("damaged.bin", damaged);
  put("nonsense.bin", {1, 2, 3});
  put("nameless.bin", image_without_marker("1.0.2"));
  put("foreign.bin", OfflineServer::image_of("1.0.2", "esp32c3", "fan"));
  put("other.bin", OfflineServer::image_of("1.0.3"));
  put_manifest("other.json", "1.0.2");
  look_twice();
  EXPECT_THAT(refusal("damaged.bin"), HasSubstr("checksum"));
  EXPECT_NE(refusal("nonsense.bin"), "");
  EXPECT_THAT(refusal("nameless.bin"), HasSubstr("its name says no version"));
  EXPECT_THAT(refusal("foreign.bin"), HasSubstr("there is no product fan"));
  EXPECT_THAT(refusal("other.bin"), HasSubstr("is of another image"));
  EXPECT_TRUE(server_.store->releases({}).empty());
}

TEST_F(FirmwareFolderTest, RefusesAnotherImageOfAVersionThatIsThere) {
  server_.publish("1.0.2", 1);
  put("firmware_v1.0.2.bin", image_without_marker("9.9.9"));
  look_twice();
  EXPECT_THAT(refusal("firmware_v1.0.2.bin"), HasSubstr("has a release 1.0.2 already"));
}

TEST_F(FirmwareFolderTest, TakesAFileOnceAcrossRestarts) {
  put("firmware_v1.0.2.bin", OfflineServer::image_of("1.0.2"));
  look_twice();
  server_.enroll("lamp-1");  // what is a release stays one
  FirmwareFolder again(path_, server_.backend);
  again.look();
  again.look();
  EXPECT_EQ(server_.store->releases({}).size(), 1U);
  EXPECT_EQ(refusal("firmware_v1.0.2.bin"), "");
}

TEST_F(FirmwareFolderTest, PassesOverOtherFilesAndAMissingFolder) {
  put("notes.txt", {1});
  put(".firmware_v1.0.2.bin", OfflineServer::image_of("1.0.2"));
  put("firmware_v1.0.2.bin.part", OfflineServer::image_of("1.0.2"));
  look_twice();
  EXPECT_TRUE(server_.store->releases({}).empty());
  std::filesystem::remove_all(path_);
  look_twice();
  EXPECT_EQ(server_.log_lines.str(), "");
}

// Devices with keys of their own are offered nothing that nobody has signed.
TEST_F(FirmwareFolderTest, OffersWhatIsUnsignedToNoDeviceWithAKey) {
  put("firmware_v1.0.2.bin", OfflineServer::image_of("1.0.2"));
  look_twice();
  ASSERT_NE(release("1.0.2"), nullptr);
  DeviceFacts facts;
  facts.id = "lamp-1";
  facts.product = "lamp";
  facts.version = "1.0.0";
  facts.chip = find_chip(Text("esp32c3"))->id;
  facts.slot_size_bytes = 1024 * 1024;
  EXPECT_EQ(
      choose_release(*server_.store, facts, "stable", kNow, [](const Release&) { return true; }),
      nullptr);
  const boost::json::object shown = json_of(server_.admin("GET", "/api/v1/releases/lamp/1.0.2"));
  EXPECT_TRUE(shown.at("envelope").is_null());
  EXPECT_EQ(server_.admin("GET", "/api/v1/releases/lamp/1.0.2/preflight").status, 200U);
}

}  // namespace
}  // namespace otter::server
