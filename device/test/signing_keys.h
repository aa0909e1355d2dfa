// Keys that sign, and bodies signed by them, for the tests of the core. One thread.
#pragma once

#include <string>
#include <vector>

#include "device/test/printers.h"
#include "ota/wire/root.h"
#include "ota/wire/signing.h"
#include "publish/base64.h"
#include "publish/host_crypto.h"
#include "publish/keys.h"
#include "publish/temporary_folder.h"

namespace otter {

// Keys that are made once for a program of tests and removed at its end.
class SigningKeys {
 public:
  static constexpr int kCount = 12;

  static SigningKeys& get() {
    static SigningKeys keys;
    return keys;
  }

  std::string path(int key) const { return folder_.file(std::to_string(key) + ".pem"); }
  const std::vector<uint8_t>& point(int key) const { return points_[static_cast<size_t>(key)]; }
  std::string id(int key) const { return key_id_of(point(key)); }
  std::string base64(int key) const { return base64_text(point(key)); }

 private:
  SigningKeys() {
    for (int key = 0; key < kCount; ++key) {
      make_signing_key(path(key));
      points_.push_back(read_public_point(path(key)));
    }
  }

  TemporaryFolder folder_;
  std::vector<std::vector<uint8_t>> points_;
};

// A body and the signatures over it, with the memory that its envelope points into.
class SignedBody {
 public:
  SignedBody(Text type, std::string body, const std::vector<int>& keys)
      : type_(string_of(type)), body_(std::move(body)) {
    for (int key : keys) sign(key);
  }

  void sign(int key) {
    HostCrypto crypto;
    const Digest digest = signing_digest(crypto, type_, as_bytes(body_)).value;
    const RawSignature signature = sign_digest(SigningKeys::get().path(key), digest);
    ids_.push_back(bytes_of_hex(SigningKeys::get().id(key)));
    signatures_.emplace_back(signature.begin(), signature.end());
  }
  void flip_body(size_t at) { body_[at] = static_cast<char>(body_[at] ^ 1); }
  void flip_signature(size_t index, size_t at) { signatures_[index][at] ^= 1; }

  const std::string& body() const { return body_; }
  Envelope envelope() const {
    Envelope envelope;
    for (size_t i = 0; i < ids_.size(); ++i) envelope.signatures[i] = {ids_[i], signatures_[i]};
    envelope.signature_count = ids_.size();
    envelope.body = as_bytes(body_);
    return envelope;
  }

 private:
  std::string type_;
  std::string body_;
  std::vector<std::vector<uint8_t>> ids_;
  std::vector<std::vector<uint8_t>> signatures_;
};

// The parts of root metadata as a test changes them; keys are numbers of SigningKeys.
struct RootParts {
  int version = 1;
  int epoch = 1;
  int root_threshold = 2;
  std::vector<int> root = {0, 1, 2};
  int release_threshold = 1;
  std::vector<int> release = {6};
  std::string rights;  // more members of each release key, with a comma in front
  std::vector<std::string> revoked;

  std::string body() const {
    return "{\"schema\":1,\"version\":" + std::to_string(version) +
           ",\"epoch\":" + std::to_string(epoch) +
           ",\"created\":1790000000,\"root\":" + role(root_threshold, root, "", "") +
           ",\"release\":" + role(release_threshold, release, "{\"point\":", rights + "}") +
           ",\"revoked\":[" + joined(revoked) + "]}";
  }
  SignedBody signed_by(const std::vector<int>& keys) const {
    return SignedBody(kRootType, body(), keys);
  }

 private:
  static std::string joined(const std::vector<std::string>& texts) {
    std::string list;
    for (const std::string& text : texts) list += (list.empty() ? "\"" : ",\"") + text + "\"";
    return list;
  }
  static std::string role(int threshold, const std::vector<int>& keys, const std::string& before,
                          const std::string& after) {
    std::string list;
    for (int key : keys) {
      list +=
          (list.empty() ? "" : ",") + before + "\"" + SigningKeys::get().base64(key) + "\"" + after;
    }
    return "{\"threshold\":" + std::to_string(threshold) + ",\"keys\":[" + list + "]}";
  }
};

}  // namespace otter
