// The device's side of the conversation with its server: who it is, what it asks, what it reports.
// docs/spec/checkin.md. One caller at a time.
#pragma once

#include "ota/device_keys.h"

namespace otter {

constexpr size_t kRedirectsMax = 3;

// What a response's body is of a file: [begin, end) [bytes].
struct ImagePart {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// A file that can be fetched in parts.
struct RemoteFile {
  Digest sha256;
  uint32_t size_bytes = 0;
  Text target;  // a path on the update server; empty: the blob of that SHA-256
};

class ServerSession {
 public:
  ServerSession(const UpdaterConfig& config, const UpdaterPorts& ports)
      : config_(config), ports_(ports), keys_(config, ports) {}

  // Takes K_dev out of the settings, if it is there.
  //
  // Errors: settings_io, low_memory, too_large (the device's id)
  Error load_key();
  // True in the signed mode until there is a K_dev, and after the server refused the one there is.
  bool needs_enrolment() const;
  uint32_t key_epoch() const { return keys_.epoch(); }  // 0: no K_dev

  // Gets K_dev from the server and keeps it in the settings; the one before is kept until the
  // server has answered with the new one.
  //
  // Errors: those of exchange(); those of Json::parse; settings_io, malformed, out_of_range
  Error enrol(MutableBytes buffer);

  // Says how the device fares and what its application measures, asks what to do and verifies the
  // answer; its views point into `buffer`. `facts.nonce` is set. `root` null: the config's release
  // keys.
  //
  // REQUIRES: `*answer` is as it was made; no text of `facts` lies in `buffer`
  // Errors:   those of exchange() and verify_checkin() or parse_plain_release(); random_failed
  Error check_in(DeviceFacts facts, const RootMetadata* root, MutableBytes buffer,
                 CheckinAnswer* answer);
  // Verifies a release that check_in() has given, from its envelope on; `offered` is its digest.
  // The buffer must hold what it held then.
  //
  // Errors: those of verify_release()
  Error verify_again(const RootMetadata* root, const Digest& offered, Release* release);

  // Gets a public document that proves itself, without a key. `verify_peer` false: from whoever
  // answers.
  //
  // Errors: those of exchange()
  Result<Bytes> fetch_public(Text target, bool verify_peer, MutableBytes buffer);

  // Gets what has this SHA-256.
  //
  // Errors: those of exchange(); bad_hash, low_memory
  Result<Bytes> fetch_blob(const Digest& sha256, MutableBytes buffer);

  // Sends `body` to the update server with the device's key; the answer's body is in `buffer`.
  //
  // Errors: those of exchange()
  Result<Text> post(Text target, Text type, Bytes body, MutableBytes buffer);
  // Errors: those of exchange()
  Error report(Text json, MutableBytes buffer);

  // Opens the file from `offset` [bytes] on, at the update server or, if `mirror` is not empty, at
  // that origin: the config's `request_size_bytes` of it, or the rest. The part begins at `offset`,
  // or at 0 if the whole file is sent again.
  // At most kRedirectsMax redirects are followed; the device's key is sent to its own server alone.
  //
  // Errors: those of Http::open; unauthorized, not_found, server_busy, http_status; malformed (a
  //         range or length that was not asked for); redirected_too_often (or to no valid
  //         address); content_changed (another ETag than with the part before)
  Result<ImagePart> open_file(const RemoteFile& file, uint32_t offset, Text mirror);
  // The same of a release's image.
  Result<ImagePart> open_image(const Release& release, uint32_t offset, Text mirror);

  // What the server asked for with the last 429 or 503 [s]; 0: nothing.
  uint32_t retry_after_s() const { return retry_after_s_; }

 private:
  // `key` goes to the update server alone; empty: none is sent.
  Error exchange(HttpRequest& request, Text key, MutableBytes buffer, Text* body);
  Error open(HttpRequest& request, Text key, HttpResponse* response);
  Error open_following(HttpRequest& request, Text key, HttpResponse* response);
  Text api_key() const;
  void add_metrics(HttpRequest& request, MutableBytes buffer);
  ReleaseSigners signers(const RootMetadata* root) const;

  const UpdaterConfig& config_;
  const UpdaterPorts& ports_;
  DeviceKeys keys_;
  bool key_refused_ = false;  // since the last enrolment
  uint32_t retry_after_s_ = 0;
  Digest etag_file_;                  // the file that etag_ is of
  char etag_[kEtagSizeMax + 1] = {};  // as the last part of a file came with it
};

}  // namespace otter
