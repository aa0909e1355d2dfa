// A device that keeps itself up to date: server, certificate, keys and Wi-Fi stand in NVS, as
// docs/spec/nvs.md says.
#define PRODUCT_NAME "lamp"
#define FIRMWARE_VERSION "1.0.0"
#include <OtterConfig.h>

extern "C" void app_main() {
  ota.begin(otterConfig());  // false: the log says what is missing; the device works on
  connectWiFi();             // or your own network, by any interface
  ota.start_task();
}
