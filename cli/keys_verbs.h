// The verbs below `otter keys`, one file a group. Main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "publish/signed_document.h"

namespace CLI {
class App;
}

namespace otter::cli {

void add_keys_root(CLI::App& keys);
void add_keys_trust(CLI::App& keys);
void add_keys_device(CLI::App& keys);
// Those that need a server, also in the groups `root` and `trust`, which must be there.
void add_keys_publish(CLI::App& keys);

// What is signed by root keys, as `sign` sees it.
struct SignedKind {
  std::string type;     // the DSSE payload type
  std::string command;  // "otter keys root sign", for examples
  // Throws if the body is not of this kind.
  std::function<void(const std::string& body)> check;
  // Lines for a person who has just signed; empty: nothing to say.
  std::function<std::string(const SignedDocument& document)> notes;
};
const SignedKind& root_kind();
const SignedKind& trust_kind();
// The verb `sign` below `group`.
void add_sign_document(CLI::App& group, const SignedKind& kind);

// Errors: std::runtime_error (the file and what is wrong with it)
SignedDocument read_document(const std::string& path, const SignedKind& kind);

// The body of root metadata that a firmware may be built with: its own threshold has signed it.
//
// Errors: std::runtime_error
std::string read_first_root(const std::string& path);

// Refuses to replace a file that is there: signed bytes are not to be lost.
//
// Errors: std::runtime_error
void write_new_body(const std::string& path, const std::string& body);

}  // namespace otter::cli
