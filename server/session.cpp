#include "server/session.h"

#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr char kSessionPrefix[] = "ots_";
constexpr size_t kSessionsMax = 20;  // of one account; the oldest ends

}  // namespace

NewSession new_session(const Call& call, const Account& owner) {
  NewSession session;
  session.secret = make_secret(call.crypto, kSessionPrefix);
  session.token.hash = hash_secret(call.crypto, session.secret);
  session.token.id = token_id_of(session.token.hash);
  session.token.kind = TokenKind::session;
  session.token.account = owner.name;
  session.token.role = owner.role;
  session.token.created_s = call.now_s;
  session.token.expires_s = call.now_s + call.backend.settings.session_max_s;
  session.token.used_s = call.now_s;
  return session;
}

void keep_session(const Call& call, const Token& session) {
  Store& store = call.backend.store;
  std::vector<Token> sessions = store.tokens({.account = session.account});
  std::erase_if(sessions, [](const Token& token) { return token.kind != TokenKind::session; });
  for (size_t i = 0; i < sessions.size(); ++i) {
    const bool is_over = call.now_s >= sessions[i].expires_s;
    if (is_over || i + kSessionsMax <= sessions.size()) store.remove_token(sessions[i].id);
  }
  store.put_token(session);
}

// Source: RFC 6265 section 4.1, draft-ietf-httpbis-rfc6265bis section 4.1.2.7 (SameSite)
std::pair<std::string, std::string> set_cookie(const Cookie& cookie) {
  return {"Set-Cookie", std::string(cookie.name) + "=" + cookie.value +
                            "; Path=/; Secure; HttpOnly; SameSite=" + cookie.same_site +
                            "; Max-Age=" + std::to_string(cookie.age_s)};
}

}  // namespace otter::server
