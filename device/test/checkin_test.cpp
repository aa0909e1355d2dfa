#include "ota/wire/checkin.h"

#include <array>

#include "device/test/printers.h"

namespace otter {
namespace {

const std::string kOrder = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const std::string kOrderLess1 = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";
const std::string kZero(64, '0');
const std::string kOne = std::string(63, '0') + "1";

std::vector<uint8_t> frame_bytes(std::string_view statement, const std::vector<uint8_t>& envelope) {
  std::vector<uint8_t> buffer(kFrameSizeMax);
  const std::vector<uint8_t> bytes = bytes_of(statement);
  const std::vector<uint8_t> mac(kDigestSize, 0xAB);
  Appender out(buffer);
  EXPECT_EQ(write_checkin_frame(CheckinFrame{bytes, mac, envelope}, out), Error::ok);
  buffer.resize(out.written().size);
  return buffer;
}

std::vector<uint8_t> envelope_bytes(size_t signatures, std::string_view body) {
  std::vector<uint8_t> buffer(kEnvelopeSizeMax);
  const std::vector<uint8_t> key_id(kKeyIdSize, 0x11);
  const std::vector<uint8_t> signature(kSignatureSize, 0x22);
  const std::vector<uint8_t> bytes = bytes_of(body);
  Envelope envelope;
  for (size_t i = 0; i < signatures; ++i) envelope.signatures[i] = {key_id, signature};
  envelope.signature_count = signatures;
  envelope.body = bytes;
  Appender out(buffer);
  EXPECT_EQ(write_envelope(envelope, out), Error::ok);
  buffer.resize(out.written().size);
  return buffer;
}

std::string statement_with(const std::string& more, const std::string& offered = "null") {
  return "{\"device\":\"d1\",\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"time\":1700000000,"
         "\"next_checkin_s\":3600,\"config_version\":0,\"offered\":" +
         offered + more + "}";
}

std::string patch_with(const std::string& size, const std::string& sha256) {
  return ",\"patch\":{\"size\":" + size + ",\"sha256\":\"" + sha256 + "\",\"base_sha256\":\"" +
         std::string(64, 'b') + "\"}";
}

Error statement_error(const std::string& text) { return parse_statement(text).error; }

// `text` with the only `from` replaced.
std::string changed(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), std::string::npos) << from;
  return text.replace(text.find(from), from.size(), to);
}

bool in_range(const std::string& r, const std::string& s) {
  return is_signature_in_range(bytes_of_hex(r + s));
}

TEST(CheckinFrame, ReadsBackAsWritten) {
  const std::vector<uint8_t> envelope = envelope_bytes(1, "body");
  const std::vector<uint8_t> bytes = frame_bytes("{}", envelope);
  const Result<CheckinFrame> frame = parse_checkin_frame(bytes);
  ASSERT_EQ(frame.error, Error::ok);
  EXPECT_EQ(string_of(frame.value.statement), "{}");
  EXPECT_EQ(hex_of(frame.value.mac).substr(0, 4), "abab");
  EXPECT_EQ(frame.value.mac.size, kDigestSize);
  EXPECT_TRUE(frame.value.envelope == Bytes(envelope));
}

TEST(CheckinFrame, LiesAsDocumented) {
  EXPECT_EQ(hex_of(frame_bytes("{}", {})),
            "4f544331"
            "0200"
            "7b7d" +
                hex_of(std::vector<uint8_t>(32, 0xAB)) + "0000");
}

TEST(CheckinFrame, RefusesEveryTruncation) {
  const std::vector<uint8_t> bytes = frame_bytes("{\"a\":1}", envelope_bytes(2, "body"));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(parse_checkin_frame(exact).error, Error::truncated) << size;
  }
}

TEST(CheckinFrame, RefusesOtherBytes) {
  std::vector<uint8_t> bytes = frame_bytes("{}", {});
  bytes.push_back(0);
  EXPECT_EQ(parse_checkin_frame(bytes).error, Error::trailing_bytes);
  for (size_t i = 0; i < 4; ++i) {
    std::vector<uint8_t> bad = frame_bytes("{}", {});
    bad[i] ^= 0x20;
    EXPECT_EQ(parse_checkin_frame(bad).error, Error::bad_magic) << i;
  }
}

TEST(CheckinFrame, BoundsItsParts) {
  std::vector<uint8_t> bytes = bytes_of("OTC1");
  bytes.resize(kFrameSizeMax);
  store_le16(bytes.data() + 4, kStatementSizeMax + 1);
  EXPECT_EQ(parse_checkin_frame(bytes).error, Error::too_large);
  store_le16(bytes.data() + 4, 0);
  store_le16(bytes.data() + 6 + kDigestSize, kEnvelopeSizeMax + 1);
  EXPECT_EQ(parse_checkin_frame(bytes).error, Error::too_large);
}

TEST(CheckinFrame, LargestOneFits) {
  const std::vector<uint8_t> envelope =
      envelope_bytes(kSignaturesMax, std::string(kManifestSizeMax, 'x'));
  EXPECT_EQ(envelope.size(), kEnvelopeSizeMax);
  const std::vector<uint8_t> bytes = frame_bytes(std::string(kStatementSizeMax, 's'), envelope);
  EXPECT_EQ(bytes.size(), kFrameSizeMax);
  EXPECT_EQ(parse_checkin_frame(bytes).error, Error::ok);
  EXPECT_EQ(parse_envelope(parse_checkin_frame(bytes).value.envelope).error, Error::ok);
}

TEST(CheckinFrame, IsNotWrittenBeyondItsLimits) {
  std::vector<uint8_t> buffer(2 * kFrameSizeMax);
  const std::vector<uint8_t> mac(kDigestSize);
  const std::vector<uint8_t> large(kEnvelopeSizeMax + 1);
  Appender out(buffer);
  EXPECT_EQ(write_checkin_frame({large, mac, Bytes()}, out), Error::too_large);
  EXPECT_EQ(write_checkin_frame({Bytes(), mac, large}, out), Error::too_large);
  EXPECT_EQ(write_checkin_frame({Bytes(), large, Bytes()}, out), Error::malformed);
  EXPECT_EQ(out.written().size, 0u);
  Appender small(MutableBytes(buffer).part(0, 39));
  EXPECT_EQ(write_checkin_frame({Bytes(), mac, Bytes()}, small), Error::too_large);
}

TEST(Envelope, ReadsBackAsWritten) {
  for (size_t count = 1; count <= kSignaturesMax; ++count) {
    const std::vector<uint8_t> bytes = envelope_bytes(count, "the body");
    const Result<Envelope> envelope = parse_envelope(bytes);
    ASSERT_EQ(envelope.error, Error::ok);
    EXPECT_EQ(envelope.value.signature_count, count);
    EXPECT_EQ(string_of(envelope.value.body), "the body");
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(hex_of(envelope.value.signatures[i].key_id), "1111111111111111");
      EXPECT_EQ(envelope.value.signatures[i].signature.size, kSignatureSize);
    }
  }
}

TEST(Envelope, RefusesEveryTruncation) {
  const std::vector<uint8_t> bytes = envelope_bytes(2, "body");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(parse_envelope(exact).error, Error::truncated) << size;
  }
}

TEST(Envelope, RefusesOtherBytes) {
  std::vector<uint8_t> bytes = envelope_bytes(1, "body");
  bytes.push_back('\n');
  EXPECT_EQ(parse_envelope(bytes).error, Error::trailing_bytes);
  bytes = envelope_bytes(1, "body");
  bytes[3] = '2';
  EXPECT_EQ(parse_envelope(bytes).error, Error::bad_magic);
}

TEST(Envelope, NeedsOneToEightSignatures) {
  std::vector<uint8_t> bytes = envelope_bytes(1, "body");
  bytes[4] = 0;
  EXPECT_EQ(parse_envelope(bytes).error, Error::missing_field);
  bytes[4] = kSignaturesMax + 1;
  EXPECT_EQ(parse_envelope(bytes).error, Error::too_large);
  bytes[4] = 255;
  EXPECT_EQ(parse_envelope(bytes).error, Error::too_large);
}

TEST(Envelope, BoundsItsBody) {
  std::vector<uint8_t> bytes = envelope_bytes(1, std::string(kManifestSizeMax, 'x'));
  EXPECT_EQ(parse_envelope(bytes).error, Error::ok);
  store_le16(bytes.data() + 77, kManifestSizeMax + 1);
  bytes.push_back('x');
  EXPECT_EQ(parse_envelope(bytes).error, Error::too_large);
}

TEST(Envelope, IsNotWrittenWithPartsOfAnotherSize) {
  std::vector<uint8_t> buffer(kEnvelopeSizeMax);
  const std::vector<uint8_t> bytes(kSignatureSize);
  Envelope envelope;
  Appender out(buffer);
  EXPECT_EQ(write_envelope(envelope, out), Error::missing_field);
  envelope.signature_count = 1;
  EXPECT_EQ(write_envelope(envelope, out), Error::malformed);
  envelope.signatures[0] = {bytes, bytes};
  EXPECT_EQ(write_envelope(envelope, out), Error::malformed);
  envelope.signatures[0] = {Bytes(bytes).part(0, kKeyIdSize), Bytes(bytes).part(1)};
  EXPECT_EQ(write_envelope(envelope, out), Error::malformed);
  envelope.signature_count = kSignaturesMax + 1;
  EXPECT_EQ(write_envelope(envelope, out), Error::too_large);
  EXPECT_EQ(out.written().size, 0u);
}

TEST(Dsse, PrefixIsTheDocumentedOne) {
  std::array<uint8_t, kDssePrefixSizeMax> buffer{};
  Appender out(buffer);
  // https://github.com/secure-systems-lab/dsse protocol.md: its example without the body
  write_dsse_prefix("http://example.com/HelloWorld", 11, out);
  EXPECT_EQ(string_of(out.written()), "DSSEv1 29 http://example.com/HelloWorld 11 ");
}

TEST(Dsse, PrefixOfTheLargestManifestFits) {
  std::array<uint8_t, kDssePrefixSizeMax> buffer{};
  Appender out(buffer);
  write_dsse_prefix(kManifestType, kManifestSizeMax, out);
  EXPECT_FALSE(out.failed());
  EXPECT_EQ(string_of(out.written()), "DSSEv1 38 application/vnd.otter.manifest.v1+json 4096 ");
}

TEST(Dsse, PrefixOfAnEmptyBody) {
  std::array<uint8_t, kDssePrefixSizeMax> buffer{};
  Appender out(buffer);
  write_dsse_prefix("", 0, out);
  EXPECT_EQ(string_of(out.written()), "DSSEv1 0  0 ");
}

TEST(SignatureRange, AcceptsOneToOrderLessOne) {
  EXPECT_TRUE(in_range(kOne, kOne));
  EXPECT_TRUE(in_range(kOrderLess1, kOrderLess1));
  EXPECT_TRUE(in_range(kOne, kOrderLess1));
}

TEST(SignatureRange, RefusesZeroAndTheOrder) {
  for (const std::string& bad : {kZero, kOrder, std::string(64, 'f')}) {
    EXPECT_FALSE(in_range(bad, kOne)) << bad;
    EXPECT_FALSE(in_range(kOne, bad)) << bad;
    EXPECT_FALSE(in_range(bad, bad)) << bad;
  }
}

TEST(SignatureRange, RefusesAnotherLength) {
  EXPECT_FALSE(is_signature_in_range(Bytes()));
  EXPECT_FALSE(is_signature_in_range(std::vector<uint8_t>(63, 1)));
  EXPECT_FALSE(is_signature_in_range(std::vector<uint8_t>(65, 1)));
}

TEST(Statement, ReadsWhatIsRequired) {
  const std::string text = statement_with("");
  const Result<Statement> statement = parse_statement(text);
  ASSERT_EQ(statement.error, Error::ok);
  EXPECT_EQ(statement.value.device, Text("d1"));
  EXPECT_EQ(statement.value.nonce, Text("AAAAAAAAAAAAAAAAAAAAAA=="));
  EXPECT_EQ(statement.value.time_s, 1700000000);
  EXPECT_EQ(statement.value.next_checkin_s, 3600u);
  EXPECT_FALSE(statement.value.has_offer);
  EXPECT_FALSE(statement.value.has_patch);
  EXPECT_EQ(statement.value.command, Command::none);
}

TEST(Statement, ReadsOfferPatchAndCommand) {
  const std::string text =
      statement_with(patch_with("4096", std::string(64, 'c')) + ",\"command\":\"reboot\"",
                     "\"" + std::string(64, 'a') + "\"");
  const Result<Statement> statement = parse_statement(text);
  ASSERT_EQ(statement.error, Error::ok);
  EXPECT_TRUE(statement.value.has_offer);
  EXPECT_EQ(hex_of(statement.value.offered.bytes), std::string(64, 'a'));
  EXPECT_TRUE(statement.value.has_patch);
  EXPECT_EQ(statement.value.patch.size_bytes, 4096u);
  EXPECT_EQ(hex_of(statement.value.patch.base_sha256.bytes), std::string(64, 'b'));
  EXPECT_EQ(statement.value.command, Command::reboot);
}

TEST(Statement, NullsMeanNothing) {
  const std::string text = statement_with(",\"patch\":null,\"command\":null");
  EXPECT_EQ(statement_error(text), Error::ok);
  EXPECT_FALSE(parse_statement(text).value.has_patch);
}

TEST(Statement, NeedsEachRequiredField) {
  for (const char* key :
       {"device", "nonce", "time", "next_checkin_s", "config_version", "offered"}) {
    const std::string quoted = "\"" + std::string(key) + "\"";
    EXPECT_EQ(statement_error(changed(statement_with(""), quoted, "\"x\"")), Error::missing_field)
        << key;
  }
  for (const char* key : {"size", "sha256"}) {
    const std::string text = statement_with(patch_with("1", std::string(64, 'c')));
    const std::string quoted = "\"" + std::string(key) + "\"";
    EXPECT_EQ(statement_error(changed(text, quoted, "\"x\"")), Error::missing_field) << key;
  }
}

// A compressed image needs no base.
TEST(Statement, APatchMayBeFromNothing) {
  std::string text = statement_with(patch_with("1", std::string(64, 'c')));
  text = changed(text, "\"base_sha256\"", "\"x\"");
  ASSERT_EQ(statement_error(text), Error::ok);
  EXPECT_TRUE(parse_statement(text).value.patch.base_sha256.is_zero());
}

TEST(Statement, RefusesWrongTypes) {
  EXPECT_EQ(statement_error("[]"), Error::wrong_type);
  EXPECT_EQ(statement_error(changed(statement_with(""), "\"d1\"", "1")), Error::wrong_type);
  EXPECT_EQ(statement_error(changed(statement_with(""), "3600", "\"3600\"")), Error::wrong_type);
  EXPECT_EQ(statement_error(statement_with("", "7")), Error::wrong_type);
  EXPECT_EQ(statement_error(statement_with(",\"patch\":[]")), Error::wrong_type);
  EXPECT_EQ(statement_error(statement_with(",\"command\":7")), Error::wrong_type);
}

TEST(Statement, RefusesNumbersOutOfRange) {
  EXPECT_EQ(statement_error(changed(statement_with(""), "3600", "-1")), Error::out_of_range);
  EXPECT_EQ(statement_error(changed(statement_with(""), "3600", "31622401")), Error::out_of_range);
  EXPECT_EQ(statement_error(changed(statement_with(""), "3600", "31622400")), Error::ok);
  EXPECT_EQ(statement_error(changed(statement_with(""), "1700000000", "-1")), Error::out_of_range);
  const std::string sha256(64, 'c');
  EXPECT_EQ(statement_error(statement_with(patch_with("16777217", sha256))), Error::out_of_range);
  EXPECT_EQ(statement_error(statement_with(patch_with("-1", sha256))), Error::out_of_range);
}

TEST(Statement, RefusesMalformedTexts) {
  EXPECT_EQ(statement_error(statement_with("", "\"abc\"")), Error::malformed);
  EXPECT_EQ(statement_error(statement_with(patch_with("1", "xyz"))), Error::malformed);
  EXPECT_EQ(statement_error(changed(statement_with(""), "d1", "d/1")), Error::malformed);
  EXPECT_EQ(statement_error(changed(statement_with(""), "d1", "")), Error::malformed);
}

TEST(Statement, IsAtMostOneKibibyte) {
  const std::string base = statement_with(",\"x\":\"\"");
  const std::string fitting(kStatementSizeMax - base.size(), 'x');
  EXPECT_EQ(statement_error(statement_with(",\"x\":\"" + fitting + "\"")), Error::ok);
  EXPECT_EQ(statement_error(statement_with(",\"x\":\"" + fitting + "x\"")), Error::too_large);
}

TEST(Statement, CommandsOfANewerServerAreIgnored) {
  const std::string text = statement_with(",\"command\":\"dance\"");
  ASSERT_EQ(statement_error(text), Error::ok);
  EXPECT_EQ(parse_statement(text).value.command, Command::none);
}

TEST(Command, NameLeadsBackToTheCommand) {
  for (Command command : {Command::none, Command::check_now, Command::reboot, Command::rollback,
                          Command::send_logs}) {
    EXPECT_EQ(command_named(name(command)).value, command);
  }
  EXPECT_EQ(name(Command::send_logs), Text("send_logs"));
  EXPECT_EQ(command_named("dance").error, Error::unsupported);
  EXPECT_EQ(command_named("").error, Error::unsupported);
}

}  // namespace
}  // namespace otter
