#include "server/envelope_json.h"

#include <gtest/gtest.h>

#include "server/problem.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

TEST(EnvelopeJson, GoesToAFrameAndBack) {
  const TemporaryFolder folder;
  make_signing_key(folder.file("key.pem"));
  const std::string text =
      write_envelope_json(sign_manifest("{\"schema\":1}", folder.file("key.pem")));
  const boost::json::object object = boost::json::parse(text).as_object();
  const std::vector<uint8_t> frame = envelope_frame(object);
  EXPECT_EQ(envelope_json(frame), object);
  EXPECT_EQ(parse_envelope(frame).value.body, as_bytes(std::string("{\"schema\":1}")));
}

TEST(EnvelopeJson, RefusesWhatIsNone) {
  EXPECT_THROW(envelope_frame({}), HttpError);
  EXPECT_THROW(envelope_frame({{"payloadType", kManifestType}, {"payload", "e30="}}), HttpError);
}

TEST(EnvelopeJson, NoticesADamagedFrame) {
  EXPECT_THROW(envelope_json({1, 2, 3}), std::runtime_error);
}

}  // namespace
}  // namespace otter::server
