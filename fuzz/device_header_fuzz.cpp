// The X-Otter-Device header of a check-in with the device's own key. An answer, if there is one, is
// a frame for this device and with its nonce.
#include "fuzz/served.h"
#include "ota/wire/checkin.h"
#include "publish/base64.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const std::string header(reinterpret_cast<const char*>(data), size);
  const server::Request request = server::request_of(
      "GET", "/firmware/manifest",
      {{"X-API-Key", served().device_key}, {"Accept", kCheckinType}, {kDeviceFactsHeader, header}});
  const server::Response response = served().answer(request);
  if (response.status != 200) return 0;
  const Result<DeviceFacts> facts = parse_device_facts(Text(header));
  require(facts.ok() && facts.value.id == Text("lamp-7"), "only lamp-7 is answered");
  const Result<CheckinFrame> frame = parse_checkin_frame(as_bytes(Text(response.body)));
  require(frame.ok(), "the answer is a frame");
  const Result<Statement> statement = parse_statement(as_text(frame.value.statement));
  require(statement.ok(), "it holds a statement");
  require(statement.value.device == facts.value.id, "it is this device's");
  require(statement.value.nonce == Text(base64_text(facts.value.nonce)), "it answers this request");
  return 0;
}
