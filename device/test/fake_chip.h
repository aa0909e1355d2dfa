// A chip in memory: the functions that device/test/idf declares, for tests of the port. One thread;
// there is one chip, as on the chip. A task that is made never runs.
#pragma once

#include <esp_netif.h>
#include <esp_partition.h>
#include <esp_system.h>
#include <esp_wifi.h>

#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace otter {

struct FakePartition {
  int type;
  int subtype;
  esp_partition_t handle;
  std::vector<uint8_t> bytes;
};

class FakeChip {
 public:
  // As it comes out of the box: two slots, of which the first runs, otadata, and `otter`.
  static void reset();
  static void add_partition(int type, int subtype, uint32_t size_bytes);
  static void remove_partition(int type, int subtype);

  // An event of Wi-Fi or IP, to whoever has registered for it.
  static void tell(esp_event_base_t base, int32_t id);
  // The timer that was started last comes to its end.
  static void fire_timer();

  static inline std::list<FakePartition> partitions;
  static inline esp_reset_reason_t reset_reason = ESP_RST_POWERON;
  static inline bool has_nvs = true;
  static inline std::map<std::string, std::string> nvs;

  static inline bool has_netif = true;
  static inline bool is_netif_up = true;
  static inline uint32_t ipv4 = 0;
  static inline std::vector<esp_ip6_addr_type_t> ipv6;

  static inline uint64_t now_ms = 0;
  static inline std::function<void()> on_delay;  // each time that a task waits
  static inline uint64_t timer_us = 0;           // what the timer was started for last
  static inline int connects = 0;                // calls of esp_wifi_connect()
  static inline wifi_sta_config_t station = {};  // the last one that was set
};

}  // namespace otter
