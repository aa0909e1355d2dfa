// The product that a call names. Any thread.
#pragma once

#include <string>

#include "server/call.h"

namespace otter::server {

// Errors: HttpError not_found (there is no such product); StoreError
Product known_product(const Call& call, const std::string& name);

}  // namespace otter::server
