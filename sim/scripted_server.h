// An update server in memory, as good or as hostile as a test wants it: it signs, frames and serves
// as the real one does, mirrors included, and spoils on demand. A value: a copy goes on from where
// the original is, which is how a whole world is forked. One caller at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ota/http.h"
#include "ota/wire/device_facts.h"
#include "publish/envelope.h"
#include "sim/virtual_clock.h"

namespace otter::sim {

struct ServedRelease {
  std::vector<uint8_t> image;
  SignedManifest envelope;
  std::string version;
  uint64_t sequence = 0;
  uint32_t config_version = 0;  // of the configuration that comes with it; 0: none does
  std::string configuration = {};
};

// A patch that is offered to devices which run `from_version` (empty: any), beside each release.
struct ServedPatch {
  std::vector<uint8_t> bytes;
  std::string from_version;
};

// What goes wrong; by default nothing.
struct ServerFaults {
  Error connection = Error::ok;              // of every request
  uint16_t status = 0;                       // answered in place of the true one; 0: none
  uint32_t retry_after_s = 0;                // [s] goes with that status; 0: is not stated
  uint16_t report_status = 0;                // the same, of reports alone; 0: the true one
  uint16_t upload_status = 0;                // the same, of logs and core dumps alone
  bool offers_always = false;                // to devices that have gone further, too
  std::optional<uint64_t> drop_image_after;  // [bytes] of each image body
  std::optional<uint32_t> wrong_image_byte;  // [bytes from the image's start] is served flipped
  int wrong_image_times = 1;                 // so often
  std::function<void(std::vector<uint8_t>&)> image;  // changes the whole image
  std::function<void(std::vector<uint8_t>&)> patch;  // changes each patch that is served
  bool ignores_range = false;                        // answers 200 to everything
  int captured_times = 0;                            // what capture() took is offered so often
  std::vector<uint8_t> forged_link;  // a frame, served once in place of the last root metadata
  int strange_key_times = 0;         // enrolments that give a key which the server does not know
  std::function<void(std::string&)> statement;       // changes it before its MAC
  std::function<void(std::vector<uint8_t>&)> frame;  // changes the whole answer
};

// How a host that is not the update server serves the blobs.
enum class MirrorKind : uint8_t {
  good,
  garbage,  // other bytes, of the right size
  missing,  // 404
  slow,     // a byte a second
};

// What a TLS server shows, and what a device may trust: an anchor as in TlsTrust (base64; any
// that begins as a certificate does), a pin in hexadecimal.
struct TlsIdentity {
  std::string anchor = "MAEA";
  std::string pin;
};

struct ConnectOptions {
  TlsIdentity trust = {};         // with which the device was made
  VirtualClock* clock = nullptr;  // that a slow answer advances; it must outlive the connection
};

struct SeenRequest {
  std::string origin;  // empty: the update server
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;
  std::string body;
  bool verify_peer = true;
};

// What a device said of itself with a check-in, and what it proved it with.
struct SeenCheckin {
  uint64_t sequence = 0;
  uint32_t root_version = 0;
  uint32_t trust_version = 0;
  uint32_t config_version = 0;
  uint32_t config_failed = 0;
  uint32_t key_epoch = 0;
  DeviceHealth health = {};
  uint32_t patch_memory_bytes = 0;
};

// A connection remembers its server by address: copies of the server have no connections.
class ScriptedServer {
 public:
  // `master` is the fleet's secret [kDigestSize bytes].
  ScriptedServer(std::string product, Digest master);

  // Offers it from now on to every device whose sequence is lower, or is of an older root. The
  // images of earlier releases stay there. Its configuration is stated to devices that run it.
  void offer(ServedRelease release);
  // To devices that take patches at all, whatever memory they have.
  void add_patch(ServedPatch patch);
  // Keeps what somebody wants to bring back: for devices that go by the last root metadata.
  void capture(ServedRelease release);
  // The plain mode's shared secret; its manifest is served to requests without Otter's headers.
  void set_hmac_secret(std::string secret) { hmac_secret_ = std::move(secret); }
  // The product's key, needed for enrolment and in the plain mode; empty: any will do.
  void set_api_key(std::string key) { api_key_ = std::move(key); }
  // Begins an epoch of device keys; those of the one before are accepted, too.
  void set_key_epoch(uint32_t epoch) { key_epoch_ = epoch; }
  // Appends the next link of the chain, an envelope frame; the first is version 1.
  void add_root(std::vector<uint8_t> frame) { roots_.push_back(std::move(frame)); }
  void set_trust(uint32_t version, std::vector<uint8_t> frame);
  // `document` empty: only the version is stated.
  void configure(uint32_t version, const std::string& document);
  // Offers nothing to a device on which that configuration has not come to its end, good or bad.
  void hold_until_configured(uint32_t version) { held_until_ = version; }
  void add_mirror(const std::string& origin, MirrorKind kind) { mirrors_[origin] = kind; }

  std::unique_ptr<Http> connect(const ConnectOptions& options = ConnectOptions());

  ServerFaults faults;
  TlsIdentity identity;                               // of the update server
  std::string command;                                // in each statement; empty: none
  std::optional<SeenCheckin> last_checkin;            // of a device whose key is known
  std::vector<SeenRequest> requests;                  // in their order, those to mirrors included
  std::vector<std::string> reports;                   // bodies, in their order
  std::vector<std::string> logs;                      // that it was sent, in their order
  std::vector<std::string> dumps;                     // core dumps that are here as a whole
  uint64_t image_bytes_sent = 0;                      // by this server, mirrors not counted
  uint64_t patch_bytes_sent = 0;                      // the same of patches
  std::map<std::string, uint64_t> mirror_bytes_sent;  // by origin

 private:
  class Connection;
  using Blob = std::vector<uint8_t>;
  struct Answer {
    uint16_t status = 200;
    Blob body = {};
    uint64_t range_start = 0;
    uint32_t retry_after_s = 0;
    std::string etag = {};
    bool is_image = false;
    bool is_patch = false;
    bool is_slow = false;
  };
  struct OfferedRelease {
    ServedRelease release;
    std::string sha256;  // of the image, in hexadecimal
  };
  using Offered = std::shared_ptr<const OfferedRelease>;
  struct OfferedPatch {
    ServedPatch patch;
    Digest base_sha256;  // as its header says
  };
  struct DeviceKey {
    uint32_t epoch = 0;
    Digest secret;  // K_dev
  };

  Answer answer(const HttpRequest& request);
  Answer answer_mirror(MirrorKind kind, const HttpRequest& request);
  Answer get(const HttpRequest& request);
  Answer enrol(const HttpRequest& request);
  Answer post(const HttpRequest& request);
  Answer take_dump(const HttpRequest& request);
  Answer check_in(const HttpRequest& request);
  Answer plain_manifest() const;
  Answer blob(const HttpRequest& request);
  Answer public_document(const std::string& target);
  Offered keep(ServedRelease release);
  Offered offer_for(const DeviceFacts& facts);
  std::string statement(const DeviceFacts& facts, const Offered& offer) const;
  std::string patch_for(const DeviceFacts& facts) const;
  std::optional<Answer> file(const std::string& digest) const;
  std::string configuration_for(const DeviceFacts& facts) const;
  std::optional<DeviceKey> key_of(const std::string& device, Text api_key) const;
  bool is_product_key(Text key) const { return api_key_.empty() || key == Text(api_key_); }
  static Answer document(const Blob& bytes);
  static Answer part_of(const Answer& whole, const HttpRequest& request);

  std::string product_;
  Digest master_;
  std::string hmac_secret_;
  std::string api_key_;
  uint32_t key_epoch_ = 1;
  // Never changed once it is there, so that a copy of the server can share it.
  Offered offered_;
  Offered captured_;
  std::map<std::string, Offered> images_;                               // by SHA-256
  std::map<std::string, std::shared_ptr<const OfferedPatch>> patches_;  // the same
  std::vector<Blob> roots_;
  uint32_t trust_version_ = 0;
  Blob trust_;
  uint32_t config_version_ = 0;
  std::string config_;
  uint32_t held_until_ = 0;
  std::string arriving_;       // SHA-256 of the dump that is on its way
  std::string arrived_bytes_;  // what is here of it
  std::map<std::string, MirrorKind> mirrors_;
};

}  // namespace otter::sim
