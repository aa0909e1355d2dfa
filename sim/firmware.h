// What a virtual board's firmware does once it is started: named by the marker in the image,
// carried out by the Application that the core is given. docs/simulator.md. One caller at a time.
#pragma once

#include <optional>
#include <string>

#include "ota/board.h"
#include "ota/esp_image.h"

namespace otter::sim {

enum class Behaviour : uint8_t {
  healthy,
  crash,          // panics shortly after its start
  hang,           // stops; the task watchdog resets it
  selftest_fail,  // says of itself that it is bad
  no_network,     // never gets a connection
  wear_out,       // passes its trial; once it is confirmed it crashes shortly after each start
  unstable,       // passes its trial; once it is confirmed it crashes every now and then
};
// The marker's spelling: "selftest-fail".
const char* name(Behaviour behaviour);
std::optional<Behaviour> behaviour_named(const std::string& text);

struct Firmware {
  std::string product;  // the marker's, else the application description's project
  std::string version;  // likewise
  Behaviour behaviour = Behaviour::healthy;  // firmware without a marker is real, and healthy
};

// Reads what an image that the bootloader has accepted says of itself. A behaviour that is not
// known counts as healthy.
//
// Errors: flash_io
Result<Firmware> read_firmware(Readable& slot, const ImageInfo& image);

class FirmwareApplication : public Application {
 public:
  explicit FirmwareApplication(Behaviour behaviour) : built_(behaviour), behaviour_(behaviour) {}
  bool network_up() override { return behaviour_ != Behaviour::no_network; }
  SelfTest self_test() override {
    ++self_tests_;
    return behaviour_ == Behaviour::selftest_fail ? SelfTest::failed : SelfTest::passed;
  }
  // The member `behaviour` of a configuration goes before the marker's.
  //
  // Errors: bad_config (no such behaviour)
  Error configure(Json values) override;
  // One: how often it was asked for its self-test.
  size_t metrics(Metric* out, size_t count_max) override;
  Behaviour behaviour() const { return behaviour_; }

 private:
  Behaviour built_;
  Behaviour behaviour_;
  int64_t self_tests_ = 0;
};

}  // namespace otter::sim
