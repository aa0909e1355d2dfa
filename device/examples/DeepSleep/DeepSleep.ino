// Wakes, measures, asks for updates, sleeps. An update and its trial keep the device awake until
// they are done. Otherwise as ArduinoMinimal.
#define PRODUCT_NAME "lamp"
#define FIRMWARE_VERSION "1.0.0"
#include <OtterConfig.h>

constexpr uint64_t kSleep = 15ull * 60 * 1000 * 1000;  // [us]
constexpr uint32_t kAwakeMax = 10 * 60 * 1000;         // [ms] whatever is under way
constexpr uint32_t kAwakeMin = 10 * 1000;              // [ms] in which the check begins

void setup() {
  Serial.begin(115200);
  ota.begin(otterConfig());
  if (connectWiFi()) ota.check_now();
}

void loop() {
  ota.loop();
  const bool is_done = !ota.is_started() || (ota.is_idle() && millis() > kAwakeMin);
  // What was downloaded so far stays, and the download goes on after the next waking.
  if (is_done || millis() > kAwakeMax) ESP.deepSleep(kSleep);
  delay(10);
}
