// A report's body. What is read is of sane size and written as JSON again; success counts only with
// the release's image, running and confirmed.
#include "fuzz/require.h"
#include "ota/wire/version.h"
#include "server/json_body.h"
#include "server/problem.h"
#include "server/report_claim.h"

namespace otter {
namespace {

using server::Outcome;

// Its digests are small numbers, which a fuzzer finds.
server::Release release() {
  server::Release out;
  out.version = "1.0.0";
  out.app_elf_sha256.bytes[0] = 0x11;
  out.image_sha256.bytes[0] = 0x22;
  return out;
}

void check_verdict(const server::ReportClaim& claim) {
  require(server::judge(claim, nullptr).outcome != Outcome::confirmed,
          "without a release nothing is confirmed");
  const server::Release known = release();
  if (server::judge(claim, &known).outcome != Outcome::confirmed) return;
  const bool is_image =
      claim.app_elf_sha256 == known.app_elf_sha256 || claim.image_sha256 == known.image_sha256;
  require(is_image && claim.boot_state == "confirmed", "what is confirmed runs and is confirmed");
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  server::Request request{
      "POST", "/firmware/report", {{"Content-Type", "application/json"}}, {}, {}};
  request.body.assign(reinterpret_cast<const char*>(data), size);
  try {
    const server::ReportClaim claim = server::read_report_claim(server::parse_json_body(request));
    require(is_identifier(Text(claim.device_id)), "the device has an id");
    const std::string kept = boost::json::serialize(claim.fields);
    require(boost::json::parse(kept) == claim.fields, "what is kept can be read again");
    check_verdict(claim);
  } catch (const server::HttpError& error) {
    require(error.status == 400 || error.status == 422, "a wrong report is refused as such");
  }
  return 0;
}
