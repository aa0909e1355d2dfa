// GET and HEAD of firmware files.
#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class FirmwareFilesTest : public testing::Test {
 protected:
  void SetUp() override { server_.publish(image_, OfflineServer::options_of("1.0.1", 1)); }
  std::string blob_target() const { return "/firmware/blob/" + hex_text(digest_of(image_).bytes); }
  std::string etag() const { return "\"" + hex_text(digest_of(image_).bytes) + "\""; }
  // The bytes that the HTTP engine would send.
  static std::string bytes_of(const Response& response) {
    if (!response.file.has_value()) return response.body;
    return read_file(response.file->path).substr(response.file->offset, response.file->size);
  }
  std::string image_text() const { return {image_.begin(), image_.end()}; }
  const std::vector<uint8_t> image_ = OfflineServer::image_of("1.0.1");
  OfflineServer server_;
};

TEST_F(FirmwareFilesTest, ServesAVersionByEachOfItsNames) {
  for (const char* name :
       {"1.0.1.bin", "v1.0.1.bin", "firmware_v1.0.1.bin", "firmware_1.0.1.bin"}) {
    const Response response = server_.get(std::string("/firmware/") + name);
    EXPECT_EQ(response.status, 200U) << name;
    EXPECT_EQ(bytes_of(response), image_text()) << name;
    EXPECT_EQ(header_of(response, "ETag"), etag());
    EXPECT_EQ(header_of(response, "Accept-Ranges"), "bytes");
  }
}

TEST_F(FirmwareFilesTest, FindsAVersionThatIsNamedWithAV) {
  ManifestOptions options = OfflineServer::options_of("v1.0.2", 2);
  server_.publish(OfflineServer::image_of("v1.0.2"), options);
  EXPECT_EQ(server_.get("/firmware/1.0.2.bin").status, 200U);
  EXPECT_EQ(server_.get("/firmware/v1.0.2.bin").status, 200U);
}

TEST_F(FirmwareFilesTest, ServesABlobForEver) {
  const Response response = server_.get(blob_target());
  EXPECT_EQ(bytes_of(response), image_text());
  EXPECT_EQ(header_of(response, "Cache-Control"), "public, immutable, max-age=31536000");
}

TEST_F(FirmwareFilesTest, LogsTheStartOfADownload) {
  server_.get("/firmware/1.0.1.bin", {{"Range", "bytes=4096-"}});
  EXPECT_THAT(server_.log_lines.str(),
              HasSubstr("Firmware download started version=1.0.1 product=lamp bytes=4096+77824"));
}

TEST_F(FirmwareFilesTest, HasNoOtherFiles) {
  for (const char* target :
       {"/firmware/9.9.9.bin", "/firmware/1.0.1", "/firmware/1.0.1.elf", "/firmware/.bin",
        "/firmware/vv1.0.1.bin", "/firmware/blob/1.0.1", "/firmware/blob/abc",
        "/firmware/otter.sqlite.bin", "/firmware/blob/1111111111111111111111111111111111111111"}) {
    EXPECT_EQ(problem_of(server_.get(target)), "404 not_found") << target;
  }
}

TEST_F(FirmwareFilesTest, ShowsAProductOnlyItsOwnFiles) {
  server_.add_product("fan", "otk_of-fan", "");
  for (const std::string& target : {std::string("/firmware/1.0.1.bin"), blob_target()}) {
    EXPECT_EQ(problem_of(server_.send(request_of("GET", target, {{"X-API-Key", "otk_of-fan"}}))),
              "404 not_found");
    EXPECT_EQ(problem_of(server_.send(request_of("GET", target))), "401 unauthorized");
  }
}

TEST_F(FirmwareFilesTest, ServesDevicesWithTheirOwnKey) {
  const std::string key = server_.enroll("lamp-7");
  EXPECT_EQ(server_.send(request_of("GET", blob_target(), {{"X-API-Key", key}})).status, 200U);
}

TEST_F(FirmwareFilesTest, ServesAPart) {
  const Response response = server_.get("/firmware/1.0.1.bin", {{"Range", "bytes=100-199"}});
  EXPECT_EQ(response.status, 206U);
  EXPECT_EQ(header_of(response, "Content-Range"), "bytes 100-199/" + std::to_string(image_.size()));
  EXPECT_EQ(bytes_of(response), image_text().substr(100, 100));
}

TEST_F(FirmwareFilesTest, ResumesOnlyTheSameFile) {
  EXPECT_EQ(server_.get(blob_target(), {{"Range", "bytes=9-"}, {"If-Range", etag()}}).status, 206U);
  const Response other =
      server_.get(blob_target(), {{"Range", "bytes=9-"}, {"If-Range", "\"other\""}});
  EXPECT_EQ(other.status, 200U);
  EXPECT_EQ(bytes_of(other), image_text());
}

TEST_F(FirmwareFilesTest, SaysHowLongTheFileIsToARangeBehindIt) {
  const Response response = server_.get("/firmware/1.0.1.bin", {{"Range", "bytes=9999999-"}});
  EXPECT_EQ(problem_of(response), "416 range_not_satisfiable");
  EXPECT_EQ(header_of(response, "Content-Range"), "bytes */" + std::to_string(image_.size()));
}

TEST_F(FirmwareFilesTest, AnswersHeadWithTheLengthAlone) {
  const Response response = server_.send(request_of(
      "HEAD", "/firmware/1.0.1.bin", {{"X-API-Key", server_.api_key}, {"Range", "bytes=0-1"}}));
  EXPECT_EQ(response.status, 200U);
  EXPECT_TRUE(response.head_only);
  EXPECT_EQ(response.file->size, image_.size());
  EXPECT_THAT(server_.log_lines.str(), Not(HasSubstr("download started")));
}

TEST_F(FirmwareFilesTest, SendsNothingThatTheClientHas) {
  const Response response = server_.get(blob_target(), {{"If-None-Match", etag()}});
  EXPECT_EQ(response.status, 304U);
  EXPECT_EQ(bytes_of(response), "");
  EXPECT_EQ(problem_of(server_.get(blob_target(), {{"If-Match", "\"x\""}})),
            "412 precondition_failed");
}

TEST_F(FirmwareFilesTest, IsUnavailableWhenABlobIsLost) {
  std::filesystem::remove(server_.blobs.path(digest_of(image_)));
  const Response response = server_.get("/firmware/1.0.1.bin");
  EXPECT_EQ(problem_of(response), "503 store_unavailable");
  EXPECT_NE(header_of(response, "Retry-After"), "");
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("missing from the blobs"));
}

}  // namespace
}  // namespace otter::server
