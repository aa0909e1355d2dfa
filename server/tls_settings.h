// What the server's TLS goes by. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>

namespace otter::server {

struct TlsSettings {
  std::string certificate_file;  // PEM, the chain's leaf first
  std::string key_file;          // PEM
  // The authority of clients' certificates, PEM. Empty: none is asked for. A client may show none,
  // but not one of another authority.
  std::string client_ca_file;
  uint32_t record_bytes_max = 16 * 1024;  // [bytes] 512 to 16 KiB of plaintext in a record
  // How long a ticket may be good [s]; in fact until its key is rotated out.
  uint32_t ticket_life_s = 24 * 3600;
};

}  // namespace otter::server
