// Arduino's Wi-Fi: only what the examples use.
#pragma once

struct WiFiClass {
  bool isConnected();
};
extern WiFiClass WiFi;
