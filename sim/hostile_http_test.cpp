#include "sim/hostile_http.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace otter::sim {
namespace {

constexpr char kBody[] = "0123456789abcdefghijklmnopqrstuv";  // 32 bytes

// Answers every request with the same body; as a part, if a range is asked for.
class FixedHttp : public Http {
 public:
  Error open(const HttpRequest& request, HttpResponse* response) override {
    body_ = kBody;
    response->status = 200;
    for (size_t i = 0; i < request.header_count; ++i) {
      if (request.headers[i].name == Text("Range")) response->status = 206;
    }
    response->content_length = body_.size();
    std::strncpy(response->etag, "\"true\"", kEtagSizeMax);
    return Error::ok;
  }
  Result<size_t> read(MutableBytes out) override {
    const size_t size = std::min<size_t>({out.size, body_.size(), 10});
    std::copy_n(body_.begin(), size, out.data);
    body_.erase(0, size);
    return size;
  }
  void close() override { body_.clear(); }
  void use_trust(const TlsTrust&) override {}

 private:
  std::string body_;
};

struct Got {
  Error error = Error::ok;
  HttpResponse head;
  std::string body;
};

// Gives up after some 100 bytes.
Got get(Http& http, bool ranged = false) {
  HttpRequest request;
  request.target = "/a";
  if (ranged) request.add("Range", "bytes=0-");
  Got got;
  got.error = http.open(request, &got.head);
  while (got.error == Error::ok && got.body.size() < 100) {
    uint8_t piece[7];
    const Result<size_t> size = http.read(piece);
    got.error = size.error;
    if (!size.ok() || size.value == 0) break;
    got.body.append(reinterpret_cast<const char*>(piece), size.value);
  }
  http.close();
  return got;
}

struct Spoilt {
  VirtualClock clock;
  HostileNetwork network;
  std::unique_ptr<Http> http;

  explicit Spoilt(std::optional<HostileFault> fault)
      : network(clock, fault), http(network.wrap(std::make_unique<FixedHttp>())) {}
  Got got() { return get(*http); }
};

HostileFault at(HostileKind kind, uint32_t byte = 0) { return {.kind = kind, .byte = byte}; }
HostileFault before_head(HostileKind kind) { return {.kind = kind, .before_head = true}; }

TEST(HostileHttp, WithoutAFaultIsNotThere) {
  Spoilt clean(std::nullopt);
  EXPECT_EQ(clean.got().body, kBody);
  EXPECT_FALSE(clean.network.fired());
  EXPECT_EQ(clean.clock.now_ms(), 0u);
}

TEST(HostileHttp, SpoilsTheAnswerThatItIsToldAndNoOther) {
  Spoilt spoilt(HostileFault{.kind = HostileKind::drop, .response = 1, .byte = 5});
  EXPECT_EQ(spoilt.got().body, kBody);
  EXPECT_FALSE(spoilt.network.fired());
  EXPECT_EQ(spoilt.got().error, Error::network_closed);
  EXPECT_TRUE(spoilt.network.fired());
  EXPECT_EQ(spoilt.got().body, kBody);
}

TEST(HostileHttp, DropsAtEachByte) {
  for (uint32_t byte = 0; byte < std::strlen(kBody); ++byte) {
    const Got got = Spoilt(at(HostileKind::drop, byte)).got();
    EXPECT_EQ(got.error, Error::network_closed);
    EXPECT_EQ(got.body, std::string(kBody, byte));
  }
}

TEST(HostileHttp, StallsAsLongAsAReaderWaits) {
  Spoilt spoilt(at(HostileKind::stall, 12));
  const Got got = spoilt.got();
  EXPECT_EQ(got.error, Error::network_timeout);
  EXPECT_EQ(got.body.size(), 12u);
  EXPECT_EQ(spoilt.clock.now_ms(), 15000u);
}

TEST(HostileHttp, LosesAWholeAnswer) {
  EXPECT_EQ(Spoilt(before_head(HostileKind::drop)).got().error, Error::network_closed);
  Spoilt stalled(before_head(HostileKind::stall));
  EXPECT_EQ(stalled.got().error, Error::network_timeout);
  EXPECT_EQ(stalled.clock.now_ms(), 15000u);
  EXPECT_TRUE(stalled.network.fired());
}

TEST(HostileHttp, DuplicatesWithinTheLength) {
  EXPECT_EQ(Spoilt(at(HostileKind::duplicate, 20)).got().body, "0123456789abcdefghij456789abcdef");
}

TEST(HostileHttp, TruncatesWithAFittingLength) {
  const Got got = Spoilt(at(HostileKind::truncate, 9)).got();
  EXPECT_EQ(got.error, Error::ok);
  EXPECT_EQ(got.body, "012345678");
  EXPECT_EQ(got.head.content_length, 9u);
}

TEST(HostileHttp, NeverEnds) {
  const Got got = Spoilt(at(HostileKind::endless, 3)).got();
  EXPECT_EQ(got.head.content_length, kLengthUnknown);
  EXPECT_EQ(got.body.substr(0, 5), "012xx");
  EXPECT_GE(got.body.size(), 100u);
}

TEST(HostileHttp, DripsAByteASecond) {
  Spoilt spoilt(at(HostileKind::drip, 30));
  EXPECT_EQ(spoilt.got().body, kBody);
  EXPECT_EQ(spoilt.clock.now_ms(), 2000u);
}

TEST(HostileHttp, FlipsOneBit) {
  const Got got = Spoilt(at(HostileKind::flip, 4)).got();
  EXPECT_EQ(got.body.substr(0, 6), std::string("0123") + static_cast<char>('4' ^ 0x10) + "5");
  EXPECT_EQ(got.body.substr(6), std::string(kBody).substr(6));
}

TEST(HostileHttp, AnswersARangeWithTheWholeFile) {
  Spoilt spoilt(at(HostileKind::whole_file));
  EXPECT_EQ(get(*spoilt.http, true).head.status, 200);
  EXPECT_EQ(get(*spoilt.http, true).head.status, 206);
}

TEST(HostileHttp, ChangesTheHead) {
  EXPECT_STREQ(Spoilt(at(HostileKind::changed_etag)).got().head.etag, "\"another\"");
  const Got longer = Spoilt(at(HostileKind::wrong_length)).got();
  EXPECT_EQ(longer.head.content_length, 33u);
  EXPECT_EQ(longer.error, Error::network_closed);
}

// Source: RFC 1952 section 2.3
TEST(HostileHttp, Compresses) {
  const Got got = Spoilt(at(HostileKind::gzip)).got();
  EXPECT_EQ(got.head.content_length, 10u + 5 + 32 + 8);
  EXPECT_EQ(got.body.substr(0, 3), "\x1F\x8B\x08");
  EXPECT_EQ(got.body.substr(15, 32), kBody);
}

TEST(HostileHttp, RedirectsToAHostOfItsOwnThatNotesWhatItIsTold) {
  Spoilt spoilt(at(HostileKind::redirect_elsewhere));
  const Got got = spoilt.got();
  EXPECT_EQ(got.head.status, 302);
  EXPECT_STREQ(got.head.location, "https://elsewhere.invalid/a");
  HttpRequest request;
  request.origin = "https://elsewhere.invalid";
  request.add("X-API-Key", "secret");
  HttpResponse response;
  EXPECT_EQ(spoilt.http->open(request, &response), Error::ok);
  ASSERT_EQ(spoilt.network.told_elsewhere().size(), 1u);
  EXPECT_NE(spoilt.network.told_elsewhere()[0].find("X-API-Key: secret"), std::string::npos);
}

TEST(HostileHttp, RedirectsToItselfForAWhile) {
  Spoilt spoilt(at(HostileKind::redirect_loop));
  for (int i = 0; i < 8; ++i) EXPECT_STREQ(spoilt.got().head.location, "/a");
  EXPECT_EQ(spoilt.got().body, kBody);
}

TEST(HostileHttp, ReplaysAnEarlierAnswer) {
  Spoilt spoilt(HostileFault{.kind = HostileKind::replay, .response = 1});
  EXPECT_EQ(get(*spoilt.http, true).head.status, 206);
  const Got got = get(*spoilt.http);
  EXPECT_EQ(got.head.status, 206);
  EXPECT_EQ(got.body, kBody);
}

TEST(HostileHttp, SaysWhatItDoes) {
  EXPECT_EQ(text_of(at(HostileKind::stall, 17)), "stall at byte 17 of answer 0");
  EXPECT_EQ(text_of(before_head(HostileKind::drop)), "drop before the head of answer 0");
  EXPECT_EQ(text_of(at(HostileKind::gzip)), "gzip in the head of answer 0");
}

std::set<uint32_t> drops_of(const SeenAnswer& answer, const HostilePlaces& places) {
  std::set<uint32_t> bytes;
  for (const HostileFault& fault : enumerate_faults({answer}, places)) {
    if (fault.kind == HostileKind::drop && !fault.before_head) bytes.insert(fault.byte);
  }
  return bytes;
}

TEST(HostileFaults, TryEveryByteOfASmallAnswer) {
  EXPECT_EQ(drops_of({"/a", 200, 300, false}, HostilePlaces()).size(), 300u);
}

TEST(HostileFaults, TryPageBoundariesAndAStrideOfALargeOne) {
  const HostilePlaces places{.small_max = 10, .page = 8, .stride = 5};
  EXPECT_EQ(drops_of({"/a", 200, 20, false}, places),
            (std::set<uint32_t>{0, 1, 5, 7, 8, 9, 10, 15, 16, 17}));
}

TEST(HostileFaults, NameNothingThatCanNotBe) {
  for (const HostileFault& fault : enumerate_faults({{"/a", 200, 4, false}})) {
    EXPECT_NE(fault.kind, HostileKind::whole_file);
    EXPECT_NE(fault.kind, HostileKind::replay);
  }
  EXPECT_EQ(enumerate_faults({{"/a", 206, 4, true}}).size(),
            enumerate_faults({{"/a", 200, 4, false}}).size() + 2);
}

}  // namespace
}  // namespace otter::sim
