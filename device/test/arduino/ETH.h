// Arduino's Ethernet: only what the examples use.
#pragma once

struct EthernetInterface {
  bool begin();
};
extern EthernetInterface ETH;
