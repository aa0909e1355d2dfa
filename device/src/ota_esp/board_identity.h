// Who this board is and whom it trusts, from what the application says and what NVS holds: NVS
// wins. Texts are copied or the application's own. One caller at a time.
#pragma once

#include "ota_esp/esp_http.h"
#include "ota_esp/nvs_settings.h"
#include "ota_esp/ota_config.h"

namespace otter {

class BoardIdentity {
 public:
  // All of them must outlive it.
  BoardIdentity(const OtaConfig& given, NvsSettings& settings, Crypto& crypto, Board& board)
      : given_(given), settings_(settings), crypto_(crypto), board_(board) {}
  ~BoardIdentity();
  BoardIdentity(const BoardIdentity&) = delete;
  BoardIdentity& operator=(const BoardIdentity&) = delete;

  // Fills the identity's part of `config`, whose texts are then this object's, and sets up `http`.
  // What is missing is said in the log, with what to do about it.
  //
  // Errors: missing_field, malformed (a key or certificate can't be read), too_large (a value in
  //         NVS), low_memory, settings_io
  Error load(UpdaterConfig* config, EspHttp* http);

 private:
  Error load_texts(UpdaterConfig* config);
  Error load_signers(UpdaterConfig* config);
  Error load_release_keys(UpdaterConfig* config);
  Error load_server(EspHttp* http);
  Error load_authority(EspHttp* http);
  Error missing(const char* what, const char* how);

  static constexpr size_t kIdSizeMax = 64;       // [characters] docs/spec/version.md
  static constexpr size_t kHostSizeMax = 64;     // [characters] of what NVS may hold
  static constexpr size_t kSecretSizeMax = 128;  // [characters] API key, HMAC secret

  const OtaConfig& given_;
  NvsSettings& settings_;
  Crypto& crypto_;
  Board& board_;
  char device_id_[kIdSizeMax + 1] = {};
  char product_[kIdSizeMax + 1] = {};
  char host_[kHostSizeMax + 1] = {};
  char api_key_[kSecretSizeMax + 1] = {};
  char hmac_secret_[kSecretSizeMax + 1] = {};
  uint8_t* root_ = nullptr;  // of NVS, on the heap
  ReleaseKey release_keys_[2] = {};
};

}  // namespace otter
