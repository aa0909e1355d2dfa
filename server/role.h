// What an account may do: four roles, each may what the one before may. docs/spec/accounts.md.
// Constant, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace otter::server {

// What a route asks of who calls it; the Router sees to it before the handler runs.
enum class Right : uint8_t {
  none,        // public: what the answer says is signed
  key,         // a product's or a device's X-API-Key; the rest are an operator's
  view,        // read
  operate,     // steer what is published
  publish,     // add firmware and configurations
  administer,  // products, keys, accounts
};

// The last right of each is what it may at most. `operator` is a word of the language.
enum class Role : uint8_t { viewer, operator_, publisher, admin };

// False for rights that are not an operator's.
bool allows(Role role, Right right);

// As it is spelled everywhere: "operator".
const char* name(Role role);
std::optional<Role> role_of_name(std::string_view name);

}  // namespace otter::server
