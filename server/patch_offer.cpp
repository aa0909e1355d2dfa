#include "server/patch_offer.h"

namespace otter::server {
namespace {

bool takes_patches(const Call& call, const DeviceFacts& facts) {
  return call.backend.patches != nullptr && facts.patch_memory_bytes > 0;
}

// The image that the device runs, if it is one of the server's; else zeros. A version's name alone
// proves nothing, so builds without an ELF hash get no patch; compressed images they do.
Digest running_image(const Call& call, const DeviceFacts& facts) {
  if (facts.app_elf_sha256.is_zero()) return Digest();
  const std::string product(facts.product.data, facts.product.size);
  const std::string version(facts.version.data, facts.version.size);
  const ReleasePtr release = release_of_version(call.backend.lookups, product, version);
  const bool runs_it = release != nullptr && release->app_elf_sha256 == facts.app_elf_sha256;
  return runs_it ? release->image_sha256 : Digest();
}

}  // namespace

void note_running(const Call& call, const DeviceFacts& facts) {
  if (!takes_patches(call, facts)) return;
  call.backend.patches->note({facts.product.data, facts.product.size}, running_image(call, facts),
                             facts.patch_memory_bytes);
}

PatchChoice choose_patch(const Call& call, const DeviceFacts& facts, const Release& release) {
  if (!takes_patches(call, facts)) return {};
  const PatchWish wish = {running_image(call, facts), release.image_sha256,
                          facts.patch_memory_bytes};
  return call.backend.patches->choose(wish, call.now_s);
}

}  // namespace otter::server
