// A complete updating device. partitions.csv beside this sketch lays out its flash.
#define PRODUCT_NAME "lamp"
#define FIRMWARE_VERSION "1.0.0"
#define WIFI_SSID "your-network"
#define WIFI_PASSWORD "your-password"
#define OTA_SERVER_HOST "192.168.1.10"
#define API_KEY "your-api-key"
#define OTA_CA_CERTIFICATE "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n"
#define OTA_RELEASE_KEY "-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----\n"
#include <OtterConfig.h>

void setup() {
  Serial.begin(115200);
  ota.begin(otterConfig());
  connectWiFi();
}

void loop() {
  ota.loop();  // checks, downloads, verifies, restarts, confirms or goes back, reports
}
