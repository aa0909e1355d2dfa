#include "publish/trust_builder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "ota/wire/root.h"
#include "ota/wire/trust.h"
#include "publish/certificates.h"
#include "publish/temporary_folder.h"

namespace otter {
namespace {

class TrustBuilder : public testing::Test {
 protected:
  TrustBuilder() {
    make_certificates({{"localhost"}, folder_.path(), false});
    for (const char* key : {"root", "release"}) make_signing_key(file(key));
  }

  std::string file(const char* name) const { return folder_.file(name); }
  TrustDocument trust() const {
    return {3, 1790000000, {read_anchor(file("ca.crt"))}, {read_pin(file("server.crt"))}};
  }
  SignedDocument signed_by(const char* type, const std::string& body, const char* key) const {
    SignedDocument document{type, body, {}};
    const RawSignature signature = sign_digest(file(key), signing_digest(document));
    add_signature(document, read_public_point(file(key)), signature);
    return document;
  }

  TemporaryFolder folder_;
};

TEST_F(TrustBuilder, ReadsBackWhatItBuilt) {
  const TrustDocument again = read_trust(build_trust(trust()));
  EXPECT_EQ(again.version, 3u);
  EXPECT_EQ(again.created_s, 1790000000);
  EXPECT_EQ(again.anchors, trust().anchors);
  EXPECT_EQ(again.pins, trust().pins);
}

TEST_F(TrustBuilder, AnAnchorIsAnAuthoritysCertificate) {
  EXPECT_THROW(read_anchor(file("server.crt")), CertificateError);
  EXPECT_THROW(read_anchor(file("ca.key")), CertificateError);
  std::ofstream twice(file("twice.crt"));
  for (int i = 0; i < 2; ++i) twice << std::ifstream(file("ca.crt")).rdbuf();
  twice.close();
  EXPECT_THROW(read_anchor(file("twice.crt")), TrustError);
}

TEST_F(TrustBuilder, BuildsNothingThatADeviceRefuses) {
  TrustDocument bad = trust();
  bad.anchors.clear();
  EXPECT_THROW(build_trust(bad), TrustError);
  bad = trust();
  bad.anchors.resize(5, bad.anchors[0]);
  EXPECT_THROW(build_trust(bad), TrustError);
  EXPECT_THROW(read_trust("{}"), TrustError);
}

TEST_F(TrustBuilder, RootKeysSignIt) {
  RootDocument keys;
  keys.root_keys = {read_public_point(file("root"))};
  keys.release_keys = {{read_public_point(file("release")), {}, {}}};
  const SignedDocument root = signed_by(kRootType, build_root(keys), "root");
  const std::string body = build_trust(trust());
  EXPECT_TRUE(judge_trust(root, signed_by(kTrustType, body, "root")).holds);
  EXPECT_FALSE(judge_trust(root, signed_by(kTrustType, body, "release")).holds);
  EXPECT_FALSE(judge_trust(root, SignedDocument{kTrustType, body, {}}).holds);
}

}  // namespace
}  // namespace otter
