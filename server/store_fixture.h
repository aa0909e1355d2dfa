// The vocabulary of what every Store must do, whatever its database: a new one is a row in kStores
// of store_conformance_test.cpp. For tests only.
#pragma once

#include <gmock/gmock.h>

#include <thread>

#include "server/server_fixture.h"

namespace otter::server {

struct StoreKind {
  const char* name;
  std::unique_ptr<Store> (*open)(const std::string& folder);
};

inline Product product_named(const std::string& name, const std::string& chip = "") {
  Product product;
  product.name = name;
  product.chip = chip;
  product.slot_bytes = 1024;
  product.hmac_secret = "secret of " + name;
  product.created_s = kNow;
  return product;
}

inline Release release_of(const std::string& version, uint64_t sequence) {
  Release release;
  release.product = "lamp";
  release.channel = "stable";
  release.version = version;
  release.sequence = sequence;
  release.chip = "esp32c3";
  release.size_bytes = 4096;
  release.manifest_sha256 = digest_of(as_bytes("manifest " + version));
  release.image_sha256 = digest_of(as_bytes("image " + version));
  release.app_elf_sha256 = digest_of(as_bytes("elf " + version));
  release.image_hmac = digest_of(as_bytes("hmac " + version));
  release.envelope = {'O', 'T', 'E', '1', 0, 255};
  release.notes = "notes \n\"x\"";
  release.created_s = kNow;
  return release;
}

inline Device device_named(const std::string& id, const std::string& product = "lamp") {
  Device device;
  device.id = id;
  device.product = product;
  device.chip = "esp32c3";
  device.created_s = kNow;
  return device;
}

inline Report report_of(const std::string& id, Outcome outcome, const Release& release) {
  Report report;
  report.id = id;
  report.device = "lamp-7";
  report.product = "lamp";
  report.received_s = kNow + 5;
  report.outcome = outcome;
  report.error = is_final(outcome) && outcome != Outcome::confirmed ? "crashed" : "";
  report.release_version = release.version;
  report.manifest = release.manifest_sha256;
  report.body = "{}";
  return report;
}

class StoreTest : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    store_ = GetParam().open(folder_.path());
  }
  void add_lamp(const std::string& chip = "") {
    store_->add_product(product_named("lamp", chip), digest_number(1));
  }
  Release add_release(const std::string& version, uint64_t sequence) {
    const Release release = release_of(version, sequence);
    EXPECT_EQ(store_->add_release(release), AddRelease::added);
    return release;
  }
  std::string outcome_of_lamp_7() {
    for (const DeviceSummary& summary : store_->devices({})) {
      if (summary.outcome.has_value()) return name(*summary.outcome);
    }
    return "";
  }
  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace otter::server
