#include "ota/server_session.h"

#include "device/test/memory_ports.h"

namespace otter {
namespace {

constexpr uint32_t kImageSize = 100;

// A session of the plain mode, whose key is the product's.
class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    config_.mode = UpdateMode::plain;
    config_.device_id = "board-1";
    config_.product = "lamp";
    config_.api_key = "otk_secret";
    release_.manifest.image_size_bytes = kImageSize;
    release_.target = "/firmware/1.bin";
  }
  void answer(const ListedAnswer& listed) { http_.answers.push_back(listed); }
  Error reported() { return session_.report("{}", buffer_); }
  // Opens the image from `offset` on.
  Result<ImagePart> opened(uint32_t offset = 0, Text mirror = Text()) {
    return session_.open_image(release_, offset, mirror);
  }
  void answer_part(uint32_t offset, const std::string& etag) {
    answer({.status = offset > 0 ? uint16_t{206} : uint16_t{200},
            .etag = etag,
            .content_length = kImageSize - offset,
            .range_start = offset});
  }
  std::string sent_header(const std::string& name) const {
    const auto found = http_.sent.back().headers.find(name);
    return found == http_.sent.back().headers.end() ? "" : found->second;
  }

  UpdaterConfig config_;
  MemoryBoard board_;
  ListHttp http_;
  FixedCrypto crypto_;
  ListSettings settings_;
  IdleApplication application_;
  UpdaterPorts ports_{board_, http_, crypto_, settings_, application_};
  ServerSession session_{config_, ports_};
  Release release_;
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(64);
};

TEST_F(SessionTest, TellsWhatAStatusMeans) {
  const std::map<uint16_t, Error> meanings = {
      {200, Error::ok},          {401, Error::unauthorized},    {403, Error::unauthorized},
      {404, Error::not_found},   {202, Error::server_busy},     {429, Error::server_busy},
      {503, Error::server_busy}, {400, Error::request_refused}, {413, Error::request_refused},
      {500, Error::http_status}, {304, Error::http_status}};
  for (const auto& [status, meaning] : meanings) {
    answer({.status = status});
    EXPECT_EQ(reported(), meaning) << status;
  }
}

TEST_F(SessionTest, KeepsWhatABusyServerAskedFor) {
  answer({.status = 503, .retry_after_s = 1800});
  EXPECT_EQ(reported(), Error::server_busy);
  EXPECT_EQ(session_.retry_after_s(), 1800u);
  answer({.status = 200});
  EXPECT_EQ(reported(), Error::ok);
  EXPECT_EQ(session_.retry_after_s(), 0u);
}

TEST_F(SessionTest, TakesABodyThatFitsAndNoByteMore) {
  answer({.body = std::string(64, ' ')});
  EXPECT_EQ(reported(), Error::ok);
  answer({.body = std::string(65, ' ')});
  EXPECT_EQ(reported(), Error::too_large);
}

TEST_F(SessionTest, LosesPatienceWithABodyInManyPieces) {
  buffer_.resize(1000);
  answer({.body = std::string(200, ' '), .piece = 1});
  EXPECT_EQ(reported(), Error::ok);
  answer({.body = std::string(300, ' '), .piece = 1});
  EXPECT_EQ(reported(), Error::network_slow);
}

TEST_F(SessionTest, FollowsThreeRedirectsAndNoMore) {
  for (int hops = 0; hops <= 4; ++hops) {
    http_.answers.clear();
    for (int i = 0; i < hops; ++i) answer({.status = 302, .location = "/next"});
    answer_part(0, "");
    EXPECT_EQ(opened().error, hops <= 3 ? Error::ok : Error::redirected_too_often) << hops;
  }
}

TEST_F(SessionTest, SendsItsKeyToItsOwnServerAlone) {
  answer({.status = 307, .location = "https://elsewhere.invalid/x"});
  answer_part(0, "");
  EXPECT_EQ(opened().error, Error::ok);
  EXPECT_EQ(http_.sent.front().headers.at("X-API-Key"), "otk_secret");
  EXPECT_EQ(http_.sent.back().origin, "https://elsewhere.invalid");
  EXPECT_EQ(sent_header("X-API-Key"), "");
}

TEST_F(SessionTest, SendsNoKeyToAMirrorThatSendsItBack) {
  answer({.status = 302, .location = "/moved"});
  answer_part(0, "");
  EXPECT_EQ(opened(0, "https://mirror.invalid").error, Error::ok);
  EXPECT_EQ(http_.sent.back().origin, "https://mirror.invalid");
  EXPECT_EQ(sent_header("X-API-Key"), "");
}

TEST_F(SessionTest, FollowsToNoAddressThatIsNone) {
  for (const char* location : {"", "ftp://elsewhere.invalid/", "//elsewhere.invalid", "x"}) {
    answer({.status = 302, .location = location});
    EXPECT_EQ(opened().error, Error::redirected_too_often) << location;
  }
}

TEST_F(SessionTest, SendsAReportNowhereElse) {
  answer({.status = 307, .location = "/elsewhere"});
  EXPECT_EQ(reported(), Error::http_status);
  EXPECT_EQ(http_.sent.size(), 1u);
}

TEST_F(SessionTest, ResumesOnlyWhatItBeganWith) {
  answer_part(0, "\"one\"");
  ASSERT_EQ(opened().error, Error::ok);
  EXPECT_EQ(sent_header("If-Range"), "");
  answer_part(40, "\"one\"");
  const Result<ImagePart> part = opened(40);
  ASSERT_EQ(part.error, Error::ok);
  EXPECT_EQ(part.value.begin, 40u);
  EXPECT_EQ(part.value.end, kImageSize);
  EXPECT_EQ(sent_header("Range"), "bytes=40-");
  EXPECT_EQ(sent_header("If-Range"), "\"one\"");
}

TEST_F(SessionTest, RefusesAPartOfSomethingElse) {
  answer_part(0, "\"one\"");
  ASSERT_EQ(opened().error, Error::ok);
  answer_part(40, "\"two\"");
  EXPECT_EQ(opened(40).error, Error::content_changed);
  answer_part(40, "\"two\"");
  EXPECT_EQ(opened(40).error, Error::ok) << "it has forgotten the first";
  EXPECT_EQ(sent_header("If-Range"), "");
}

TEST_F(SessionTest, StartsOverWithTheWholeFile) {
  answer_part(0, "\"one\"");
  const Result<ImagePart> part = opened(40);
  ASSERT_EQ(part.error, Error::ok);
  EXPECT_EQ(part.value.begin, 0u);
}

TEST_F(SessionTest, RefusesAnotherPartThanItAskedFor) {
  answer({.status = 206, .content_length = kImageSize - 41, .range_start = 41});
  EXPECT_EQ(opened(40).error, Error::malformed);
  answer({.status = 206, .content_length = kImageSize - 40, .range_start = 41});
  EXPECT_EQ(opened(40).error, Error::malformed);
}

TEST_F(SessionTest, RefusesAPartThatDoesNotSayWhereItBegins) {
  answer({.status = 206, .content_length = kImageSize - 40, .range_start = kLengthUnknown});
  EXPECT_EQ(opened(40).error, Error::malformed);
  answer({.status = 206, .content_length = kImageSize, .range_start = kLengthUnknown});
  EXPECT_EQ(opened().error, Error::malformed);
}

TEST_F(SessionTest, RefusesAnotherLength) {
  for (const uint64_t length : {uint64_t{0}, uint64_t{99}, uint64_t{101}, uint64_t{1} << 40}) {
    answer({.content_length = length});
    EXPECT_EQ(opened().error, Error::malformed) << length;
  }
}

TEST_F(SessionTest, PassesTheNetworksErrorsOn) {
  for (const Error error : {Error::network_timeout, Error::tls_untrusted, Error::network_closed}) {
    answer({.error = error});
    EXPECT_EQ(reported(), error);
  }
}

TEST_F(SessionTest, TakesABlobOfItsDigestOnly) {
  const Digest digest = sha256(crypto_, as_bytes(Text("{}"))).value;
  answer({.body = "{}"});
  EXPECT_EQ(session_.fetch_blob(digest, buffer_).error, Error::ok);
  EXPECT_EQ(sent_header("X-API-Key"), "otk_secret");
  answer({.body = "[]"});
  EXPECT_EQ(session_.fetch_blob(digest, buffer_).error, Error::bad_hash);
}

TEST_F(SessionTest, AsksForPublicDocumentsWithoutAKey) {
  answer({.body = "x"});
  EXPECT_EQ(session_.fetch_public("/firmware/trust", false, buffer_).error, Error::ok);
  EXPECT_EQ(sent_header("X-API-Key"), "");
  EXPECT_FALSE(http_.sent.back().verify_peer);
}

class EnrolTest : public SessionTest {
 protected:
  EnrolTest() { config_.mode = UpdateMode::signed_release; }
  Error enrolled(const std::string& body) {
    buffer_.resize(512);
    answer({.body = body});
    return session_.enrol(buffer_);
  }
  const std::string key_ = std::string(43, 'A') + "=";
};

TEST_F(EnrolTest, KeepsTheKeyThatTheServerGives) {
  EXPECT_TRUE(session_.needs_enrolment());
  EXPECT_EQ(enrolled("{\"device_key\":\"" + key_ + "\",\"epoch\":3}"), Error::ok);
  EXPECT_FALSE(session_.needs_enrolment());
  EXPECT_EQ(session_.key_epoch(), 3u);
  EXPECT_EQ(sent_header("X-API-Key"), "otk_secret");
  answer({.status = 200});
  ASSERT_EQ(reported(), Error::ok);
  EXPECT_EQ(sent_header("X-API-Key").substr(0, 8), "board-1.") << "it is the device's own now";
}

TEST_F(EnrolTest, TakesNothingElseForAKey) {
  EXPECT_EQ(enrolled("{}"), Error::missing_field);
  EXPECT_EQ(enrolled("{\"device_key\":\"AAAA\"}"), Error::malformed);
  EXPECT_EQ(enrolled("{\"device_key\":\"" + std::string(60, 'A') + "\"}"), Error::too_large);
  EXPECT_EQ(enrolled("{\"device_key\":\"" + key_ + "\",\"epoch\":0}"), Error::out_of_range);
  EXPECT_EQ(enrolled("<html>"), Error::malformed);
  EXPECT_TRUE(session_.needs_enrolment());
}

}  // namespace
}  // namespace otter
