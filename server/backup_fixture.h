// The vocabulary of the tests of backup, restore and fsck: a whole data folder with a product and a
// release. For tests only.
#pragma once

#include "server/backup.h"
#include "server/blobs.h"
#include "server/store_fixture.h"

namespace otter::server {

class FilledFolder {
 public:
  FilledFolder() {
    InitRequest init;
    init.folder = folder.file("first");
    init.product = "lamp";
    made = make_data_folder(init, kNow);
    add_release("1.0.0", 1);
  }

  // With its image, which is the text "image VERSION".
  Release add_release(const std::string& version, uint64_t sequence) {
    HostCrypto crypto;
    const std::string image = "image " + version;
    Release release = release_of(version, sequence);
    release.size_bytes = static_cast<uint32_t>(image.size());
    Blobs(made.data.blobs()).put(release.image_sha256, as_bytes(image), crypto);
    open_sqlite_store(made.data.database())->add_release(release);
    return release;
  }
  std::string blob(const std::string& version) const {
    return Blobs(made.data.blobs()).path(release_of(version, 1).image_sha256);
  }

  TemporaryFolder folder;
  InitResult made;
};

}  // namespace otter::server
