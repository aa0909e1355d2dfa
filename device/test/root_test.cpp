#include "ota/wire/root.h"

#include "device/test/signing_keys.h"

namespace otter {
namespace {

using Keys = std::vector<int>;

Error parse_error(const std::string& body) { return parse_root(body).error; }
Error parse_error(const RootParts& parts) { return parse_error(parts.body()); }

// `text` with the first `from` replaced.
std::string changed(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), std::string::npos) << from;
  return text.replace(text.find(from), from.size(), to);
}

// The body of RootParts() with the first `from` replaced.
Error changed_error(const std::string& from, const std::string& to) {
  return parse_error(changed(RootParts().body(), from, to));
}

// Version 2, as it is offered to a device that trusts `before`.
Error follow(const RootParts& before, const SignedBody& after) {
  HostCrypto crypto;
  const std::string trusted = before.body();
  RootMetadata next;
  return verify_root(crypto, after.envelope(), parse_root(trusted).value, &next);
}

RootParts second() {
  RootParts parts;
  parts.version = 2;
  return parts;
}

// A manifest signed by `keys`, checked against `parts`.
Error release_error(const RootParts& parts, const Keys& keys, Text product = "lamp",
                    Text channel = "stable") {
  HostCrypto crypto;
  const std::string body = parts.body();
  const SignedBody manifest(kManifestType, "{}", keys);
  return verify_release_signatures(crypto, manifest.envelope(), parse_root(body).value, product,
                                   channel);
}

TEST(Root, ReadsItsFields) {
  const std::string body = RootParts().body();
  const Result<RootMetadata> root = parse_root(body);
  ASSERT_EQ(root.error, Error::ok);
  EXPECT_EQ(root.value.version, 1u);
  EXPECT_EQ(root.value.epoch, 1u);
  EXPECT_EQ(root.value.root_threshold, 2);
  EXPECT_EQ(root.value.release_threshold, 1);
  JsonItems keys(root.value.root_keys);
  ASSERT_TRUE(keys.next());
  EXPECT_EQ(keys.value().plain_string().value, Text(SigningKeys::get().base64(0)));
}

TEST(Root, ListsMayBeAbsent) {
  EXPECT_EQ(changed_error(",\"revoked\":[]", ""), Error::ok);
  RootParts parts;
  parts.rights = ",\"products\":[],\"channels\":[\"beta\"]";
  EXPECT_EQ(parse_error(parts), Error::ok);
}

TEST(Root, NeedsEachRequiredField) {
  for (const char* key :
       {"schema", "version", "epoch", "created", "root", "release", "threshold", "keys", "point"}) {
    EXPECT_EQ(changed_error("\"" + std::string(key) + "\"", "\"x\""), Error::missing_field) << key;
  }
}

TEST(Root, RefusesWrongTypes) {
  EXPECT_EQ(parse_error("[]"), Error::wrong_type);
  EXPECT_EQ(changed_error("\"version\":1", "\"version\":\"1\""), Error::wrong_type);
  EXPECT_EQ(changed_error("\"revoked\":[]", "\"revoked\":{}"), Error::wrong_type);
  EXPECT_EQ(changed_error("\"revoked\":[]", "\"revoked\":[7]"), Error::wrong_type);
  EXPECT_EQ(changed_error("\"keys\":[", "\"keys\":7,\"x\":["), Error::wrong_type);
  // A root key has no rights of its own, a release key is an object even without any.
  EXPECT_EQ(changed_error("\"keys\":[", "\"keys\":[{},"), Error::wrong_type);
  EXPECT_EQ(changed_error("[{\"point\"", "[\"AAAA\",{\"point\""), Error::wrong_type);
  EXPECT_EQ(changed_error("{\"point\"", "{\"products\":7,\"point\""), Error::wrong_type);
  EXPECT_EQ(changed_error("{\"point\"", "{\"channels\":[7],\"point\""), Error::wrong_type);
}

TEST(Root, RefusesNumbersOutOfRange) {
  EXPECT_EQ(changed_error("\"version\":1", "\"version\":0"), Error::out_of_range);
  EXPECT_EQ(changed_error("\"version\":1", "\"version\":4294967296"), Error::out_of_range);
  EXPECT_EQ(changed_error("\"epoch\":1", "\"epoch\":0"), Error::out_of_range);
  EXPECT_EQ(changed_error("\"created\":1790000000", "\"created\":-1"), Error::out_of_range);
}

TEST(Root, ThresholdsAreMet) {
  for (int threshold : {0, 4, 9}) {
    RootParts parts;
    parts.root_threshold = threshold;
    EXPECT_EQ(parse_error(parts), Error::out_of_range) << threshold;
  }
  RootParts parts;
  parts.root_threshold = 3;
  EXPECT_EQ(parse_error(parts), Error::ok);
  parts.release_threshold = 2;
  EXPECT_EQ(parse_error(parts), Error::out_of_range);
  parts.release = {};
  EXPECT_EQ(parse_error(parts), Error::out_of_range);
}

TEST(Root, RefusesMalformedTexts) {
  const std::string point = SigningKeys::get().base64(0);
  EXPECT_EQ(changed_error(point, "AAAA"), Error::malformed);
  EXPECT_EQ(changed_error(point, "*" + point.substr(1)), Error::malformed);
  // 65 bytes that begin as a compressed point, and 66 bytes.
  EXPECT_EQ(changed_error(point, "A" + point.substr(1)), Error::malformed);
  EXPECT_EQ(changed_error(point, point.substr(0, 87) + "A"), Error::malformed);
  EXPECT_EQ(changed_error("\"revoked\":[]", "\"revoked\":[\"ab\"]"), Error::malformed);
  EXPECT_EQ(changed_error("{\"point\"", "{\"products\":[\"a/b\"],\"point\""), Error::malformed);
}

TEST(Root, IsBounded) {
  const std::string base = changed(RootParts().body(), "{", "{\"x\":\"\",");
  const std::string fitting(kRootSizeMax - base.size(), 'x');
  EXPECT_EQ(parse_error(changed(base, "\"\"", "\"" + fitting + "\"")), Error::ok);
  EXPECT_EQ(parse_error(changed(base, "\"\"", "\"" + fitting + "x\"")), Error::too_large);
  RootParts parts;
  parts.root = {0, 1, 2, 3, 4, 5, 7, 8};
  EXPECT_EQ(parse_error(parts), Error::ok);
  parts.root.push_back(9);
  EXPECT_EQ(parse_error(parts), Error::too_large);
  parts = RootParts();
  parts.revoked.assign(kRevokedMax + 1, std::string(16, 'a'));
  EXPECT_EQ(parse_error(parts), Error::too_large);
}

TEST(Root, ListsNoKeyTwice) {
  RootParts parts;
  parts.root = {0, 1, 0};
  EXPECT_EQ(parse_error(parts), Error::duplicate_key);
  parts = RootParts();
  parts.release = {6, 7, 7};
  EXPECT_EQ(parse_error(parts), Error::duplicate_key);
  parts.release = {6, 2};
  EXPECT_EQ(parse_error(parts), Error::duplicate_key);
}

TEST(Root, AnotherSchemaIsUnsupported) {
  EXPECT_EQ(changed_error("\"schema\":1", "\"schema\":2"), Error::unsupported);
}

TEST(RootChain, NextVersionIsTaken) {
  HostCrypto crypto;
  const std::string trusted = RootParts().body();
  const SignedBody after = second().signed_by({0, 2});
  RootMetadata next;
  ASSERT_EQ(verify_root(crypto, after.envelope(), parse_root(trusted).value, &next), Error::ok);
  EXPECT_EQ(next.version, 2u);
}

TEST(RootChain, NeedsTheOldThreshold) {
  EXPECT_EQ(follow(RootParts(), second().signed_by({0})), Error::unknown_key);
  EXPECT_EQ(follow(RootParts(), second().signed_by({0, 9})), Error::unknown_key);
  EXPECT_EQ(follow(RootParts(), second().signed_by({6, 9})), Error::unknown_key);
  EXPECT_EQ(follow(RootParts(), second().signed_by({9, 0, 1})), Error::ok);
}

TEST(RootChain, NeedsTheNewThresholdToo) {
  RootParts replaced = second();
  replaced.root = {2, 3, 4};
  EXPECT_EQ(follow(RootParts(), replaced.signed_by({0, 1})), Error::unknown_key);
  EXPECT_EQ(follow(RootParts(), replaced.signed_by({3, 4})), Error::unknown_key);
  EXPECT_EQ(follow(RootParts(), replaced.signed_by({0, 1, 3})), Error::unknown_key);
  EXPECT_EQ(follow(RootParts(), replaced.signed_by({0, 1, 3, 4})), Error::ok);
  // Key 2 is in both.
  EXPECT_EQ(follow(RootParts(), replaced.signed_by({0, 2, 3})), Error::ok);
  replaced.root_threshold = 3;
  EXPECT_EQ(follow(RootParts(), replaced.signed_by({0, 2, 3})), Error::unknown_key);
}

TEST(RootChain, ASecondSignatureOfAKeyDoesNotCount) {
  EXPECT_EQ(follow(RootParts(), second().signed_by({0, 0})), Error::unknown_key);
  EXPECT_EQ(follow(RootParts(), second().signed_by({0, 0, 0, 0, 1})), Error::ok);
}

TEST(RootChain, NoVersionIsSkippedOrPlayedBack) {
  for (int version : {1, 3, 100}) {
    RootParts parts;
    parts.version = version;
    EXPECT_EQ(follow(RootParts(), parts.signed_by({0, 1})), Error::old_root) << version;
  }
}

TEST(RootChain, EpochNeverFalls) {
  RootParts before;
  before.epoch = 3;
  for (int epoch : {1, 2}) {
    RootParts parts = second();
    parts.epoch = epoch;
    EXPECT_EQ(follow(before, parts.signed_by({0, 1})), Error::old_root) << epoch;
  }
  for (int epoch : {3, 4}) {
    RootParts parts = second();
    parts.epoch = epoch;
    EXPECT_EQ(follow(before, parts.signed_by({0, 1})), Error::ok) << epoch;
  }
}

TEST(RootChain, RevokedKeysAreNotListed) {
  for (int key : {1, 6}) {
    RootParts parts = second();
    parts.revoked = {SigningKeys::get().id(9), SigningKeys::get().id(key)};
    EXPECT_EQ(follow(RootParts(), parts.signed_by({0, 1})), Error::key_not_allowed) << key;
  }
}

TEST(RootChain, ARevokedKeyDoesNotComeBackAtOnce) {
  RootParts before;
  before.revoked = {SigningKeys::get().id(7)};
  RootParts parts = second();
  EXPECT_EQ(follow(before, parts.signed_by({0, 1})), Error::ok);
  parts.release = {6, 7};
  EXPECT_EQ(follow(before, parts.signed_by({0, 1})), Error::key_not_allowed);
}

TEST(RootChain, EveryFlippedByteOfTheBodyFails) {
  const SignedBody good = second().signed_by({0, 1});
  for (size_t at = 0; at < good.body().size(); ++at) {
    SignedBody bad = good;
    bad.flip_body(at);
    EXPECT_EQ(follow(RootParts(), bad), Error::bad_signature) << at;
  }
}

TEST(RootChain, EveryFlippedByteOfASignatureFails) {
  const SignedBody good = second().signed_by({0, 1});
  for (size_t at = 0; at < kSignatureSize; ++at) {
    SignedBody bad = good;
    bad.flip_signature(1, at);
    EXPECT_EQ(follow(RootParts(), bad), Error::bad_signature) << at;
  }
}

TEST(RootChain, ABadSignatureAmongEnoughGoodOnesFails) {
  SignedBody after = second().signed_by({0, 1, 2});
  after.flip_signature(2, 5);
  EXPECT_EQ(follow(RootParts(), after), Error::bad_signature);
  // Also one of a key that only the new version lists.
  RootParts grown = second();
  grown.root = {0, 1, 2, 3};
  SignedBody signed_by_new = grown.signed_by({0, 1, 3});
  signed_by_new.flip_signature(2, 5);
  EXPECT_EQ(follow(RootParts(), signed_by_new), Error::bad_signature);
}

TEST(RootChain, SignaturesOfAnotherPayloadTypeFail) {
  const SignedBody manifest(kManifestType, second().body(), {0, 1});
  EXPECT_EQ(follow(RootParts(), manifest), Error::bad_signature);
}

TEST(RootChain, TenRotationsInARowLeadToOtherKeys) {
  std::vector<RootParts> chain(11);
  for (int i = 0; i < 11; ++i) chain[static_cast<size_t>(i)].version = i + 1;
  // One key leaves and one comes with each version; key 6 signs releases.
  const Keys order = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 0, 1};
  for (size_t i = 0; i < 11; ++i) chain[i].root = {order[i], order[i + 1], order[i + 2]};
  for (size_t i = 1; i < 11; ++i) {
    const SignedBody next = chain[i].signed_by({order[i], order[i + 1]});
    EXPECT_EQ(follow(chain[i - 1], next), Error::ok) << i;
    EXPECT_EQ(follow(chain[i - 1], chain[i - 1].signed_by({order[i - 1], order[i]})),
              Error::old_root);
  }
}

TEST(RootChain, MetadataThatWasNeverReadAllowsNothing) {
  HostCrypto crypto;
  const SignedBody after = second().signed_by({0, 1});
  RootMetadata next;
  EXPECT_EQ(verify_root(crypto, after.envelope(), RootMetadata(), &next), Error::unknown_key);
}

TEST(RootChain, WhatIsSignedButUnreadableIsRefused) {
  const SignedBody after(kRootType, "{}", {0, 1});
  EXPECT_EQ(follow(RootParts(), after), Error::missing_field);
}

TEST(ReleaseRights, AnyListedKeyMaySignWithoutLists) {
  RootParts parts;
  parts.release = {6, 7};
  EXPECT_EQ(release_error(parts, {6}), Error::ok);
  EXPECT_EQ(release_error(parts, {7}, "any", "any"), Error::ok);
  EXPECT_EQ(release_error(parts, {0, 8}), Error::unknown_key);
}

TEST(ReleaseRights, ABetaKeyDoesNotSignStableReleases) {
  RootParts parts;
  parts.rights = ",\"channels\":[\"beta\",\"nightly\"]";
  EXPECT_EQ(release_error(parts, {6}, "lamp", "beta"), Error::ok);
  EXPECT_EQ(release_error(parts, {6}, "lamp", "nightly"), Error::ok);
  EXPECT_EQ(release_error(parts, {6}, "lamp", "stable"), Error::key_not_allowed);
  EXPECT_EQ(release_error(parts, {6}, "lamp", "bet"), Error::key_not_allowed);
}

TEST(ReleaseRights, AKeyOfOneProductDoesNotSignAnothers) {
  RootParts parts;
  parts.rights = ",\"products\":[\"lamp\"]";
  EXPECT_EQ(release_error(parts, {6}, "lamp"), Error::ok);
  EXPECT_EQ(release_error(parts, {6}, "lock"), Error::key_not_allowed);
}

TEST(ReleaseRights, ThresholdCountsDifferentKeys) {
  RootParts parts;
  parts.release = {6, 7, 8};
  parts.release_threshold = 2;
  EXPECT_EQ(release_error(parts, {6}), Error::unknown_key);
  EXPECT_EQ(release_error(parts, {6, 6}), Error::unknown_key);
  EXPECT_EQ(release_error(parts, {6, 9}), Error::unknown_key);
  EXPECT_EQ(release_error(parts, {8, 6}), Error::ok);
}

TEST(ReleaseRights, EverySignatureOfAListedKeyMustHold) {
  HostCrypto crypto;
  const std::string body = RootParts().body();
  SignedBody manifest(kManifestType, "{}", {6});
  manifest.flip_signature(0, 40);
  EXPECT_EQ(verify_release_signatures(crypto, manifest.envelope(), parse_root(body).value, "lamp",
                                      "stable"),
            Error::bad_signature);
}

}  // namespace
}  // namespace otter
