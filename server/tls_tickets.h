// The keys under which session tickets are sealed. Two hold: the current one and the one before. So
// a ticket is good for at least one and at most two spans between rotations, and who steals the
// keys can read the connections of that time alone. Any thread.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <mutex>

namespace otter::server {

class TicketKeys {
 public:
  // Errors: std::runtime_error (no random numbers)
  TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;
  // Overwrites the keys.
  ~TicketKeys();

  // Begins with a new key; the current one becomes the one before. Errors: as above
  void rotate();

  // Lets a context seal its tickets with these keys, which must outlive it and its connections.
  void serve(SSL_CTX* context);

 private:
  struct Key {
    std::array<uint8_t, 16> name;
    std::array<uint8_t, 32> cipher;  // AES-256-CBC
    std::array<uint8_t, 32> mac;     // HMAC-SHA256
  };

  static Key make_key();
  static TicketKeys& of(SSL* ssl);
  int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  int open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
           EVP_MAC_CTX* mac);

  std::mutex mutex_;
  Key current_;
  Key previous_;
};

}  // namespace otter::server
