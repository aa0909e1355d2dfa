// Certificate, key and rules of the server's TLS: versions 1.2 and 1.3, forward-secret ciphers with
// authentication, stateless session tickets, no renegotiation. The files can be read anew while
// connections are open. Any thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "publish/c_deleter.h"
#include "server/tls_settings.h"
#include "server/tls_tickets.h"

namespace otter::server {

using TlsSession = std::unique_ptr<SSL, CDeleter<SSL_free>>;

class TlsContext {
 public:
  // Errors: throws std::runtime_error: a file that can't be read, is not PEM, a key that does not
  //         belong to the certificate
  explicit TlsContext(TlsSettings settings);

  // Takes what the files hold now, for connections that come from now on. Tickets stay good, but
  // for those of clients with certificates: their authority may be another one.
  //
  // Errors: as the constructor; then all stays as it was
  void reload();
  // Begins with a new key for tickets: tls_tickets.h.
  void rotate_ticket_keys() { tickets_.rotate(); }

  // For one connection. nullptr: no memory.
  TlsSession new_session() const;
  // When the certificate ends [s since 1970-01-01 UTC].
  int64_t expires_s() const;

 private:
  using Context = std::shared_ptr<SSL_CTX>;
  Context make() const;
  Context current() const;

  const TlsSettings settings_;
  mutable TicketKeys tickets_;
  mutable std::mutex mutex_;
  Context context_;
};

// The names in the certificate that the client has shown and the server verified: the subject's
// common name and the DNS names. Empty: it has shown none.
std::vector<std::string> client_names(const SSL* ssl);

}  // namespace otter::server
