// The fleet's master secrets, one an epoch, in the data folder. The newest epoch makes device keys;
// keys of the epoch before are good as well, so that each device has time to fetch its new one.
// docs/spec/device-keys.md. Any thread.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <optional>

#include "ota/wire/crypto.h"
#include "server/data_folder.h"

namespace otter::server {

constexpr size_t kMasterKeySize = 32;  // [bytes]
constexpr uint32_t kFirstEpoch = 1;
constexpr uint32_t kEpochMax = 1'000'000;

struct MasterKey {
  uint32_t epoch = kFirstEpoch;
  std::array<uint8_t, kMasterKeySize> secret{};
};

// Those whose device keys are accepted.
struct MasterEpochs {
  MasterKey current;
  std::optional<MasterKey> previous;  // none in the first epoch
};

class MasterKeys {
 public:
  // Reads the files: `master.key` is the first epoch's, `master-2.key` the second's.
  //
  // Errors: DataFolderError (there is none, unreadable, not 32 bytes)
  explicit MasterKeys(const DataFolder& data);

  MasterEpochs epochs() const;

  // Begins epoch `next` with a new secret and deletes those older than the one before. False, and
  // nothing is changed, if `next` does not follow the current epoch: a request that is sent twice
  // must not shut out the devices twice. Calls `note` when the secret is on disk and the epoch has
  // still to begin; if that throws, it doesn't.
  //
  // Errors: std::runtime_error (no random numbers, the folder can't be written); what `note` throws
  // Power:  a cut leaves the old epoch or the new one, perhaps with a file that is not read. A cut
  //         right after `note` leaves what that has noted, and the old epoch
  bool rotate(Crypto& crypto, uint32_t next, const std::function<void()>& note = [] {});

 private:
  DataFolder data_;
  std::mutex rotating_;  // is taken before lock_, and held while `note` may wait for the store
  mutable std::mutex lock_;
  MasterEpochs epochs_;
};

}  // namespace otter::server
