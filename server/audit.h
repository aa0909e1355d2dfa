// The audit log: every change by whom, when, from where and what, each entry bound to the one
// before by its hash, so that nobody can change, remove or reorder one unseen. docs/spec/audit.md.
// Pure but for record(); any thread.
#pragma once

#include <boost/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ota/wire/crypto.h"
#include "server/store.h"

namespace otter::server {

// What is changed. Neither `before` nor `after` ever holds a secret.
struct AuditedChange {
  std::string action;  // "Product added", as in the log
  std::string subject;
  boost::json::value before = nullptr;
  boost::json::value after = nullptr;
};

// By whom, when and from where.
struct AuditFacts {
  int64_t time_s = 0;        // [s since 1970-01-01 UTC]
  std::string account = {};  // empty: whoever may write in the data folder
  std::string token = {};    // the id of what acted for the account
  std::string remote = {};   // the peer's address; empty: this machine
};

// The last entry of a chain; that of an empty one has the number 0 and a hash of zeros.
struct AuditHead {
  uint64_t number = 0;
  Digest hash;
};

// The entry that follows `head`.
//
// Errors: std::runtime_error (no memory)
AuditEntry next_entry(const AuditHead& head, const AuditFacts& facts, const AuditedChange& change,
                      Crypto& crypto);

// Why a line is not the next entry of a chain: one clear line.
struct AuditError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The chain's last entry after one line more, which has no newline.
//
// Errors: AuditError (no entry, changed, not the one that follows)
AuditHead follow(const AuditHead& head, std::string_view line, Crypto& crypto);

// The log's last entry. Errors: StoreError
AuditHead audit_head(Store& store);

// Adds an entry to the log; in Store::atomically() with the change, both are durable or neither.
//
// Errors: StoreError, std::runtime_error
void record(Store& store, const AuditFacts& facts, const AuditedChange& change, Crypto& crypto);

}  // namespace otter::server
