// docs/threats.md: what a patch may not do.
#include "sim/stage_patches.h"
#include "sim/threat_fixture.h"

namespace otter::sim {
namespace {

// The server names the running image's digest, the patch is made from another one.
TEST_F(Threat, threat_upd_wrong_precursor) {
  config_.patch_memory_bytes = 32 * 1024;
  const ServedRelease release = release_of("1.0.1", "healthy");
  const std::vector<uint8_t> other = image_of("0.9.0", "healthy");
  server_.add_patch({stage_patch(other, release.image, config_.patch_memory_bytes), "1.0.0"});
  make_device();
  server_.offer(release);
  run_to("Patch stopped: wrong_base");
  EXPECT_TRUE(is_untouched());
  ASSERT_TRUE(run());
  EXPECT_EQ(device_->delivered()->phase, Phase::confirmed);
  EXPECT_EQ(server_.image_bytes_sent, release.image.size());
}

}  // namespace
}  // namespace otter::sim
