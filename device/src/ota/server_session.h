// The device's side of the conversation with its server: who it is, what it asks, what it reports.
// docs/spec/checkin.md. One caller at a time.
#pragma once

#include "ota/updater_config.h"

namespace otter {

constexpr size_t kRedirectsMax = 3;

class ServerSession {
 public:
  ServerSession(const UpdaterConfig& config, const UpdaterPorts& ports)
      : config_(config), ports_(ports) {}

  // Takes K_dev out of the settings, if it is there.
  //
  // Errors: settings_io, malformed (a key of another size), low_memory
  Error load_key();
  // True in the signed mode until there is a K_dev.
  bool needs_enrolment() const;

  // Gets K_dev from the server and keeps it in the settings.
  //
  // Errors: those of exchange(); those of Json::parse; settings_io, malformed
  Error enrol(MutableBytes buffer);

  // Asks what to do and verifies the answer; its views point into `buffer`. `facts.nonce` is set.
  //
  // Errors: those of exchange() and verify_checkin() or parse_plain_release(); random_failed
  Error check_in(DeviceFacts facts, MutableBytes buffer, CheckinAnswer* answer);

  // Errors: those of exchange()
  Error report(Text json, MutableBytes buffer);

  // Opens the image from `offset` [bytes] on, at the update server or, if `mirror` is not empty, at
  // that origin. Gives where the body begins: `offset`, or 0 if the whole file is sent again.
  // At most kRedirectsMax redirects are followed; the device's key is sent to its own server alone.
  //
  // Errors: those of Http::open; unauthorized, not_found, server_busy, http_status; malformed (a
  //         range or length that was not asked for); redirected_too_often (or to no valid
  //         address); content_changed (another ETag than with the part before)
  Result<uint32_t> open_image(const Release& release, uint32_t offset, Text mirror);

  // What the server asked for with the last 429 or 503 [s]; 0: nothing.
  uint32_t retry_after_s() const { return retry_after_s_; }

 private:
  Error exchange(HttpRequest& request, MutableBytes buffer, Text* body);
  Error open(HttpRequest& request, HttpResponse* response);
  Error open_following(HttpRequest& request, HttpResponse* response);
  Error derive_keys(Bytes device_key);
  Text api_key() const;

  const UpdaterConfig& config_;
  const UpdaterPorts& ports_;
  bool has_key_ = false;
  Digest mac_key_;
  char api_key_[64 + 1 + kDigestHexSize] = {};  // "<device id>.<hex>"
  size_t api_key_size_ = 0;
  uint32_t retry_after_s_ = 0;
  Digest etag_image_;                 // the image that etag_ is of
  char etag_[kEtagSizeMax + 1] = {};  // as the last part of an image came with it
};

}  // namespace otter
