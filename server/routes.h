// Every path that the server knows: its method, who may use it, what answers, how large a body.
// Constant, any thread.
#pragma once

#include <span>

#include "server/call.h"
#include "server/role.h"

namespace otter::server {

// Where a request says which product it is about: a token for one product reaches that one alone.
enum class Scope : uint8_t {
  server,   // nowhere, it is about all: such a token is refused
  product,  // in the third segment of the path: /api/v1/products/<name>, /api/v1/releases/<product>
  device,   // by the device in that place
  list,     // ?product=, which such a token states even if it doesn't
  body,     // in what it carries: the handler asks require_product()
  content,  // nowhere: it is about bytes by their hash, public keys, or who asks
};

// What a change by an operator is written down as, beside what its handler does.
enum class Audit : uint8_t {
  entry,  // an entry of the audit log, durable together with the change
  none,   // it changes nothing that anybody would notice, or writes its entries itself
};

struct Route {
  const char* method;
  const char* pattern;  // "*" stands for one segment
  Right right;
  Response (*handler)(const Call& call);
  size_t body_size_max;  // [bytes]
  Scope scope = Scope::server;
  Audit audit = Audit::entry;
};

// The first pattern that matches a path is the path's; its methods are all that it has.
std::span<const Route> routes();

constexpr size_t kDocumentBodyMax = 64 * 1024;  // [bytes] of the admin API

}  // namespace otter::server
