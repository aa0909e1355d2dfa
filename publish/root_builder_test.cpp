#include "publish/root_builder.h"

#include <gtest/gtest.h>

#include "ota/wire/root.h"
#include "publish/temporary_folder.h"

namespace otter {
namespace {

class RootBuilder : public testing::Test {
 protected:
  RootBuilder() {
    for (int i = 0; i < 5; ++i) {
      make_signing_key(path(i));
      points_.push_back(read_public_point(path(i)));
    }
  }

  std::string path(int key) const { return folder_.file(std::to_string(key) + ".pem"); }
  std::string id(int key) const { return key_id_of(points_[static_cast<size_t>(key)]); }

  // Root keys 0, 1, 2 of which 2 are needed; key 4 signs beta releases of lamps.
  RootDocument root(uint32_t version = 1) const {
    RootDocument root;
    root.version = version;
    root.created_s = 1790000000;
    root.root_threshold = 2;
    root.root_keys = {points_[0], points_[1], points_[2]};
    root.release_keys = {{points_[4], {"lamp"}, {"beta"}}};
    return root;
  }
  SignedDocument signed_by(const RootDocument& root, const std::vector<int>& keys) const {
    SignedDocument document{kRootType, build_root(root), {}};
    for (int key : keys) sign(document, key);
    return document;
  }
  void sign(SignedDocument& document, int key) const {
    const RawSignature signature = sign_digest(path(key), signing_digest(document));
    add_signature(document, points_[static_cast<size_t>(key)], signature);
  }

  TemporaryFolder folder_;
  std::vector<PublicPoint> points_;
};

TEST_F(RootBuilder, ReadsBackWhatItBuilt) {
  RootDocument made = root(7);
  made.revoked = {id(3)};
  made.epoch = 4;
  const RootDocument again = read_root(build_root(made));
  EXPECT_EQ(again.version, 7u);
  EXPECT_EQ(again.epoch, 4u);
  EXPECT_EQ(again.created_s, 1790000000);
  EXPECT_EQ(again.root_keys, made.root_keys);
  EXPECT_EQ(again.release_keys[0].channels, std::vector<std::string>{"beta"});
  EXPECT_EQ(again.revoked, made.revoked);
  EXPECT_EQ(build_root(again), build_root(made));
}

TEST_F(RootBuilder, BuildsNothingThatADeviceRefuses) {
  RootDocument bad = root();
  bad.root_threshold = 4;
  EXPECT_THROW(build_root(bad), RootError);
  bad = root();
  bad.root_keys.push_back(points_[4]);
  EXPECT_THROW(build_root(bad), RootError);
  bad = root();
  bad.revoked = {id(4)};
  EXPECT_THROW(build_root(bad), RootError);
  EXPECT_THROW(read_root("{}"), RootError);
}

TEST_F(RootBuilder, FileReadsBackAsWritten) {
  const SignedDocument document = signed_by(root(), {0, 2});
  const SignedDocument again = read_signed_document(kRootType, write_signed_document(document));
  EXPECT_EQ(again.body, document.body);
  ASSERT_EQ(again.signatures.size(), 2u);
  EXPECT_TRUE(is_signed_by(again, points_[2]));
  EXPECT_FALSE(is_signed_by(again, points_[1]));
}

TEST_F(RootBuilder, ReadsABodyThatNobodySigned) {
  const std::string body = build_root(root());
  EXPECT_EQ(read_signed_document(kRootType, body).body, body);
  EXPECT_THROW(read_signed_document(kRootType, ""), EnvelopeError);
  EXPECT_THROW(read_signed_document(kRootType, "OTE1"), EnvelopeError);
  EXPECT_THROW(write_signed_document(read_signed_document(kRootType, body)), EnvelopeError);
}

TEST_F(RootBuilder, SignaturesFromTwoPlacesAreCombined) {
  SignedDocument here = signed_by(root(), {0});
  add_signatures_of(here, signed_by(root(), {0, 1}));
  EXPECT_EQ(here.signatures.size(), 2u);
  EXPECT_TRUE(judge_first(here).holds);
  EXPECT_THROW(add_signatures_of(here, signed_by(root(2), {2})), EnvelopeError);
}

TEST_F(RootBuilder, TakesASignatureOfThisBodyOnly) {
  SignedDocument document = signed_by(root(), {0});
  EXPECT_THROW(sign(document, 0), KeyError);
  const RawSignature other = sign_digest(path(1), signing_digest(signed_by(root(2), {})));
  EXPECT_THROW(add_signature(document, points_[1], other), KeyError);
}

TEST_F(RootBuilder, NamesWhoHasYetToSign) {
  const SignedDocument first = signed_by(root(), {0, 1});
  const SignedDocument next = signed_by(root(2), {1});
  const LinkVerdict verdict = judge_link(first, next);
  EXPECT_FALSE(verdict.holds);
  EXPECT_NE(verdict.reason.find("signed by 1 of the 2"), std::string::npos) << verdict.reason;
  EXPECT_NE(verdict.reason.find(id(0) + ", " + id(2)), std::string::npos) << verdict.reason;
  EXPECT_FALSE(judge_first(signed_by(root(), {2})).holds);
}

TEST_F(RootBuilder, FirstVersionThatRevokesWhatItListsIsRefused) {
  RootDocument first = root();
  first.revoked = {id(3)};
  SignedDocument document{kRootType, build_root(first), {}};
  document.body.replace(document.body.find(id(3)), id(3).size(), id(2));
  sign(document, 0);
  sign(document, 1);
  EXPECT_EQ(judge_first(document).reason, "it lists a key that it revokes");
}

TEST_F(RootBuilder, JudgesAChainAsADeviceDoes) {
  const SignedDocument first = signed_by(root(), {0, 1});
  EXPECT_TRUE(judge_link(first, signed_by(root(2), {0, 2})).holds);
  EXPECT_FALSE(judge_link(first, signed_by(root(3), {0, 2})).holds);
  EXPECT_FALSE(judge_link(first, signed_by(root(2), {})).holds);
  RootDocument higher = root(2);
  higher.epoch = 2;
  const SignedDocument second = signed_by(higher, {0, 1});
  EXPECT_TRUE(judge_link(first, second).holds);
  EXPECT_FALSE(judge_link(second, signed_by(root(3), {0, 1})).holds);
}

}  // namespace
}  // namespace otter
