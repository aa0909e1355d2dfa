// What a peer's address says of it. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>

namespace otter::server {

// Who is likely to be one client: an IPv4 address, or the /64 of an IPv6 address, which is what one
// subscriber has at least. An IPv4 address is the same if it is written as IPv6. 0: no address.
//
// Source: RFC 4291 sections 2.5.4 and 2.5.5.2
uint64_t address_key(const std::string& address);

// True for an address of this machine that no other can use.
bool is_loopback(const std::string& address);

}  // namespace otter::server
