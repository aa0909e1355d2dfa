// `otter keys root`: the chain of root metadata, docs/spec/root.md. Needs no server.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <sstream>

#include "cli/answer.h"
#include "cli/clock.h"
#include "cli/keys_verbs.h"
#include "cli/table.h"
#include "ota/wire/root.h"
#include "publish/root_builder.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

struct RootOptions {
  std::string from;
  std::string out;
  std::vector<std::string> files;
  std::vector<std::string> root_keys;
  std::vector<std::string> release_keys;
  std::vector<std::string> removed_roots;
  std::vector<std::string> removed_releases;
  std::vector<std::string> revoked_releases;
  int threshold = 0;
  int release_threshold = 0;
  bool raise_epoch = false;
  bool json = false;
};
// "rel.pem.pub:product=lamp,product=lock,channel=beta"
RootReleaseKey parse_release_key(const std::string& text) {
  RootReleaseKey key;
  const size_t rights = std::min(text.find(":product="), text.find(":channel="));
  key.point = read_public_point(text.substr(0, rights));
  if (rights == std::string::npos) return key;
  std::istringstream rest(text.substr(rights + 1));
  for (std::string right; std::getline(rest, right, ',');) {
    const size_t equals = right.find('=');
    const std::string name = right.substr(0, equals);
    const bool is_product = name == "product";
    if (equals == std::string::npos || (!is_product && name != "channel")) {
      throw std::runtime_error("'" + right + "' in '" + text +
                               "' is neither product=NAME nor channel=NAME");
    }
    (is_product ? key.products : key.channels).push_back(right.substr(equals + 1));
  }
  return key;
}

// A key's id, or the PEM file of it.
std::string id_of(const std::string& text) {
  uint8_t id[kKeyIdSize];
  if (hex_decode(text, id) != Error::ok) return key_id_of(read_public_point(text));
  std::string lower(2 * kKeyIdSize, '\0');
  hex_encode(id, lower.data());
  return lower;
}

void remove_root(RootDocument& root, const std::string& text) {
  const std::string id = id_of(text);
  const auto gone = std::remove_if(root.root_keys.begin(), root.root_keys.end(),
                                   [&](const PublicPoint& key) { return key_id_of(key) == id; });
  if (gone == root.root_keys.end()) {
    throw std::runtime_error("version " + std::to_string(root.version - 1) + " lists no root key " +
                             id + "; see `otter keys root show`");
  }
  root.root_keys.erase(gone, root.root_keys.end());
}

std::string remove_release(RootDocument& root, const std::string& text) {
  const std::string id = id_of(text);
  auto& keys = root.release_keys;
  const auto gone = std::remove_if(keys.begin(), keys.end(), [&](const RootReleaseKey& key) {
    return key_id_of(key.point) == id;
  });
  if (gone == keys.end()) {
    throw std::runtime_error("version " + std::to_string(root.version - 1) +
                             " lists no release key " + id + "; see `otter keys root show`");
  }
  keys.erase(gone, keys.end());
  return id;
}

void add_keys_of(RootDocument& root, const RootOptions& options) {
  for (const std::string& path : options.root_keys) {
    root.root_keys.push_back(read_public_point(path));
  }
  for (const std::string& text : options.release_keys) {
    root.release_keys.push_back(parse_release_key(text));
  }
  if (options.threshold != 0) root.root_threshold = options.threshold;
  if (options.release_threshold != 0) root.release_threshold = options.release_threshold;
}

// `next` is what a person does with it.
void write_body(const RootDocument& root, const RootOptions& options, const std::string& next) {
  const std::string& path = options.out;
  write_new_body(path, build_root(root));
  if (options.json) {
    return print_json({{"file", path}, {"version", root.version}, {"epoch", root.epoch}});
  }
  std::cout << path << ": root metadata version " << root.version << ", epoch " << root.epoch
            << ", not signed yet\nnext: otter keys root sign " << path << " --key ... -o root-"
            << root.version << ".otr, with " << next << '\n';
}

void init(const RootOptions& options) {
  RootDocument root;
  root.created_s = now_s();
  add_keys_of(root, options);
  write_body(root, options, std::to_string(root.root_threshold) + " of its root keys");
}

void next(const RootOptions& options) {
  const SignedDocument before = read_document(options.from, root_kind());
  RootDocument root = read_root(before.body);
  const int needed = root.root_threshold;
  ++root.version;
  root.created_s = now_s();
  if (options.raise_epoch) ++root.epoch;
  for (const std::string& text : options.removed_roots) remove_root(root, text);
  for (const std::string& text : options.removed_releases) remove_release(root, text);
  for (const std::string& text : options.revoked_releases) {
    root.revoked.push_back(remove_release(root, text));
  }
  add_keys_of(root, options);
  write_body(root, options,
             std::to_string(needed) + " root keys of version " + std::to_string(root.version - 1) +
                 " and " + std::to_string(root.root_threshold) + " of this one");
}

std::string rights_of(const RootReleaseKey& key) {
  const auto joined = [](const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ",") + name;
    return out.empty() ? "any" : out;
  };
  return "product " + joined(key.products) + ", channel " + joined(key.channels);
}

json::array array_of(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

json::object to_json(const SignedDocument& document, const RootDocument& root) {
  const SignerCount count = count_signers(document, root);
  json::array root_ids;
  for (const PublicPoint& key : root.root_keys) root_ids.emplace_back(key_id_of(key));
  json::array release;
  for (const RootReleaseKey& key : root.release_keys) {
    release.push_back(json::object{{"keyid", key_id_of(key.point)},
                                   {"products", array_of(key.products)},
                                   {"channels", array_of(key.channels)}});
  }
  return {{"version", root.version},
          {"epoch", root.epoch},
          {"created", root.created_s},
          {"root", json::object{{"threshold", root.root_threshold}, {"keys", root_ids}}},
          {"release", json::object{{"threshold", root.release_threshold}, {"keys", release}}},
          {"revoked", array_of(root.revoked)},
          {"signed_by", array_of(count.signers)},
          {"not_signed_by", array_of(count.missing)}};
}

void print(const SignedDocument& document, const RootDocument& root) {
  std::cout << "root metadata version " << root.version << ", epoch " << root.epoch << ", made "
            << format_time(root.created_s) << "\nroot keys, " << root.root_threshold << " of "
            << root.root_keys.size() << " needed\n";
  for (const PublicPoint& key : root.root_keys) {
    std::cout << "  " << key_id_of(key) << (is_signed_by(document, key) ? "  has signed" : "")
              << '\n';
  }
  std::cout << "release keys, " << root.release_threshold << " of " << root.release_keys.size()
            << " needed\n";
  for (const RootReleaseKey& key : root.release_keys) {
    std::cout << "  " << key_id_of(key.point) << "  " << rights_of(key) << '\n';
  }
  if (!root.revoked.empty()) std::cout << "revoked\n";
  for (const std::string& id : root.revoked) std::cout << "  " << id << '\n';
}

void show(const RootOptions& options) {
  const SignedDocument document = read_document(options.from, root_kind());
  const RootDocument root = read_root(document.body);
  if (options.json) {
    print_json(to_json(document, root));
  } else {
    print(document, root);
  }
}

// Signers that this version doesn't list: keys that retire, or a mistake.
std::string foreign_signers(const SignedDocument& document) {
  const RootDocument root = read_root(document.body);
  std::string notes;
  for (const EnvelopeSignature& signature : document.signatures) {
    const bool is_listed =
        std::any_of(root.root_keys.begin(), root.root_keys.end(),
                    [&](const PublicPoint& key) { return key_id_of(key) == signature.key_id; });
    if (is_listed) continue;
    notes += "note: " + signature.key_id + " is no root key of version " +
             std::to_string(root.version) + "; it counts only if the version before lists it\n";
  }
  return notes;
}

void require_holds(const LinkVerdict& verdict, const std::string& path) {
  if (!verdict.holds) throw std::runtime_error(path + ": " + verdict.reason);
}

void verify(const RootOptions& options) {
  std::vector<SignedDocument> chain;
  for (const std::string& path : options.files) {
    chain.push_back(read_document(path, root_kind()));
    const bool is_first = chain.size() == 1;
    require_holds(
        is_first ? judge_first(chain[0]) : judge_link(chain[chain.size() - 2], chain.back()), path);
  }
  const uint32_t first = read_root(chain.front().body).version;
  const RootDocument last = read_root(chain.back().body);
  if (options.json) {
    print_json(json::object{{"first", first}, {"last", last.version}, {"epoch", last.epoch}});
    return;
  }
  if (chain.size() == 1) {
    std::cout << "version " << first << " is signed by enough of its own root keys\n";
    return;
  }
  std::cout << "a device that trusts version " << first << " follows to version " << last.version
            << ", epoch " << last.epoch << '\n';
}

CLI::App* add_verb(CLI::App& group, const char* verb, const char* help,
                   void (*action)(const RootOptions&), std::shared_ptr<RootOptions>* options) {
  *options = std::make_shared<RootOptions>();
  CLI::App* command = group.add_subcommand(verb, help);
  command->callback([state = *options, action] { action(*state); });
  return command;
}

void add_thresholds(CLI::App& command, RootOptions& options) {
  command.add_option("--threshold", options.threshold, "How many root keys must sign")
      ->check(CLI::Range(size_t{1}, kRoleKeysMax));
  command
      .add_option("--release-threshold", options.release_threshold,
                  "How many release keys must sign a release")
      ->check(CLI::Range(size_t{1}, kRoleKeysMax));
  command.add_option("-o,--out", options.out, "The body's new file, *.json")->required();
  command.add_flag("--json", options.json, "Print JSON");
}

void add_root_init(CLI::App& group) {
  std::shared_ptr<RootOptions> options;
  CLI::App* command = add_verb(group, "init", "Make the body of version 1", init, &options);
  command->add_option("--root-key", options->root_keys, "A root key's PEM; may be repeated")
      ->allow_extra_args(false)
      ->required();
  command
      ->add_option("--release-key", options->release_keys,
                   "A release key's PEM and its rights; may be repeated")
      ->allow_extra_args(false)
      ->required();
  add_thresholds(*command, *options);
  command->get_option("--threshold")->required();
  options->release_threshold = 1;
  command->footer(
      "Example: two of three root keys, a release key for anything, one for beta releases of "
      "lamps\n"
      "  otter keys root init -o root-1.json --root-key a.pem.pub --root-key b.pem.pub \\\n"
      "    --root-key c.pem.pub --threshold 2 --release-key release-1.pem.pub \\\n"
      "    --release-key beta.pem.pub:product=lamp,channel=beta");
}

void add_next(CLI::App& group) {
  std::shared_ptr<RootOptions> options;
  CLI::App* command =
      add_verb(group, "next", "Make the body of the version that follows", next, &options);
  command->add_option("--from", options->from, "The version before, *.otr")->required();
  command->add_option("--add-root", options->root_keys, "A new root key's PEM")
      ->allow_extra_args(false);
  command->add_option("--remove-root", options->removed_roots, "A root key's PEM or id")
      ->allow_extra_args(false);
  command
      ->add_option("--add-release", options->release_keys,
                   "A new release key's PEM and its rights, as for init")
      ->allow_extra_args(false);
  command
      ->add_option("--remove-release", options->removed_releases,
                   "A release key's PEM or id that retires")
      ->allow_extra_args(false);
  command
      ->add_option("--revoke-release", options->revoked_releases,
                   "A release key's PEM or id that was stolen: remove and revoke it")
      ->allow_extra_args(false);
  command->add_flag("--raise-epoch", options->raise_epoch,
                    "Let release sequences begin anew: a stolen key may have signed a far-off one");
  add_thresholds(*command, *options);
  command->footer(
      "Example: a release key was stolen\n"
      "  otter keys root next --from root-1.otr --revoke-release release-1.pem.pub \\\n"
      "    --add-release release-3.pem.pub --raise-epoch -o root-2.json");
}

}  // namespace

const SignedKind& root_kind() {
  static const SignedKind kind{kRootType, "otter keys root sign",
                               [](const std::string& body) { read_root(body); }, foreign_signers};
  return kind;
}

std::string read_first_root(const std::string& path) {
  const SignedDocument root = read_document(path, root_kind());
  const LinkVerdict verdict = judge_first(root);
  if (!verdict.holds) throw std::runtime_error(path + ": " + verdict.reason);
  return root.body;
}

void add_keys_root(CLI::App& keys) {
  CLI::App* group = keys.add_subcommand("root", "Root metadata: which keys may sign what");
  group->require_subcommand(1);
  add_root_init(*group);
  add_next(*group);
  add_sign_document(*group, root_kind());

  std::shared_ptr<RootOptions> options;
  CLI::App* shown = add_verb(*group, "show", "Show one version and who signed it", show, &options);
  shown->add_option("file", options->from, "A body or a signed file")->required();
  shown->add_flag("--json", options->json, "Print JSON");

  CLI::App* verified =
      add_verb(*group, "verify", "Check a chain as a device does", verify, &options);
  verified->add_option("files", options->files, "The versions in ascending order, *.otr")
      ->required();
  verified->add_flag("--json", options->json, "Print JSON");
  verified->footer("Example: otter keys root verify root-1.otr root-2.otr root-3.otr");
}

}  // namespace otter::cli
