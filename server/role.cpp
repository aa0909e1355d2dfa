#include "server/role.h"

namespace otter::server {
namespace {

struct RoleRow {
  Role role;
  const char* name;
  Right right_max;
};

constexpr RoleRow kRoles[] = {{Role::viewer, "viewer", Right::view},
                              {Role::operator_, "operator", Right::operate},
                              {Role::publisher, "publisher", Right::publish},
                              {Role::admin, "admin", Right::administer}};

const RoleRow& row_of(Role role) { return kRoles[static_cast<uint8_t>(role)]; }

}  // namespace

bool allows(Role role, Right right) {
  return right >= Right::view && right <= row_of(role).right_max;
}

const char* name(Role role) { return row_of(role).name; }

std::optional<Role> role_of_name(std::string_view name) {
  for (const RoleRow& row : kRoles) {
    if (name == row.name) return row.role;
  }
  return std::nullopt;
}

}  // namespace otter::server
