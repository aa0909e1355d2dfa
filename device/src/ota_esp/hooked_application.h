// The core's Application, as hooks of the sketch's.
#pragma once

#include "ota_esp/network.h"
#include "ota_esp/ota_config.h"

namespace otter {

class HookedApplication : public Application {
 public:
  explicit HookedApplication(const OtaHooks& hooks) : hooks_(hooks) {}
  Error ready_for_update() override {
    return hooks_.ready_for_update != nullptr ? hooks_.ready_for_update() : Error::ok;
  }
  bool network_up() override {
    return hooks_.network_up != nullptr ? hooks_.network_up() : network_is_up();
  }
  SelfTest self_test() override {
    return hooks_.self_test != nullptr ? hooks_.self_test() : SelfTest::passed;
  }
  Error configure(Json values) override {
    return hooks_.configure != nullptr ? hooks_.configure(values) : Application::configure(values);
  }
  size_t metrics(Metric* out, size_t count_max) override {
    return hooks_.metrics != nullptr ? hooks_.metrics(out, count_max) : 0;
  }

 private:
  OtaHooks hooks_;
};

}  // namespace otter
