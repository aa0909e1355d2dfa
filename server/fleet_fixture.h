// The vocabulary of tests about many devices of one server: lamps that check in and report, and the
// steps of its rollouts. For tests only; one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ota/wire/device_metrics.h"
#include "server/server_fixture.h"

namespace otter::server {

// What a lamp says of itself.
struct LampFacts {
  std::string id;
  std::string version = "1.0.0";
  uint64_t sequence = 1;
  uint32_t slot_bytes = 1024 * 1024;
  uint16_t revision = 3;
  uint32_t heap_bytes = 0;
  uint32_t config_version = 0;
  uint32_t config_failed = 0;
  std::string metrics = {};  // of its application; empty: it says none
};

// A product "lamp" whose releases are staged, and its devices, which are enrolled.
class LampFleet : public OfflineServer {
 public:
  explicit LampFleet(int count) {
    change_product({.is_staged = true});
    for (int number = 0; number < count; ++number) add_lamp("lamp-" + std::to_string(number));
  }
  void add_lamp(const std::string& id) { keys[id] = enroll(id); }

  // Versions from 1 on, of which 1 is in force.
  void keep_configurations(int count) {
    for (int version = 1; version <= count; ++version) {
      const Response added =
          admin("PUT", "/api/v1/products/lamp/config",
                R"({"version":)" + std::to_string(version) + R"(,"values":{"level":1}})");
      if (added.status != 201) throw std::runtime_error(added.body);
    }
    use_configuration(*store, "lamp", 1);
  }

  void tick(int64_t seconds = 0) {
    now_s += seconds;
    rollouts.tick({log, backend.events}, now_s);
  }

  // The statement that it is given.
  boost::json::object check_in(const LampFacts& lamp) {
    DeviceFacts facts;
    facts.id = lamp.id;
    facts.version = lamp.version;
    facts.product = "lamp";
    facts.chip = find_chip(Text("esp32c3"))->id;
    facts.revision = lamp.revision;
    facts.layout[0] = 1;
    facts.slot_size_bytes = lamp.slot_bytes;
    facts.sequence = lamp.sequence;
    facts.config_version = lamp.config_version;
    facts.config_failed = lamp.config_failed;
    facts.health.heap_low_water_bytes = lamp.heap_bytes;
    uint8_t buffer[kDeviceFactsSizeMax];
    Appender out(buffer);
    write_device_facts(facts, out);
    const Text header = as_text(out.written());
    HeaderList headers = {{"X-API-Key", keys.at(lamp.id)},
                          {"Accept", kCheckinType},
                          {kDeviceFactsHeader, std::string(header.data, header.size)}};
    if (!lamp.metrics.empty()) headers.push_back({kDeviceMetricsHeader, lamp.metrics});
    const Response response = send(request_of("GET", "/firmware/manifest", headers));
    if (response.status != 200) throw std::runtime_error(response.body);
    const Text statement = as_text(parse_checkin_frame(as_bytes(response.body)).value.statement);
    return boost::json::parse(std::string(statement.data, statement.size)).as_object();
  }
  // The version of the release that it is offered; empty: none.
  std::string offered(const LampFacts& lamp) {
    const boost::json::value offer = check_in(lamp).at("offered");
    if (offer.is_null()) return "";
    for (const ReleasePtr& release : store->releases({.product = "lamp"})) {
      if (offer.as_string() == to_hex(release->manifest_sha256).characters) return release->version;
    }
    throw std::runtime_error("another release is offered");
  }

  // `phase`: "confirmed", "rolled_back", ...
  Response report(const std::string& id, const std::string& version, const std::string& phase) {
    const ReleasePtr release = release_of_version(*store, "lamp", version);
    const bool is_new = phase == "confirmed";
    const Digest elf = is_new ? release->app_elf_sha256 : digest_number(9);
    const Digest image = is_new ? release->image_sha256 : digest_number(8);
    return post("/firmware/report", keys.at(id),
                R"({"device_id":")" + id + R"(","phase":")" + phase + R"(","manifest":")" +
                    to_hex(release->manifest_sha256).characters + R"(","app_elf_sha256":")" +
                    to_hex(elf).characters + R"(","image_sha256":")" + to_hex(image).characters +
                    R"(","boot_state":"confirmed"})");
  }
  boost::json::array lines_of(const std::string& id) {
    return json_of(admin("GET", "/api/v1/devices/" + id + "/explanation")).at("lines").as_array();
  }

  std::map<std::string, std::string> keys;  // by device
};

}  // namespace otter::server
