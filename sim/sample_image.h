// Small valid application images, for the simulator's tests.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "publish/firmware_marker.h"
#include "publish/image_maker.h"

namespace otter::sim {

constexpr ChipId kSampleChip = 0x0005;  // esp32c3

inline ImageRecipe sample_recipe() {
  ImageRecipe recipe;
  recipe.chip = kSampleChip;
  recipe.product = "thermostat";
  recipe.version = "1.0.0";
  recipe.size_bytes = 12 * 1024;
  return recipe;
}

inline std::vector<uint8_t> sample_image() { return make_image(sample_recipe()); }

// The sample without its marker, as real firmware is.
inline std::vector<uint8_t> unmarked_image() {
  std::vector<uint8_t> image = sample_image();
  const ImageRecipe recipe = sample_recipe();
  const std::vector<uint8_t> marker =
      write_firmware_marker({recipe.product, recipe.version, recipe.behaviour});
  const auto found = std::search(image.begin(), image.end(), marker.begin(), marker.end());
  if (found != image.end()) *found = 0;
  seal_image(image);
  return image;
}

}  // namespace otter::sim
