#include "ota/wire/offer.h"

#include <gtest/gtest.h>

#include <string>

namespace otter {
namespace {

constexpr uint8_t kLayout[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};

Json list(const char* text) { return Json::parse(text).value; }

struct Case {
  Manifest manifest;
  OfferFacts facts;

  Case() {
    manifest.product = "thermostat";
    manifest.version = "1.1.0";
    manifest.sequence = 5;
    manifest.chip = 5;
    manifest.image_size_bytes = 100000;
    manifest.min_slot_bytes = 102400;
    facts.device_id = "board-1";
    facts.product = "thermostat";
    facts.hardware = "rev-b";
    facts.version = "1.0.0";
    facts.chip = 5;
    facts.chip_revision = 3;
    facts.layout = kLayout;
    facts.slot_size_bytes = 102400;
    facts.sequence_floor = 4;
    facts.client = "0.1.0";
    facts.now_s = 1000;
  }
  Error check() const { return check_offer(manifest, facts); }
};

TEST(Offer, IsAcceptedWhenEveryFactFits) {
  Case fits;
  EXPECT_EQ(fits.check(), Error::ok);
  fits.manifest.hardware = list("[\"rev-a\",\"rev-b\"]");
  fits.manifest.layouts = list("[\"0123456789abcdef\"]");
  fits.manifest.device = "board-1";
  fits.manifest.min_from_version = "1.0.0";
  fits.manifest.min_client = "0.0.1";
  fits.manifest.expires_s = 1001;
  EXPECT_EQ(fits.check(), Error::ok);
}

TEST(Offer, IsRefusedForEachSingleFactThatDoesNotFit) {
  using Change = void (*)(Case&);
  struct Row {
    Error expected;
    Change change;
  };
  const Row rows[] = {
      {Error::wrong_product, [](Case& c) { c.manifest.product = "kettle"; }},
      {Error::wrong_device, [](Case& c) { c.manifest.device = "board-2"; }},
      {Error::wrong_chip, [](Case& c) { c.manifest.chip = 9; }},
      {Error::wrong_revision, [](Case& c) { c.manifest.revision_min = 4; }},
      {Error::wrong_revision, [](Case& c) { c.manifest.revision_max = 2; }},
      {Error::wrong_hardware, [](Case& c) { c.manifest.hardware = list("[\"rev-a\"]"); }},
      {Error::wrong_layout, [](Case& c) { c.manifest.layouts = list("[\"0123456789abcdee\"]"); }},
      {Error::slot_too_small, [](Case& c) { c.facts.slot_size_bytes = 102399; }},
      {Error::slot_too_small, [](Case& c) { c.manifest.image_size_bytes = 102401; }},
      {Error::old_sequence, [](Case& c) { c.facts.sequence_floor = 5; }},
      {Error::below_floor, [](Case& c) { c.facts.security_floor = 1; }},
      {Error::downgrade, [](Case& c) { c.facts.version = "1.1.1"; }},
      {Error::version_too_old, [](Case& c) { c.manifest.min_from_version = "1.0.1"; }},
      {Error::client_too_old, [](Case& c) { c.manifest.min_client = "99.0.0"; }},
      {Error::expired, [](Case& c) { c.manifest.expires_s = 1000; }},
  };
  for (const Row& row : rows) {
    Case changed;
    row.change(changed);
    EXPECT_EQ(changed.check(), row.expected) << name(row.expected).data;
  }
}

TEST(Offer, MayGoDownInVersionOnlyWhenTheManifestSaysSo) {
  Case down;
  down.facts.version = "2.0.0";
  EXPECT_EQ(down.check(), Error::downgrade);
  down.manifest.allow_downgrade = true;
  EXPECT_EQ(down.check(), Error::ok);
  down.facts.security_floor = 1;
  EXPECT_EQ(down.check(), Error::below_floor);
}

}  // namespace
}  // namespace otter
