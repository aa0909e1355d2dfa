#include "server/password.h"

#include <argon2.h>

#include "server/problem.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

// Nobody's: salt and hash are zeros.
constexpr char kNobodysHash[] =
    "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

[[noreturn]] void fail(int result) {
  throw std::runtime_error(std::string("can't hash a password: ") + argon2_error_message(result));
}

}  // namespace

std::string hash_password(const std::string& password, Crypto& crypto) {
  const std::string salt = random_bytes(crypto, kPasswordSaltSize);
  std::string text(argon2_encodedlen(kPasswordPasses, kPasswordMemoryKib, kPasswordLanes,
                                     kPasswordSaltSize, kPasswordHashSize, Argon2_id),
                   '\0');
  const int result = argon2id_hash_encoded(
      kPasswordPasses, kPasswordMemoryKib, kPasswordLanes, password.data(), password.size(),
      salt.data(), salt.size(), kPasswordHashSize, text.data(), text.size());
  if (result != ARGON2_OK) fail(result);
  text.resize(text.find('\0'));
  return text;
}

bool is_password(const std::string& password, const std::string& hash) {
  const char* const checked = hash.empty() ? kNobodysHash : hash.c_str();
  const int result = argon2id_verify(checked, password.data(), password.size());
  if (result != ARGON2_OK && result != ARGON2_VERIFY_MISMATCH) fail(result);
  return result == ARGON2_OK && !hash.empty();
}

PasswordPlaces::Place::Place(PasswordPlaces& places) : places_(places) {
  if (++places_.taken_ <= kPasswordsAtOnce) return;
  --places_.taken_;
  throw HttpError(Problem::too_many_requests, "others sign in just now; try again",
                  {{"Retry-After", "1"}});
}

}  // namespace otter::server
