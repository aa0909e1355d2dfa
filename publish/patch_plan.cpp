#include "publish/patch_plan.h"

#include <algorithm>

#include "publish/address_plan.h"
#include "publish/gap_copies.h"
#include "publish/normal_form.h"

namespace otter {
namespace {

constexpr int kLabelledPasses = 2;

// Aligns, learns from that which addresses belong together, and aligns again.
std::vector<MapBlock> align_images(const PatchImage& base, const PatchImage& result,
                                   const AlignmentCosts& costs, size_t overlay_max) {
  const size_t body_size = result.body().size;
  const auto aligned = [&](const std::vector<uint8_t>& from, const std::vector<uint8_t>& to) {
    return align(from, Bytes(to).part(0, body_size), costs);
  };
  if (base.method == PatchMethod::bytes) return align(base.bytes, result.body(), costs);
  std::vector<MapBlock> blocks = aligned(without_addresses(base), without_addresses(result));
  const std::vector<uint8_t> labelled_result =
      with_labels(result, [](uint32_t address) { return address; });
  for (int pass = 0; pass < kLabelledPasses; ++pass) {
    const OwnedAddressMap owned(blocks, learn_overlay(base, result, blocks, overlay_max));
    const std::vector<uint8_t> labelled_base = with_labels(
        base, [&](uint32_t address) { return owned.map().moved(address, base.map, result.map); });
    blocks = aligned(labelled_base, labelled_result);
  }
  return blocks;
}

}  // namespace

PatchPlan plan_patch(const PatchImage& base, const PatchImage& result, const AlignmentCosts& costs,
                     const PlanLimits& limits) {
  constexpr size_t kOverlayAnySize = 100000;
  const std::vector<MapBlock> blocks = align_images(base, result, costs, kOverlayAnySize);
  PatchPlan plan;
  plan.blocks = choose_blocks(base, blocks, limits.blocks);
  if (base.method != PatchMethod::bytes) {
    plan.overlay = learn_overlay(base, result, plan.blocks, limits.overlay);
  }
  plan.copies = find_gap_copies(base.bytes, result.body(), blocks);
  auto mapped = plan.blocks.begin();
  for (const MapBlock& block : blocks) {
    const bool is_mapped = mapped != plan.blocks.end() && mapped->result == block.result;
    if (is_mapped) {
      ++mapped;
    } else if (block.size >= kInlineCopySizeMin) {
      plan.copies.push_back({block.result, block.size, block.base, false});
    }
  }
  std::stable_sort(plan.copies.begin(), plan.copies.end(),
                   [](const InlineCopy& a, const InlineCopy& b) { return a.result < b.result; });
  return plan;
}

}  // namespace otter
