// `otter keys root sign` and `otter keys trust sign`: add signatures to a body, by key files, by a
// vault, or from another copy of the file.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "cli/answer.h"
#include "cli/files.h"
#include "cli/keys_verbs.h"

namespace otter::cli {
namespace {

constexpr size_t kDocumentSizeMax = 64 * 1024;  // [bytes]
constexpr size_t kSignatureSizeMax = 256;       // [bytes]

struct SignDocumentOptions {
  std::string file;
  std::vector<std::string> keys;
  std::vector<std::string> merged;
  std::string signature;
  std::string public_key;
  std::string out;
  bool digest = false;
  bool json = false;
};

// The signed file is often built up by several people: what one has signed is not to be lost.
void require_replaceable(const std::string& path, const SignedKind& kind,
                         const SignedDocument& document) {
  if (!std::filesystem::exists(path)) return;
  const SignedDocument old = read_document(path, kind);
  if (old.body != document.body) {
    throw std::runtime_error(path + " is there already with another body; choose another name");
  }
  SignedDocument both = document;
  add_signatures_of(both, old);
  if (both.signatures.size() == document.signatures.size()) return;
  throw std::runtime_error(path + " is there already with another signature; add --merge " + path +
                           ", or choose another name");
}

void add_all(const SignDocumentOptions& options, const SignedKind& kind, SignedDocument* document) {
  for (const std::string& path : options.merged) {
    const SignedDocument other = read_document(path, kind);
    if (other.body != document->body) {
      throw std::runtime_error(path + ": its signatures are over another body than " +
                               options.file);
    }
    add_signatures_of(*document, other);
  }
  for (const std::string& path : options.keys) {
    const RawSignature signature = sign_digest(path, signing_digest(*document));
    add_signature(*document, read_public_point(path), signature);
  }
  if (options.signature.empty()) return;
  if (options.public_key.empty()) {
    throw std::runtime_error("--signature needs --public, the PEM file of the key that made it");
  }
  const std::vector<uint8_t> raw = read_file(options.signature, kSignatureSizeMax);
  add_signature(*document, read_public_point(options.public_key), read_signature(raw));
}

void print_signers(const SignDocumentOptions& options, const SignedKind& kind,
                   const SignedDocument& document) {
  if (options.json) {
    boost::json::array signers;
    for (const EnvelopeSignature& one : document.signatures) signers.emplace_back(one.key_id);
    return print_json({{"file", options.out}, {"signers", std::move(signers)}});
  }
  std::cout << options.out << ": signed by";
  for (const EnvelopeSignature& signature : document.signatures) {
    std::cout << ' ' << signature.key_id;
  }
  std::cout << '\n' << kind.notes(document);
}

void sign(const SignDocumentOptions& options, const SignedKind& kind) {
  SignedDocument document = read_document(options.file, kind);
  if (options.digest) {
    const std::string digest = to_hex(signing_digest(document)).characters;
    if (options.json) return print_json({{"sha256", digest}});
    std::cout << digest << '\n';
    return;
  }
  if (options.out.empty()) throw std::runtime_error("-o is missing: the signed file, *.otr");
  if (options.keys.empty() && options.merged.empty() && options.signature.empty()) {
    throw std::runtime_error("nothing to sign with: give --key, --signature or --merge");
  }
  add_all(options, kind, &document);
  require_replaceable(options.out, kind, document);
  write_file(options.out, as_bytes(write_signed_document(document)));
  print_signers(options, kind, document);
}

}  // namespace

SignedDocument read_document(const std::string& path, const SignedKind& kind) {
  const std::string content = read_text_file(path, kDocumentSizeMax);
  try {
    SignedDocument document = read_signed_document(kind.type, content);
    kind.check(document.body);
    return document;
  } catch (const std::exception& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

void write_new_body(const std::string& path, const std::string& body) {
  if (std::filesystem::exists(path)) {
    throw std::runtime_error(path + " is there already; choose another name or move it away");
  }
  write_file(path, as_bytes(body));
}

void add_sign_document(CLI::App& group, const SignedKind& kind) {
  const auto options = std::make_shared<SignDocumentOptions>();
  CLI::App* command = group.add_subcommand("sign", "Add signatures of root keys");
  command->add_option("file", options->file, "The body, or a signed file to sign once more")
      ->required();
  CLI::Option* key =
      command->add_option("--key", options->keys, "A root key's private PEM; may be repeated")
          ->allow_extra_args(false);
  CLI::Option* digest = command->add_flag("--digest", options->digest,
                                          "Print the SHA-256 to be signed elsewhere, and stop");
  CLI::Option* signature = command->add_option("--signature", options->signature,
                                               "A signature made elsewhere: 64 bytes or DER");
  command->add_option("--public", options->public_key, "The public key (PEM) of --signature");
  CLI::Option* merge = command
                           ->add_option("--merge", options->merged,
                                        "Take the signatures of another copy of the file")
                           ->allow_extra_args(false);
  command->add_option("-o,--out", options->out, "The signed file, *.otr");
  command->add_flag("--json", options->json, "Print JSON");
  digest->excludes(key)->excludes(signature)->excludes(merge);
  command->footer("Examples:\n  " + kind.command +
                  " body.json --key a.pem --key b.pem -o out.otr\n  " + kind.command +
                  " body.json --digest\n  " + kind.command +
                  " body.json --signature vault.sig --public vault.pem -o out.otr\n  " +
                  kind.command + " mine.otr --merge theirs.otr -o both.otr");
  command->callback([options, kind] { sign(*options, kind); });
}

}  // namespace otter::cli
