// A board with Ethernet: Otter takes whichever network there is. Otherwise as ArduinoMinimal.
#define PRODUCT_NAME "lamp"
#define FIRMWARE_VERSION "1.0.0"
#include <ETH.h>
#include <OtterConfig.h>

void setup() {
  Serial.begin(115200);
  ota.begin(otterConfig());
  ETH.begin();  // pins and PHY as the board's definition in the Arduino core says
}

void loop() {
  ota.loop();
  delay(10);
}
