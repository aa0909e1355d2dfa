// Arduino's Wi-Fi, which no example may use: in core 3.x STA.onEnable(), which WiFi.begin() and
// WiFi.mode() alone come to, registers for the events by which WiFi.isConnected() knows anything
// (libraries/WiFi/src/STA.cpp). connectWiFi() drives esp_wifi itself, so that would stay false.
#pragma once

#error "connectWiFi() works below Arduino's WiFi: ask otter::network_is_up()"
