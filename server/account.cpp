#include "server/account.h"

namespace otter::server {

constexpr size_t kTokenIdSize = 12;  // [characters]

const char* name(TokenKind kind) { return kind == TokenKind::token ? "token" : "session"; }

std::string token_id_of(const Digest& hash) { return {to_hex(hash).characters, kTokenIdSize}; }

}  // namespace otter::server
