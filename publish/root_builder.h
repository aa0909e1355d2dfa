// Makes root metadata and checks a chain of it: docs/spec/root.md. What comes out has passed the
// device's own reader. Pure, any thread.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "publish/signed_document.h"

namespace otter {

// Root metadata that can't be made or read. what(): one line that names the reason.
struct RootError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using PublicPoint = std::vector<uint8_t>;  // kPublicKeySize bytes, SEC1 uncompressed

struct RootReleaseKey {
  PublicPoint point;
  std::vector<std::string> products;  // empty: any
  std::vector<std::string> channels;  // empty: any
};

struct RootDocument {
  uint32_t version = 1;
  uint32_t epoch = 1;
  int64_t created_s = 0;  // [s since 1970-01-01 UTC]
  int root_threshold = 1;
  std::vector<PublicPoint> root_keys;
  int release_threshold = 1;
  std::vector<RootReleaseKey> release_keys;
  std::vector<std::string> revoked;  // key ids, 16 hexadecimal digits
};

// The body.
//
// Errors: RootError (a list or threshold that no device would take, a revoked key is listed)
std::string build_root(const RootDocument& root);

// Errors: RootError (not root metadata)
RootDocument read_root(const std::string& body);

// How far a document is signed by the root keys of `root`.
struct SignerCount {
  int needed = 0;
  std::vector<std::string> signers;  // key ids whose signatures hold
  std::vector<std::string> missing;  // the other root keys' ids

  bool is_enough() const { return static_cast<int>(signers.size()) >= needed; }
};
SignerCount count_signers(const SignedDocument& document, const RootDocument& root);

// True if a device that trusts `before` takes `next`. The reason otherwise is one line: what is
// wrong, or who has yet to sign.
struct LinkVerdict {
  bool holds = false;
  std::string reason;
};
LinkVerdict judge_link(const SignedDocument& before, const SignedDocument& next);
// The first document of a chain, which devices are built with: is it signed by its own threshold,
// and lists it no key that it revokes?
LinkVerdict judge_first(const SignedDocument& first);

}  // namespace otter
