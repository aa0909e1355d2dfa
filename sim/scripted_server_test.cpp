#include "sim/scripted_server.h"

#include <gtest/gtest.h>

#include "ota/wire/device_facts.h"
#include "publish/host_crypto.h"

namespace otter::sim {
namespace {

struct Got {
  Error error = Error::ok;
  HttpResponse head;
  std::string body;
};

Got ask(Http& http, const HttpRequest& request) {
  Got got;
  got.error = http.open(request, &got.head);
  while (got.error == Error::ok) {
    uint8_t piece[4096];
    const Result<size_t> size = http.read(piece);
    got.error = size.error;
    if (!size.ok() || size.value == 0) break;
    got.body.append(reinterpret_cast<const char*>(piece), size.value);
  }
  http.close();
  return got;
}

Got get(ScriptedServer& server, const std::string& target, Text range = "", Text if_range = "") {
  HttpRequest request;
  request.target = Text(target);
  if (!range.empty()) request.add("Range", range);
  if (!if_range.empty()) request.add("If-Range", if_range);
  return ask(*server.connect(), request);
}

ServedRelease release_holding(const std::string& content, uint64_t sequence) {
  ServedRelease release;
  release.image.assign(content.begin(), content.end());
  release.version = "1.0." + std::to_string(sequence);
  release.sequence = sequence;
  release.envelope.manifest = "{}";
  release.envelope.signatures.push_back({"0011223344556677", RawSignature{}});
  return release;
}

std::string digest_of(const std::string& content) {
  HostCrypto crypto;
  return to_hex(sha256(crypto, as_bytes(Text(content))).value).characters;
}

std::string blob(const std::string& content) { return "/firmware/blob/" + digest_of(content); }

// The key that a device of that id has in `epoch`, as it sends it.
std::string api_key(const std::string& id, uint32_t epoch) {
  HostCrypto crypto;
  const Digest key = derive_device_key(crypto, Digest().bytes, Text(id), epoch).value;
  const Digest secret = derive_purpose_key(crypto, key.bytes, KeyPurpose::api_key).value;
  return id + "." + to_hex(secret).characters;
}

// As the device d1.
Got check_in(ScriptedServer& server, const std::string& key, uint64_t sequence = 0) {
  DeviceFacts facts;
  facts.id = "d1";
  facts.product = "lamp";
  facts.chip = 5;
  facts.sequence = sequence;
  uint8_t buffer[kDeviceFactsSizeMax];
  Appender header(buffer);
  write_device_facts(facts, header);
  HttpRequest request;
  request.target = "/firmware/manifest";
  request.add(kDeviceFactsHeader, as_text(header.written()));
  request.add("X-API-Key", Text(key));
  return ask(*server.connect(), request);
}

std::string statement_in(const Got& answer) {
  const Result<CheckinFrame> frame = parse_checkin_frame(as_bytes(Text(answer.body)));
  const Text text = as_text(frame.value.statement);
  return frame.ok() ? std::string(text.data, text.size) : "no frame";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Server : ScriptedServer {
  Server() : ScriptedServer("lamp", Digest()) {}
};

TEST(ScriptedServer, ServesBlobsByTheirDigestWithEtagAndLength) {
  Server server;
  server.offer(release_holding("first", 1));
  server.offer(release_holding("second", 2));
  const Got got = get(server, blob("first"));
  EXPECT_EQ(got.body, "first");
  EXPECT_EQ(got.head.content_length, 5u);
  EXPECT_EQ(got.head.etag, '"' + digest_of("first") + '"');
  EXPECT_EQ(get(server, blob("third")).head.status, 404);
}

TEST(ScriptedServer, ServesParts) {
  Server server;
  server.offer(release_holding("0123456789", 1));
  const Got tail = get(server, blob("0123456789"), "bytes=4-");
  EXPECT_EQ(tail.head.status, 206);
  EXPECT_EQ(tail.head.range_start, 4u);
  EXPECT_EQ(tail.body, "456789");
  EXPECT_EQ(get(server, blob("0123456789"), "bytes=4-6").body, "456");
  EXPECT_EQ(get(server, blob("0123456789"), "bytes=10-").head.status, 416);
}

TEST(ScriptedServer, SendsTheWholeIfTheEtagIsAnother) {
  Server server;
  server.offer(release_holding("0123456789", 1));
  const std::string etag = '"' + digest_of("0123456789") + '"';
  EXPECT_EQ(get(server, blob("0123456789"), "bytes=4-", Text(etag)).head.status, 206);
  EXPECT_EQ(get(server, blob("0123456789"), "bytes=4-", "\"x\"").body, "0123456789");
}

TEST(ScriptedServer, OffersOnlyWhatIsNewer) {
  Server server;
  server.offer(release_holding("image", 7));
  EXPECT_TRUE(has(statement_in(check_in(server, api_key("d1", 1), 6)), "\"offered\":\""));
  EXPECT_TRUE(has(statement_in(check_in(server, api_key("d1", 1), 7)), "\"offered\":null"));
}

TEST(ScriptedServer, TakesKeysOfThisEpochAndTheOneBefore) {
  Server server;
  server.set_key_epoch(3);
  EXPECT_EQ(check_in(server, api_key("d1", 3)).head.status, 200);
  EXPECT_EQ(check_in(server, api_key("d1", 2)).head.status, 200);
  EXPECT_EQ(check_in(server, api_key("d1", 1)).head.status, 401);
  EXPECT_EQ(check_in(server, api_key("d1", 4)).head.status, 401);
  EXPECT_EQ(check_in(server, api_key("d2", 3)).head.status, 401);
}

TEST(ScriptedServer, EnrolsWithTheNewestEpoch) {
  Server server;
  server.set_key_epoch(2);
  HttpRequest request;
  request.method = HttpMethod::post;
  request.target = "/firmware/enroll";
  request.body = as_bytes(Text("{\"device_id\":\"d1\"}"));
  const Got got = ask(*server.connect(), request);
  EXPECT_TRUE(has(got.body, "\"epoch\":2")) << got.body;
}

TEST(ScriptedServer, StatesWhatADeviceIsToHave) {
  Server server;
  server.configure(4, "{\"version\":4,\"values\":{}}");
  server.add_root({1});
  server.add_root({2});
  server.set_trust(9, {3});
  server.add_mirror("https://m.example", MirrorKind::good);
  server.command = "rollback";
  const std::string statement = statement_in(check_in(server, api_key("d1", 1)));
  EXPECT_TRUE(parse_statement(Text(statement)).ok()) << statement;
  for (const char* part :
       {"\"config_version\":4", "\"config_sha256\":\"", "\"root_version\":2", "\"trust_version\":9",
        "\"mirrors\":[\"https://m.example\"]", "\"key_epoch\":1", "\"command\":\"rollback\""}) {
    EXPECT_TRUE(has(statement, part)) << part << "\n" << statement;
  }
}

TEST(ScriptedServer, ServesRootTrustAndConfiguration) {
  Server server;
  server.configure(1, "{}");
  server.add_root({'r', '1'});
  server.set_trust(1, {'t'});
  EXPECT_EQ(get(server, "/firmware/root/1").body, "r1");
  EXPECT_EQ(get(server, "/firmware/trust").body, "t");
  EXPECT_EQ(get(server, blob("{}")).body, "{}");
  for (const char* target : {"/firmware/root/0", "/firmware/root/2", "/firmware/root/1x"}) {
    EXPECT_EQ(get(server, target).head.status, 404) << target;
  }
}

Error open_trusting(ScriptedServer& server, Text anchors, Text pins, bool verify_peer = true) {
  const std::unique_ptr<Http> http = server.connect();
  http->use_trust({Json::parse(anchors).value, Json::parse(pins).value});
  HttpRequest request;
  request.target = "/firmware/trust";
  request.verify_peer = verify_peer;
  HttpResponse response;
  return http->open(request, &response);
}

TEST(ScriptedServer, ShowsItsIdentityToADeviceThatChecks) {
  Server server;
  EXPECT_EQ(get(server, "/firmware/trust").error, Error::ok);
  server.identity = {"bmV3", "ab"};
  EXPECT_EQ(get(server, "/firmware/trust").error, Error::tls_untrusted);
  EXPECT_EQ(open_trusting(server, "[\"bmV3\"]", "[]"), Error::ok);
  EXPECT_EQ(open_trusting(server, "[\"b2xk\"]", "[\"ab\"]"), Error::ok);
  EXPECT_EQ(open_trusting(server, "[\"b2xk\"]", "[\"cd\"]"), Error::tls_untrusted);
  EXPECT_EQ(open_trusting(server, "[\"b2xk\"]", "[]", false), Error::ok);
}

TEST(ScriptedServer, NeedsTheProductsKeyIfThereIsOne) {
  Server server;
  server.offer(release_holding("image", 1));
  server.set_api_key("otk_right");
  EXPECT_EQ(get(server, blob("image")).head.status, 401);
  const std::string target = blob("image");
  HttpRequest request;
  request.target = Text(target);
  request.add("X-API-Key", "otk_right");
  EXPECT_EQ(ask(*server.connect(), request).head.status, 200);
}

TEST(ScriptedServer, MirrorsServeBlobsInTheirOwnWay) {
  Server server;
  VirtualClock clock;
  server.offer(release_holding("image", 1));
  const std::string target = blob("image");
  const auto ask_mirror = [&](MirrorKind kind) {
    server.add_mirror("https://m.example", kind);
    HttpRequest request;
    request.origin = "https://m.example";
    request.target = Text(target);
    return ask(*server.connect({.clock = &clock}), request);
  };
  EXPECT_EQ(ask_mirror(MirrorKind::good).body, "image");
  EXPECT_EQ(ask_mirror(MirrorKind::missing).head.status, 404);
  EXPECT_NE(ask_mirror(MirrorKind::garbage).body, "image");
  EXPECT_EQ(clock.now_ms(), 0u);
  EXPECT_EQ(ask_mirror(MirrorKind::slow).body, "image");
  EXPECT_EQ(clock.now_ms(), 5000u);
}

TEST(ScriptedServer, ACopyGoesOnByItself) {
  Server server;
  server.offer(release_holding("first", 1));
  Server copy = server;
  copy.offer(release_holding("second", 2));
  EXPECT_EQ(get(copy, blob("first")).body, "first");
  EXPECT_EQ(get(copy, blob("second")).body, "second");
  EXPECT_EQ(get(server, blob("second")).head.status, 404);
  EXPECT_EQ(server.requests.size(), 1u);
  EXPECT_EQ(copy.requests.size(), 2u);
}

TEST(ScriptedServer, NotesEveryRequest) {
  Server server;
  HttpRequest request;
  request.target = "/firmware/trust";
  request.verify_peer = false;
  request.add("X-Some", "value");
  ask(*server.connect(), request);
  ASSERT_EQ(server.requests.size(), 1u);
  EXPECT_EQ(server.requests[0].target, "/firmware/trust");
  EXPECT_EQ(server.requests[0].headers["X-Some"], "value");
  EXPECT_FALSE(server.requests[0].verify_peer);
}

}  // namespace
}  // namespace otter::sim
