// Passwords as the server keeps them: Argon2id (RFC 9106) in its usual text form, with the cost and
// the salt in it, so that a later version can ask for more. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "ota/wire/crypto.h"

namespace otter::server {

// Source: RFC 9106 section 4, the second recommended option
constexpr uint32_t kPasswordMemoryKib = 64 * 1024;  // [KiB] while one is hashed or checked
constexpr uint32_t kPasswordPasses = 3;
constexpr uint32_t kPasswordLanes = 4;
constexpr uint32_t kPasswordSaltSize = 16;  // [bytes]
constexpr uint32_t kPasswordHashSize = 32;  // [bytes]

// Source: NIST SP 800-63B-4 section 3.1.1.2, for a password that is the only factor
constexpr size_t kPasswordSizeMin = 15;   // [bytes]
constexpr size_t kPasswordSizeMax = 256;  // [bytes]

// Passwords that are hashed or checked at the same time; each takes kPasswordMemoryKib.
constexpr unsigned kPasswordsAtOnce = 2;

// "$argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>" with a new salt.
//
// Errors: std::runtime_error (no random numbers, no memory)
// Cost:   kPasswordMemoryKib; about a tenth of a second of a core
std::string hash_password(const std::string& password, Crypto& crypto);

// True if the hash is this password's; an empty hash is nobody's, and takes as long to check.
//
// Errors: std::runtime_error (no memory, a stored hash that is none)
// Cost:   as hash_password()
bool is_password(const std::string& password, const std::string& hash);

// Bounds the memory that passwords take.
class PasswordPlaces {
 public:
  // One of kPasswordsAtOnce places, until it goes out of scope.
  class Place {
   public:
    // Errors: HttpError too_many_requests: all are taken
    explicit Place(PasswordPlaces& places);
    ~Place() { --places_.taken_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    PasswordPlaces& places_;
  };

 private:
  std::atomic<unsigned> taken_ = 0;
};

}  // namespace otter::server
