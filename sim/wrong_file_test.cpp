// A file that is not what its signed manifest says is refused by its first bytes, before anything
// is erased.
#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

struct WrongFile {
  const char* name;
  ChipId chip;
  uint16_t min_revision;
  const char* in_manifest;  // what the manifest of that file says, and the lie in its place
  const char* lie;
  Error error;
};

constexpr ChipId kEsp32 = 0;

class WrongFileTest : public UpdateTest, public testing::WithParamInterface<WrongFile> {
 protected:
  static ServedRelease release() {
    const WrongFile& file = GetParam();
    ImageRecipe recipe;
    recipe.chip = file.chip;
    recipe.product = kProduct;
    recipe.version = "1.0.1";
    recipe.min_revision = file.min_revision;
    ServedRelease release;
    release.image = make_image(recipe);
    release.version = "1.0.1";
    release.sequence = 1;
    ManifestOptions options;
    options.product = kProduct;
    options.sequence = 1;
    options.version = "1.0.1";
    options.created_s = 1;
    std::string manifest = build_manifest(inspect_image(release.image), release.image, options);
    const size_t at = manifest.find(file.in_manifest);
    EXPECT_NE(at, std::string::npos) << manifest;
    manifest.replace(at, std::string(file.in_manifest).size(), file.lie);
    release.envelope = sign_manifest(manifest, release_key());
    return release;
  }
};

TEST_P(WrongFileTest, IsRefusedBeforeTheFirstErase) {
  const Delivered outcome = outcome_of(release());
  EXPECT_EQ(outcome.phase, Phase::failed) << log_;
  EXPECT_EQ(outcome.error, GetParam().error) << log_;
  EXPECT_EQ(flash_.erase_count(second_slot() / kSectorSize), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongFileTest,
    testing::Values(WrongFile{"chip", kEsp32, 0, "\"chip\":\"esp32\"", "\"chip\":\"esp32c3\"",
                              Error::wrong_chip},
                    WrongFile{"revision", kEsp32c3, 400, "\"rev_min\":400", "\"rev_min\":0",
                              Error::wrong_revision},
                    WrongFile{"build", kEsp32c3, 0, "\"app_elf_sha256\":\"",
                              "\"ignored\":\"\",\"app_elf_sha256\":\""
                              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                              "\",\"also_ignored\":\"",
                              Error::wrong_version}),
    [](const auto& file) { return std::string(file.param.name); });

}  // namespace
}  // namespace otter::sim
