// docs/threats.md: what an attacker may offer in place of a release.
#include <random>

#include "ota/wire/signing.h"
#include "sim/threat_fixture.h"

namespace otter::sim {
namespace {

Envelope envelope_of(const SignedManifest& manifest, std::vector<uint8_t>& id) {
  id.resize(kKeyIdSize);
  EXPECT_EQ(hex_decode(manifest.signatures[0].key_id, id), Error::ok);
  Envelope envelope;
  envelope.signatures[0] = {id, manifest.signatures[0].signature};
  envelope.signature_count = 1;
  envelope.body = as_bytes(Text(manifest.manifest));
  return envelope;
}

std::string changed(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), std::string::npos) << from << " in " << text;
  return text.replace(text.find(from), from.size(), to);
}

TEST_F(Threat, threat_arbitrary_software) {
  SignedManifest made = release_of("1.0.1", "healthy").envelope;
  std::vector<uint8_t> id;
  const ReleaseKeys keys = {&key_, 1, 1};
  EXPECT_EQ(verify_envelope(crypto_, envelope_of(made, id), keys), Error::ok);
  for (size_t bit = 0; bit < 8 * made.manifest.size(); ++bit) {
    SignedManifest flipped = made;
    flipped.manifest[bit / 8] = static_cast<char>(flipped.manifest[bit / 8] ^ 1 << bit % 8);
    ASSERT_EQ(verify_envelope(crypto_, envelope_of(flipped, id), keys), Error::bad_signature);
  }
  for (size_t bit = 0; bit < 8 * kSignatureSize; ++bit) {
    SignedManifest flipped = made;
    flipped.signatures[0].signature[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    ASSERT_EQ(verify_envelope(crypto_, envelope_of(flipped, id), keys), Error::bad_signature);
  }
  ServedRelease stranger = release_of("1.0.1", "healthy");
  stranger.envelope = FixedKey("stranger").sign_manifest(stranger.envelope.manifest);
  EXPECT_TRUE(is_refused(stranger)) << log_;
  ServedRelease zero = release_of("1.0.1", "healthy");
  zero.envelope.signatures[0].signature.fill(0);
  EXPECT_TRUE(is_refused(zero)) << log_;
  config_.updater.signatures_needed = 2;
  EXPECT_TRUE(is_refused(release_of("1.0.1", "healthy"))) << "one of two: " << log_;
}

TEST_F(Threat, AnImageWithAnyBitFlippedIsNotInstalled) {
  std::mt19937 random(1);
  const ServedRelease release = release_of("1.0.1", "healthy");
  const NorFlash fresh = flash_.fork();
  for (int i = 0; i < 20; ++i) {
    flash_ = fresh.fork();  // else what was proved of the image before would be kept
    const size_t bit = random() % (8 * release.image.size());
    server_.faults.image = [bit](std::vector<uint8_t>& image) {
      image[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    };
    EXPECT_EQ(told_of(release).error, Error::bad_hash) << bit;
    EXPECT_EQ(device_->running_index(), 0) << bit;
  }
}

TEST_F(Threat, threat_rollback) {
  std::vector<ServedRelease> earlier;
  for (uint64_t sequence = 1; sequence <= 4; ++sequence) {
    const std::string version = "1.0." + std::to_string(sequence);
    const ServedRelease release = release_of(version, "healthy", sequence);
    ASSERT_EQ(told_of(release).phase, Phase::confirmed) << log_;
    earlier.push_back(release);
    for (const ServedRelease& old : earlier) {
      const Delivered told = told_of(old);
      EXPECT_EQ(told.error, Error::old_sequence) << version << " -> " << old.version;
    }
  }
  config_.updater.sequence_floor = 4;  // as compiled into 1.0.4
  const Partition journal = partition(kTypeData, kSubtypeOtterJournal);
  ASSERT_EQ(flash_.erase(journal.offset, 2 * kSectorSize), Error::ok);
  EXPECT_EQ(told_of(earlier[1]).error, Error::old_sequence) << "without its journal";
}

TEST_F(Threat, threat_extraneous_dependencies) {
  const std::vector<uint8_t> image = image_of("1.0.1", "healthy");
  const std::string manifest = manifest_of(image, options_of("1.0.1", 1));
  ServedRelease added = signed_release(image, manifest);
  added.envelope.manifest = changed(manifest, "\"schema\":1", "\"schema\":1,\"more\":\"b.bin\"");
  EXPECT_TRUE(is_refused(added)) << "added after signing: " << log_;
  const std::string critical =
      changed(manifest, "\"schema\":1", "\"schema\":1,\"second\":\"b.bin\",\"crit\":[\"second\"]");
  EXPECT_TRUE(is_refused(signed_release(image, critical))) << log_;
  EXPECT_TRUE(logged("critical")) << log_;
}

TEST_F(Threat, threat_wrong_target) {
  const auto refusal = [this](void (*change)(ManifestOptions&)) {
    ManifestOptions options = options_of("1.0.1", 1);
    change(options);
    const std::vector<uint8_t> image = image_of("1.0.1", "healthy", kUsual, options.product);
    const Delivered told = told_of(signed_release(image, manifest_of(image, options)));
    EXPECT_TRUE(is_untouched()) << log_;
    return told.error;
  };
  EXPECT_EQ(refusal([](ManifestOptions& m) { m.product = "kettle"; }), Error::wrong_product);
  EXPECT_EQ(refusal([](ManifestOptions& m) { m.device = "board-2"; }), Error::wrong_device);
  EXPECT_EQ(refusal([](ManifestOptions& m) { m.hardware = {"rev-b"}; }), Error::wrong_hardware);
  EXPECT_EQ(refusal([](ManifestOptions& m) { m.min_slot_bytes = 4 * kMebibyte; }),
            Error::slot_too_small);
  EXPECT_EQ(refusal([](ManifestOptions& m) { m.min_from_version = "1.0.1"; }),
            Error::version_too_old);
  EXPECT_EQ(refusal([](ManifestOptions& m) { m.min_client = "99.0.0"; }), Error::client_too_old);
  EXPECT_EQ(refusal([](ManifestOptions& m) { m.expires_s = 2; }), Error::expired);
}

TEST_F(Threat, threat_img_expired) {
  ManifestOptions options = options_of("1.0.1", 1);
  options.expires_s = 1790000000;  // the moment of the server's answer
  const std::vector<uint8_t> image = image_of("1.0.1", "healthy");
  EXPECT_EQ(told_of(signed_release(image, manifest_of(image, options))).error, Error::expired);
  EXPECT_TRUE(is_untouched());
}

// The board was off for two years; what is offered came out and expired in between.
TEST_F(Threat, threat_img_expired_offline) {
  constexpr int64_t kYear = 365 * 24 * 3600;
  ASSERT_EQ(told_of(release_of("1.0.1", "healthy", 1)).phase, Phase::confirmed);
  server_.faults.statement = [](std::string& statement) {
    const std::string usual = "\"time\":1790000000";
    statement.replace(statement.find(usual), usual.size(),
                      "\"time\":" + std::to_string(1790000000 + 2 * kYear));
  };
  ManifestOptions options = options_of("1.0.2", 2);
  options.expires_s = 1790000000 + kYear;
  const std::vector<uint8_t> image = image_of("1.0.2", "healthy");
  EXPECT_EQ(told_of(signed_release(image, manifest_of(image, options))).error, Error::expired);
}

TEST_F(Threat, threat_img_incompatible) {
  ImageRecipe recipe;
  recipe.chip = 0;  // an ESP32, where the board is an ESP32-C3
  recipe.product = kProduct;
  recipe.version = "1.0.1";
  const std::vector<uint8_t> image = make_image(recipe);
  const Delivered told = told_of(signed_release(image, manifest_of(image, options_of("1.0.1", 1))));
  EXPECT_EQ(told.error, Error::wrong_chip);
  EXPECT_TRUE(is_untouched());
}

// A key's signature on one kind of document is none on another.
TEST_F(Threat, threat_img_format) {
  const FixedKey key("a key that signs all kinds");
  config_.updater.release_keys = &key.release_key();
  ServedRelease release = release_of("1.0.1", "healthy");
  for (const char* type : {kRootType, kTrustType}) {
    const Digest digest =
        signing_digest(crypto_, type, as_bytes(Text(release.envelope.manifest))).value;
    release.envelope = key.sign_manifest(release.envelope.manifest);
    release.envelope.signatures[0].signature = key.sign(digest);
    EXPECT_TRUE(is_refused(release)) << type << log_;
  }
}

// A manifest can't choose the place: what it says of one is passed over.
TEST_F(Threat, threat_img_location) {
  const std::vector<uint8_t> image = image_of("1.0.1", "healthy");
  const std::string manifest =
      changed(manifest_of(image, options_of("1.0.1", 1)), "\"schema\":1",
              "\"schema\":1,\"slot\":\"nvs\",\"offset\":0,\"partition\":\"bootloader\"");
  const Partition slots[] = {partition(kTypeApp, kSubtypeOta0),
                             partition(kTypeApp, kSubtypeOta0 + 1)};
  const Partition otadata = partition(kTypeData, kSubtypeDataOta);
  const Partition journal = partition(kTypeData, kSubtypeOtterJournal);
  const auto lies_in = [](const FlashOperation& operation, const Partition& place) {
    return operation.offset >= place.offset &&
           operation.offset + operation.size <= place.offset + place.size_bytes;
  };
  FlashWatch watch([&](const FlashOperation& operation) {
    const bool is_target = device_->running_index() == 0 && lies_in(operation, slots[1]);
    EXPECT_TRUE(is_target || lies_in(operation, otadata) || lies_in(operation, journal))
        << operation.offset;
  });
  flash_.set_fault(&watch);
  EXPECT_EQ(told_of(signed_release(image, manifest)).phase, Phase::confirmed) << log_;
}

// The slot changes between the last check and the boot.
TEST_F(Threat, threat_img_replace) {
  const uint8_t zeros[16] = {};
  server_.offer(release_of("1.0.1", "healthy"));
  run_to("Download progress: 100%");
  ASSERT_EQ(flash_.program(second_slot() + 50000, zeros), Error::ok);
  EXPECT_TRUE(run());
  EXPECT_EQ(device_->delivered()->error, Error::bad_hash) << "before the switch";

  make_device();
  log_.clear();
  run_to("Rebooting to new firmware");
  ASSERT_EQ(flash_.program(second_slot() + 50000, zeros), Error::ok);
  rest(60 * 1000);
  EXPECT_FALSE(logged("thermostat 1.0.1 starts")) << "behind it: " << log_;
  EXPECT_EQ(device_->running_index(), 0);
}

TEST_F(Threat, threat_img_non_auth) {
  ServedRelease unsigned_release = release_of("1.0.1", "healthy");
  unsigned_release.envelope.signatures.clear();
  EXPECT_TRUE(is_refused(unsigned_release)) << log_;
  ServedRelease unknown = release_of("1.0.1", "healthy");
  unknown.envelope.signatures[0].key_id = std::string(2 * kKeyIdSize, '0');
  EXPECT_TRUE(is_refused(unknown)) << log_;
  config_.updater.release_key_count = 0;
  config_.updater.signatures_needed = 0;
  EXPECT_TRUE(is_refused(release_of("1.0.1", "healthy"))) << log_;
}

// Every byte that comes with a release, flipped: nothing is installed.
TEST_F(Threat, threat_mfst_override) {
  size_t at = 0;
  size_t size = 1;
  server_.faults.frame = [&](std::vector<uint8_t>& frame) {
    size = frame.size();
    frame[at++ % size] ^= 0x20;
  };
  server_.offer(release_of("1.0.1", "healthy"));
  while (at < size) now_ms_ = std::max(now_ms_, device_->step(now_ms_));
  EXPECT_GT(size, 700u);
  EXPECT_TRUE(is_untouched()) << log_;
}

TEST_F(Threat, threat_mfst_exposure) {
  const ServedRelease release = release_of("1.0.1", "healthy");
  EXPECT_EQ(told_of(release).phase, Phase::confirmed);
  uint8_t key[64];
  const Result<size_t> size = settings_.load(Setting::device_key, key);
  ASSERT_TRUE(size.ok() && size.value > 32);
  char hex[2 * kDeviceKeySize + 1] = {};
  hex_encode(Bytes(key + 4, kDeviceKeySize), hex);
  for (const std::string& secret : {std::string("otk_shared"), std::string(hex)}) {
    EXPECT_EQ(release.envelope.manifest.find(secret), std::string::npos);
    EXPECT_FALSE(logged(secret));
  }
}

// What is behind the image: more than the manifest's length is never asked for nor written.
TEST_F(Threat, threat_img_extra) {
  ServedRelease longer = release_of("1.0.1", "healthy");
  const size_t size = longer.image.size();
  longer.image.insert(longer.image.end(), kSectorSize, 0xE7);  // as a signature sector begins
  EXPECT_EQ(told_of(longer).phase, Phase::failed) << log_;
  EXPECT_EQ(device_->running_index(), 0);
  std::vector<uint8_t> behind(kSectorSize);
  ASSERT_EQ(flash_.read(second_slot() + static_cast<uint32_t>(size), behind), Error::ok);
  EXPECT_EQ(behind, std::vector<uint8_t>(kSectorSize, 0xFF));
}

// Between check-in and use the manifest lies in the board's memory; over a reboot it is asked for
// and verified anew, and what is in the slot goes on only under the same digest.
TEST_F(Threat, threat_mfst_toctou) {
  server_.offer(release_of("1.0.1", "healthy", 1));
  run_to("Download progress: 45%");
  make_device();
  log_.clear();
  server_.offer(release_of("1.0.2", "healthy", 2));
  EXPECT_TRUE(run());
  EXPECT_FALSE(logged("Resuming the download")) << log_;
  EXPECT_EQ(device_->delivered()->version, "1.0.2");
  EXPECT_EQ(device_->delivered()->phase, Phase::confirmed);
}

}  // namespace
}  // namespace otter::sim
