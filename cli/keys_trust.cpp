// `otter keys trust`: which TLS authorities and keys devices accept, docs/spec/trust.md. Needs no
// server.
#include <CLI/CLI.hpp>
#include <ctime>
#include <iostream>

#include "cli/answer.h"
#include "cli/keys_verbs.h"
#include "cli/table.h"
#include "ota/wire/trust.h"
#include "publish/host_crypto.h"
#include "publish/trust_builder.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

struct TrustOptions {
  std::vector<std::string> anchors;
  std::vector<std::string> pinned;
  std::string file;
  std::string root;
  std::string out;
  uint32_t version = 0;
  bool json = false;
};

void make(const TrustOptions& options) {
  TrustDocument trust;
  trust.version = options.version;
  trust.created_s = static_cast<int64_t>(std::time(nullptr));
  for (const std::string& path : options.anchors) trust.anchors.push_back(read_anchor(path));
  for (const std::string& path : options.pinned) trust.pins.push_back(read_pin(path));
  write_new_body(options.out, build_trust(trust));
  if (options.json) {
    return print_json({{"file", options.out},
                       {"version", trust.version},
                       {"anchors", trust.anchors.size()},
                       {"pins", trust.pins.size()}});
  }
  std::cout << options.out << ": trust payload version " << trust.version << ", "
            << trust.anchors.size()
            << (trust.anchors.size() == 1 ? " authority, " : " authorities, ") << trust.pins.size()
            << (trust.pins.size() == 1 ? " pin" : " pins")
            << ", not signed yet\nnext: otter keys trust sign " << options.out
            << " --key ... -o trust-" << trust.version << ".otr\n";
  if (trust.pins.size() == 1) {
    std::cout
        << "warning: with one pin the loss of that key locks every device out; pin a backup\n";
  }
}

std::string sha256_hex(Bytes data) {
  HostCrypto crypto;
  return to_hex(sha256(crypto, data).value).characters;
}

json::object to_json(const SignedDocument& document, const TrustDocument& trust) {
  json::array anchors;
  for (const std::vector<uint8_t>& anchor : trust.anchors) {
    anchors.push_back(json::object{{"sha256", sha256_hex(anchor)}, {"size", anchor.size()}});
  }
  json::array signers;
  for (const EnvelopeSignature& signature : document.signatures) {
    signers.emplace_back(signature.key_id);
  }
  return {{"version", trust.version},
          {"created", trust.created_s},
          {"anchors", anchors},
          {"pins", json::array(trust.pins.begin(), trust.pins.end())},
          {"signatures", signers}};
}

void show(const TrustOptions& options) {
  const SignedDocument document = read_document(options.file, trust_kind());
  const TrustDocument trust = read_trust(document.body);
  if (options.json) {
    print_json(to_json(document, trust));
    return;
  }
  std::cout << "trust payload version " << trust.version << ", made "
            << format_time(trust.created_s) << "\nauthorities (SHA-256 of the certificate)\n";
  for (const std::vector<uint8_t>& anchor : trust.anchors) {
    std::cout << "  " << sha256_hex(anchor) << '\n';
  }
  std::cout << (trust.pins.empty() ? "pins: none\n" : "pins\n");
  for (const std::string& pin : trust.pins) std::cout << "  " << pin << '\n';
  for (const EnvelopeSignature& signature : document.signatures) {
    std::cout << "signature of " << signature.key_id << ", not verified here\n";
  }
}

void verify(const TrustOptions& options) {
  const SignedDocument document = read_document(options.file, trust_kind());
  const SignedDocument root = read_document(options.root, root_kind());
  const LinkVerdict verdict = judge_trust(root, document);
  if (!verdict.holds) throw std::runtime_error(options.file + ": " + verdict.reason);
  const uint32_t version = read_trust(document.body).version;
  const uint32_t root_version = read_root(root.body).version;
  if (options.json) {
    print_json(json::object{{"version", version}, {"root_version", root_version}});
    return;
  }
  std::cout << "devices with root metadata version " << root_version << " take trust payload "
            << version << '\n';
}

CLI::App* add_verb(CLI::App& group, const char* verb, const char* help,
                   void (*action)(const TrustOptions&), std::shared_ptr<TrustOptions> options) {
  CLI::App* command = group.add_subcommand(verb, help);
  command->callback([options, action] { action(*options); });
  return command;
}

}  // namespace

const SignedKind& trust_kind() {
  static const SignedKind kind{kTrustType, "otter keys trust sign",
                               [](const std::string& body) { read_trust(body); },
                               [](const SignedDocument&) { return std::string(); }};
  return kind;
}

void add_keys_trust(CLI::App& keys) {
  CLI::App* group = keys.add_subcommand("trust", "Trust payloads: TLS authorities and pins");
  group->require_subcommand(1);
  const auto options = std::make_shared<TrustOptions>();

  CLI::App* made = add_verb(*group, "make", "Make the body of a trust payload", make, options);
  made->add_option("--anchor", options->anchors, "An authority's certificate (PEM); up to 4")
      ->allow_extra_args(false)
      ->required();
  made->add_option("--pin-of", options->pinned,
                   "A certificate whose public key is pinned; up to 8. None: no pinning")
      ->allow_extra_args(false);
  made->add_option("--version", options->version, "Higher than that of the payload before")
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX))
      ->required();
  made->add_option("-o,--out", options->out, "The body's new file, *.json")->required();
  made->add_flag("--json", options->json, "Print JSON");
  made->footer(
      "Example: the authority changes, and for some time both hold\n"
      "  otter keys trust make --anchor old-ca.crt --anchor new-ca.crt --version 2 -o "
      "trust-2.json");

  add_sign_document(*group, trust_kind());

  CLI::App* shown = add_verb(*group, "show", "Show a trust payload", show, options);
  shown->add_option("file", options->file, "A body or a signed file")->required();
  shown->add_flag("--json", options->json, "Print JSON");

  CLI::App* verified =
      add_verb(*group, "verify", "Check a signed payload as a device does", verify, options);
  verified->add_option("file", options->file, "The signed file, *.otr")->required();
  verified->add_option("--root", options->root, "The root metadata that devices have")->required();
  verified->add_flag("--json", options->json, "Print JSON");
  verified->footer("Example: otter keys trust verify trust-2.otr --root root-3.otr");
}

}  // namespace otter::cli
