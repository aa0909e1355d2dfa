// `otter sign`: puts a manifest into a signed envelope, with a key file or with a signature that a
// vault made.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/answer.h"
#include "cli/files.h"
#include "cli/profile.h"
#include "cli/verbs.h"
#include "ota/wire/manifest.h"
#include "publish/envelope.h"

namespace otter::cli {
namespace {

constexpr size_t kInputSizeMax = 64 * 1024;  // [bytes]
constexpr size_t kSignatureSizeMax = 256;    // [bytes]

struct SignOptions {
  std::string file;
  std::string key;
  std::string out;
  std::string config;
  std::string signature;
  std::string public_key;
  bool digest = false;
  bool json = false;
};

// A manifest to begin an envelope with, or an envelope to add a signature to.
SignedManifest read_input(const std::string& path) {
  const std::string text = read_text_file(path, kInputSizeMax);
  SignedManifest input{text, {}};
  if (text.find("\"payloadType\"") != std::string::npos) input = read_envelope_json(text);
  const Error error = parse_manifest(input.manifest).error;
  if (error == Error::ok) return input;
  const Text word = name(error);
  throw std::runtime_error(path + " is no release manifest: " + std::string(word.data, word.size));
}

void add_by_key_file(const std::string& path, SignedManifest* envelope) {
  const RawSignature signature = sign_digest(path, manifest_signing_digest(envelope->manifest));
  add_signature(*envelope, read_public_point(path), signature);
}

void add_detached(const SignOptions& options, SignedManifest* envelope) {
  if (options.public_key.empty()) {
    throw std::runtime_error("--signature needs --public, the PEM file of the key that made it");
  }
  const std::vector<uint8_t> raw = read_file(options.signature, kSignatureSizeMax);
  add_signature(*envelope, read_public_point(options.public_key), read_signature(raw));
}

void sign(const SignOptions& options) {
  SignedManifest envelope = read_input(options.file);
  if (options.digest) {
    const std::string digest = to_hex(manifest_signing_digest(envelope.manifest)).characters;
    if (options.json) return print_json({{"sha256", digest}});
    std::cout << digest << '\n';
    return;
  }
  if (options.out.empty()) throw std::runtime_error("-o is missing: the envelope's file");
  if (!options.signature.empty()) {
    add_detached(options, &envelope);
  } else {
    add_by_key_file(options.key.empty() ? load_profile(options.config).key_file : options.key,
                    &envelope);
  }
  write_file(options.out, as_bytes(write_envelope_json(envelope) + "\n"));
  const std::string& signer = envelope.signatures.back().key_id;
  if (options.json) {
    return print_json(
        {{"file", options.out}, {"signer", signer}, {"signatures", envelope.signatures.size()}});
  }
  std::cout << options.out << ": signed by " << signer << " (" << envelope.signatures.size()
            << " signature(s))\n";
}

}  // namespace

void add_sign(CLI::App& app) {
  const auto options = std::make_shared<SignOptions>();
  CLI::App* command = app.add_subcommand("sign", "Sign a release manifest");
  command->add_option("file", options->file, "The manifest, or an envelope to sign once more")
      ->required();
  CLI::Option* key = command->add_option("--key", options->key,
                                         "Private key (PEM); else publish.key of otter.toml");
  CLI::Option* digest = command->add_flag("--digest", options->digest,
                                          "Print the SHA-256 to be signed elsewhere, and stop");
  CLI::Option* signature = command->add_option("--signature", options->signature,
                                               "A signature made elsewhere: 64 bytes or DER");
  command->add_option("--public", options->public_key, "The public key (PEM) of --signature");
  command->add_option("-o,--out", options->out, "The envelope's file");
  command->add_flag("--json", options->json, "Print JSON");
  command->add_option("--config", options->config, "otter.toml; else OTTER_CONFIG or ./otter.toml");
  signature->excludes(key);
  digest->excludes(key)->excludes(signature);
  command->footer(
      "Examples:\n  otter sign manifest.json --key release-1.pem -o envelope.json\n"
      "  otter sign manifest.json --digest\n"
      "  otter sign manifest.json --signature vault.sig --public vault.pem -o envelope.json");
  command->callback([options] { sign(*options); });
}

}  // namespace otter::cli
