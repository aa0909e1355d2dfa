#include "server/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace otter::server {
namespace {

// What SSL_CTX_set_tlsext_ticket_key_evp_cb(3) understands.
constexpr int kFailed = -1;
constexpr int kUnknownKey = 0;  // a full handshake follows
constexpr int kDone = 1;
constexpr int kRenew = 2;  // opened, and a new ticket is due

// Of the context: where its TicketKeys are.
int ticket_keys_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

bool set_mac_key(EVP_MAC_CTX* mac, std::array<uint8_t, 32>& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace

TicketKeys::Key TicketKeys::make_key() {
  Key key;
  if (RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) != 1 ||
      RAND_priv_bytes(key.cipher.data(), static_cast<int>(key.cipher.size())) != 1 ||
      RAND_priv_bytes(key.mac.data(), static_cast<int>(key.mac.size())) != 1) {
    throw std::runtime_error("cannot make a key for TLS tickets: no random numbers");
  }
  return key;
}

TicketKeys::TicketKeys() : current_(make_key()), previous_(make_key()) {}

TicketKeys::~TicketKeys() {
  OPENSSL_cleanse(&current_, sizeof current_);
  OPENSSL_cleanse(&previous_, sizeof previous_);
}

void TicketKeys::rotate() {
  const Key next = make_key();
  const std::lock_guard lock(mutex_);
  previous_ = current_;
  current_ = next;
}

TicketKeys& TicketKeys::of(SSL* ssl) {
  return *static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ticket_keys_index()));
}

void TicketKeys::serve(SSL_CTX* context) {
  const auto seal_or_open = [](SSL* ssl, unsigned char* name, unsigned char* iv,
                               EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int seals) {
    if (seals == 1) return of(ssl).seal(name, iv, cipher, mac);
    const int opened = of(ssl).open(name, iv, cipher, mac);
    // A ticket of TLS 1.3 is good for one connection (RFC 8446, appendix C.4): with kDone the
    // client would have none for its next.
    return opened == kDone && SSL_version(ssl) == TLS1_3_VERSION ? kRenew : opened;
  };
  if (SSL_CTX_set_ex_data(context, ticket_keys_index(), this) != 1 ||
      SSL_CTX_set_tlsext_ticket_key_evp_cb(context, seal_or_open) != 1) {
    throw std::runtime_error("cannot start TLS: no memory for ticket keys");
  }
}

int TicketKeys::seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac) {
  const std::lock_guard lock(mutex_);
  const EVP_CIPHER* const kind = EVP_aes_256_cbc();
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(kind)) != 1 ||
      EVP_EncryptInit_ex(cipher, kind, nullptr, current_.cipher.data(), iv) != 1 ||
      !set_mac_key(mac, current_.mac)) {
    return kFailed;
  }
  std::copy(current_.name.begin(), current_.name.end(), name);
  return kDone;
}

int TicketKeys::open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac) {
  const std::lock_guard lock(mutex_);
  const bool is_current = std::equal(current_.name.begin(), current_.name.end(), name);
  const bool is_previous = std::equal(previous_.name.begin(), previous_.name.end(), name);
  if (!is_current && !is_previous) return kUnknownKey;
  Key& key = is_current ? current_ : previous_;
  if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) != 1 ||
      !set_mac_key(mac, key.mac)) {
    return kFailed;
  }
  return is_current ? kDone : kRenew;
}

}  // namespace otter::server
