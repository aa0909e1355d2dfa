// The network that menuconfig chose for this firmware ("Otter firmware"): Wi-Fi or Ethernet. Once
// per boot.
#pragma once

// Wi-Fi is waited for, CONNECTION_TIMEOUT at most; an address that comes later is found too.
// False: it could not be started, or Wi-Fi has no address yet.
bool start_network();
