// The ready application: a device that does nothing but keep itself up to date. Put your own work
// next to it. ESP-IDF starts app_main(), Arduino setup() and loop().
#include "config.h"
// config.h comes first: OtterConfig.h takes its names.
#include <OtterConfig.h>

#include "start_network.h"

// Otter comes first: it counts this boot before anything else could crash.
#ifdef ARDUINO
#include <Arduino.h>

void setup() {
  Serial.begin(SERIAL_BAUDRATE);
  ota.begin(otterConfig());
  start_network();
}

void loop() {
  ota.loop();
  delay(10);
}

#else

extern "C" void app_main() {
  ota.begin(otterConfig());
  start_network();
  ota.start_task();
}

#endif
