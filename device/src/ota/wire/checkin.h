// The answer to a check-in: a frame of two parts, each verified before it is read.
// docs/spec/checkin.md. Pure, any thread.
//
//   "OTC1" | u16 statement_size | statement | mac[32] | u16 envelope_size | envelope frame
//   envelope frame: "OTE1" | u8 signature_count | {keyid[8] | sig[64]}* | u16 body_size | body
// All integers little-endian. envelope_size 0: nothing to install.
#pragma once

#include "ota/wire/manifest.h"

namespace otter {

constexpr size_t kStatementSizeMax = 1024;  // [bytes]
constexpr size_t kSignaturesMax = 8;
constexpr size_t kKeyIdSize = 8;       // [bytes] the front of SHA-256 of the SEC1 point
constexpr size_t kSignatureSize = 64;  // [bytes] r || s, big-endian
constexpr size_t kPublicKeySize = 65;  // [bytes] SEC1 uncompressed: 04 || x || y
constexpr size_t kEnvelopeSizeMax =
    4 + 1 + kSignaturesMax * (kKeyIdSize + kSignatureSize) + 2 + kManifestSizeMax;
constexpr size_t kFrameSizeMax =
    4 + 2 + kStatementSizeMax + kDigestSize + 2 + kEnvelopeSizeMax;  // [bytes]
constexpr char kCheckinType[] = "application/vnd.otter.checkin.v1";

struct SignatureView {
  Bytes key_id;     // kKeyIdSize
  Bytes signature;  // kSignatureSize
};

// Views into the bytes that it was read from.
struct Envelope {
  SignatureView signatures[kSignaturesMax];
  size_t signature_count = 0;
  Bytes body;  // the manifest, root metadata or trust payload, as it was signed
};

struct CheckinFrame {
  Bytes statement;
  Bytes mac;       // kDigestSize: HMAC-SHA256(K_dev[resp-mac], statement)
  Bytes envelope;  // an envelope frame; empty: nothing to install
};

// Errors: bad_magic, truncated, trailing_bytes, too_large
Result<CheckinFrame> parse_checkin_frame(Bytes bytes);
// Errors: bad_magic, truncated, trailing_bytes, too_large, missing_field (no signature)
Result<Envelope> parse_envelope(Bytes bytes);

// Write nothing if they fail for another reason than the size of `out`.
//
// Errors: too_large (a part is over its limit, or `out` too small), malformed (a part of a fixed
//         size has another), missing_field (no signature)
Error write_checkin_frame(const CheckinFrame& frame, Appender& out);
Error write_envelope(const Envelope& envelope, Appender& out);

constexpr size_t kDssePrefixSizeMax = 96;  // [bytes]

// Appends what stands before the body in the DSSE v1 pre-authentication encoding:
// "DSSEv1" SP size(type) SP type SP size(body) SP. The signature is over this and the body.
//
// Source: https://github.com/secure-systems-lab/dsse protocol.md, v1.0.2
void write_dsse_prefix(Text type, size_t body_size, Appender& out);

// True if r and s lie in [1, n - 1], n the order of P-256.
//
// Source: FIPS 186-5 section 6.4.2; n: SP 800-186 section 3.2.1.3
bool is_signature_in_range(Bytes signature);

constexpr size_t kMirrorsMax = 4;

enum class Command : uint8_t { none, check_now, reboot, rollback, send_logs };
// The enumerator's spelling.
Text name(Command command);
// Errors: unsupported
Result<Command> command_named(Text text);

// A smaller file, a blob, that makes the new image. docs/spec/patch.md
struct PatchOffer {
  uint32_t size_bytes = 0;
  Digest sha256;
  Digest base_sha256;  // of the image it applies to; zeros: it needs none
};

// What the server says to this device, now. docs/spec/statement.md
struct Statement {
  Text device;
  Text nonce;                   // base64 of the request's 16 random bytes
  int64_t time_s = 0;           // [s since 1970-01-01 UTC]
  uint32_t next_checkin_s = 0;  // [s]
  bool has_offer = false;
  Digest offered;  // SHA-256 of the envelope's body
  bool has_patch = false;
  PatchOffer patch;
  uint32_t config_version = 0;  // of the configuration that the device is to have; 0: none
  Digest config_sha256;         // of that document; zeros: there is none to fetch
  uint32_t root_version = 0;    // of the newest root metadata; 0: none
  uint32_t trust_version = 0;   // of the newest trust payload; 0: none
  uint32_t key_epoch = 0;       // of the newest device keys; 0: not stated
  Json mirrors;                 // array of at most kMirrorsMax origins; null: none
  Command command = Command::none;
};

// Errors: those of Json::parse; missing_field, wrong_type, out_of_range, malformed
// An unknown command is read as `none`: it may come from a newer server.
Result<Statement> parse_statement(Text text);

}  // namespace otter
