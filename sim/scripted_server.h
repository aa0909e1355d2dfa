// An update server in memory, as good or as hostile as a test wants it: it signs, frames and serves
// as the real one does, and spoils on demand. One caller at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ota/http.h"
#include "publish/envelope.h"
#include "publish/host_crypto.h"

namespace otter::sim {

struct ServedRelease {
  std::vector<uint8_t> image;
  SignedManifest envelope;
  std::string version;
  uint64_t sequence = 0;
};

// What goes wrong; by default nothing.
struct ServerFaults {
  Error connection = Error::ok;                 // of every request
  uint16_t status = 0;                          // answered in place of the true one; 0: none
  std::optional<uint64_t> drop_image_after;     // [bytes] of each image body
  std::optional<uint32_t> wrong_image_byte;     // [bytes from the image's start] is served flipped
  int wrong_image_times = 1;                    // so often
  bool ignores_range = false;                   // answers 200 to everything
  std::function<void(std::string&)> statement;  // changes it before its MAC
  std::function<void(std::vector<uint8_t>&)> frame;  // changes the whole answer
};

class ScriptedServer {
 public:
  // `master` is the fleet's secret [kDigestSize bytes].
  ScriptedServer(std::string product, Digest master);

  // Offers it from now on to every device whose sequence is lower.
  void offer(ServedRelease release) { release_ = std::move(release); }
  // The plain mode's shared secret; its manifest is served to requests without Otter's headers.
  void set_hmac_secret(std::string secret) { hmac_secret_ = std::move(secret); }

  std::unique_ptr<Http> connect();

  ServerFaults faults;
  std::vector<std::string> reports;  // bodies, in their order
  uint64_t image_bytes_sent = 0;

 private:
  class Connection;
  struct Answer {
    uint16_t status = 200;
    std::vector<uint8_t> body;
    uint64_t range_start = 0;
    bool is_image = false;
  };
  Answer answer(const HttpRequest& request);
  Answer enrol(const HttpRequest& request);
  Answer check_in(Text facts_header);
  Answer plain_manifest();
  Answer image(Text range);

  std::string product_;
  Digest master_;
  std::string hmac_secret_;
  std::optional<ServedRelease> release_;
  HostCrypto crypto_;
};

}  // namespace otter::sim
