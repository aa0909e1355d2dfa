#include "sim/firmware.h"

#include <vector>

#include "publish/firmware_marker.h"
#include "publish/text.h"

namespace otter::sim {
namespace {

constexpr Behaviour kBehaviours[] = {
    Behaviour::healthy,    Behaviour::crash,    Behaviour::hang,    Behaviour::selftest_fail,
    Behaviour::no_network, Behaviour::wear_out, Behaviour::unstable};

}  // namespace

const char* name(Behaviour behaviour) {
  constexpr const char* kNames[] = {"healthy",    "crash",    "hang",    "selftest-fail",
                                    "no-network", "wear-out", "unstable"};
  return kNames[static_cast<size_t>(behaviour)];
}

std::optional<Behaviour> behaviour_named(const std::string& text) {
  for (const Behaviour behaviour : kBehaviours) {
    if (text == name(behaviour)) return behaviour;
  }
  return std::nullopt;
}

Error FirmwareApplication::configure(Json values) {
  behaviour_ = built_;
  const Result<Json> member = values.member("behaviour");
  if (!member.ok()) return Error::ok;
  const Result<Text> word = member.value.plain_string();
  if (!word.ok()) return Error::bad_config;
  const std::optional<Behaviour> behaviour = behaviour_named(string_of(word.value));
  if (!behaviour) return Error::bad_config;
  behaviour_ = *behaviour;
  return Error::ok;
}

size_t FirmwareApplication::metrics(Metric* out, size_t count_max) {
  if (count_max == 0) return 0;
  out[0] = {"self_tests", self_tests_};
  return 1;
}

Result<Firmware> read_firmware(Readable& slot, const ImageInfo& image) {
  std::vector<uint8_t> bytes(image.size_bytes);
  OTTER_TRY(slot.read(0, bytes));
  Firmware firmware;
  const Result<AppDescription> description =
      parse_app_description(Bytes(bytes).part(kAppDescriptionOffset));
  if (description.ok()) {
    firmware.product = string_of(description.value.project_name);
    firmware.version = string_of(description.value.version);
  }
  if (const std::optional<FirmwareMarker> marker = find_firmware_marker(bytes)) {
    firmware.product = marker->product;
    firmware.version = marker->version;
    firmware.behaviour = behaviour_named(marker->behaviour).value_or(Behaviour::healthy);
  }
  return firmware;
}

}  // namespace otter::sim
