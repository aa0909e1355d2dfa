#include "server/audit.h"

#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr std::string_view kHashMember = ",\"hash\":\"";
constexpr std::string_view kEnd = "\"}";
constexpr size_t kTailSize = kHashMember.size() + kDigestHexSize + kEnd.size();  // [bytes]

[[noreturn]] void refuse(const AuditHead& head, const std::string& reason) {
  throw AuditError("behind entry " + std::to_string(head.number) + ": " + reason);
}

Digest hash_of(std::string_view bytes, Crypto& crypto) {
  return require(sha256(crypto, as_bytes(std::string(bytes))), "can't hash an audit entry");
}

// What an entry's hash is over: the line up to its last member.
std::string_view hashed_part(std::string_view line) {
  return line.substr(0, line.size() - kTailSize);
}

// The hash that the line states. Errors: AuditError
Digest stated_hash(const AuditHead& head, std::string_view line) {
  if (line.size() <= kTailSize) refuse(head, "the line is cut off, or no audit entry");
  const std::string_view tail = line.substr(line.size() - kTailSize);
  const Result<Digest> hash =
      digest_from_hex(std::string(tail.substr(kHashMember.size(), kDigestHexSize)));
  if (!tail.starts_with(kHashMember) || !tail.ends_with(kEnd) || !hash.ok()) {
    refuse(head, "the line is cut off, or no audit entry");
  }
  return hash.value;
}

boost::json::object members_of(const AuditHead& head, std::string_view line) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(line, error);
  if (error || !value.is_object()) refuse(head, "the line is no JSON object");
  return std::move(value.as_object());
}

bool states(const boost::json::object& entry, const char* name, const boost::json::value& value) {
  const boost::json::value* member = entry.if_contains(name);
  return member != nullptr && *member == value;
}

std::string hex_of(const Digest& digest) { return to_hex(digest).characters; }

}  // namespace

AuditEntry next_entry(const AuditHead& head, const AuditFacts& facts, const AuditedChange& change,
                      Crypto& crypto) {
  AuditEntry entry;
  entry.number = head.number + 1;
  std::string text = boost::json::serialize(boost::json::object{{"number", entry.number},
                                                                {"previous", hex_of(head.hash)},
                                                                {"time", facts.time_s},
                                                                {"account", facts.account},
                                                                {"token", facts.token},
                                                                {"remote", facts.remote},
                                                                {"action", change.action},
                                                                {"subject", change.subject},
                                                                {"before", change.before},
                                                                {"after", change.after}});
  text.pop_back();  // the object goes on
  entry.hash = hash_of(text, crypto);
  entry.line = text + std::string(kHashMember) + hex_of(entry.hash) + std::string(kEnd);
  return entry;
}

AuditHead follow(const AuditHead& head, std::string_view line, Crypto& crypto) {
  const Digest hash = stated_hash(head, line);
  if (hash != hash_of(hashed_part(line), crypto)) {
    refuse(head, "the entry was changed: its bytes have another hash");
  }
  const boost::json::object entry = members_of(head, line);
  if (!states(entry, "number", head.number + 1)) {
    refuse(head, "the next entry has another number: some are missing, or in another order");
  }
  if (!states(entry, "previous", boost::json::value(hex_of(head.hash)))) {
    refuse(head, "the next entry belongs to another log: it names another hash before it");
  }
  return {head.number + 1, hash};
}

AuditHead audit_head(Store& store) {
  const std::vector<AuditEntry> last = store.audit_entries({.count_max = 1, .newest_first = true});
  return last.empty() ? AuditHead() : AuditHead{last.front().number, last.front().hash};
}

void record(Store& store, const AuditFacts& facts, const AuditedChange& change, Crypto& crypto) {
  store.atomically([&] {
    const AuditEntry entry = next_entry(audit_head(store), facts, change, crypto);
    if (!store.add_audit_entry(entry)) throw StoreError("the audit log has been overtaken");
  });
}

}  // namespace otter::server
