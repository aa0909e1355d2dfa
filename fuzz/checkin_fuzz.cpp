// The check-in frame and all that is in it: envelope, statement, manifest. Frames and envelopes
// have one spelling: written again they are the same bytes.
#include "fuzz/require.h"
#include "ota/wire/checkin.h"
#include "ota/wire/version.h"

namespace otter {
namespace {

void check_statement(Text text) {
  const Result<Statement> read = parse_statement(text);
  if (!read.ok()) return;
  require(is_identifier(read.value.device), "the device is an identifier");
  require(is_within(read.value.nonce, text), "the nonce lies within the statement");
  require(read.value.patch.size_bytes <= kImageSizeMax, "a patch is no larger than an image");
  require(command_named(name(read.value.command)).value == read.value.command,
          "the command has a name");
}

void check_envelope(Bytes bytes) {
  const Result<Envelope> envelope = parse_envelope(bytes);
  if (!envelope.ok()) return;
  std::vector<uint8_t> buffer(bytes.size);
  Appender out(buffer);
  require(write_envelope(envelope.value, out) == Error::ok, "a read envelope can be written");
  require(out.written() == bytes, "an envelope has one spelling");
  for (size_t i = 0; i < envelope.value.signature_count; ++i) {
    (void)is_signature_in_range(envelope.value.signatures[i].signature);
  }
  (void)parse_manifest(as_text(envelope.value.body)).ok();
}

void check_frame(Bytes bytes) {
  const Result<CheckinFrame> frame = parse_checkin_frame(bytes);
  if (!frame.ok()) return;
  std::vector<uint8_t> buffer(bytes.size);
  Appender out(buffer);
  require(write_checkin_frame(frame.value, out) == Error::ok, "a read frame can be written");
  require(out.written() == bytes, "a frame has one spelling");
  check_statement(as_text(frame.value.statement));
  check_envelope(frame.value.envelope);
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const otter::Bytes bytes(data, size);
  otter::check_frame(bytes);
  otter::check_envelope(bytes);
  otter::check_statement(otter::as_text(bytes));
  return 0;
}
