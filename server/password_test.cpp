#include "server/password.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::StartsWith;

TEST(Password, FitsItsHashAndNoOther) {
  HostCrypto crypto;
  const std::string hash = hash_password("correct horse battery", crypto);
  EXPECT_TRUE(is_password("correct horse battery", hash));
  EXPECT_FALSE(is_password("correct horse batterz", hash));
  EXPECT_FALSE(is_password("", hash));
}

TEST(Password, KeepsCostAndSaltInTheHash) {
  HostCrypto crypto;
  const std::string hash = hash_password("correct horse battery", crypto);
  EXPECT_THAT(hash, StartsWith("$argon2id$v=19$m=65536,t=3,p=4$"));
  EXPECT_NE(hash_password("correct horse battery", crypto), hash);
}

// The reference implementation's own: `echo -n password | argon2 somesalt -id -t 2 -m 8 -p 1`.
TEST(Password, ReadsAHashOfAnotherCost) {
  const std::string hash =
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$"
      "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  EXPECT_TRUE(is_password("password", hash));
  EXPECT_FALSE(is_password("passwore", hash));
}

TEST(Password, BelongsToNobodyWithoutAHash) {
  EXPECT_FALSE(is_password("correct horse battery", ""));
  EXPECT_FALSE(is_password("", ""));
}

TEST(Password, RefusesAHashThatIsNone) {
  EXPECT_THROW(is_password("x", "$argon2id$x"), std::runtime_error);
}

TEST(PasswordPlaces, AreSoManyAndNoMore) {
  PasswordPlaces places;
  const auto refused = [&] {
    try {
      const PasswordPlaces::Place place(places);
      return false;
    } catch (const HttpError& error) {
      return error.code == "too_many_requests" && !error.headers.empty();
    }
  };
  const PasswordPlaces::Place first(places);
  EXPECT_FALSE(refused());
  const PasswordPlaces::Place second(places);
  EXPECT_TRUE(refused());
  EXPECT_TRUE(refused());
}

}  // namespace
}  // namespace otter::server
