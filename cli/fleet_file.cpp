#include "cli/fleet_file.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "cli/label_lines.h"
#include "fleet/time_units.h"
#include "server/device_filter.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr size_t kDevicesMax = 1'000'000;
// Silent for that long, it is taken for one in a drawer.
constexpr int64_t kOffAfter = 14 * fleet::kDay;
constexpr double kFailedBefore = 0.3;  // of its downloads fail, if its last update did
// Source: what a model of this world has where a device says nothing, sim/fleet_world.cpp
constexpr double kRssiUnknown = -65;  // [dBm]
constexpr double kHeapUnknown = 100;  // [KiB]

std::string text_in(const json::object& line, const char* name) {
  const json::value& value = line.at(name);
  return value.is_string() ? std::string(value.as_string()) : "";
}

int64_t number_in(const json::object& line, const char* name) {
  const json::value& value = line.at(name);
  return value.is_null() ? 0 : value.to_number<int64_t>();
}

// A line of the file.
struct ListedDevice {
  server::DeviceSummary summary;
  std::vector<fleet::MetricValue> metrics;
};

std::vector<fleet::MetricValue> metrics_in(const json::object& line) {
  std::vector<fleet::MetricValue> metrics;
  const json::value* stated = line.if_contains("metrics");
  if (stated == nullptr || stated->is_null()) return metrics;
  for (const auto& [name, value] : stated->as_object()) {
    metrics.push_back({std::string(name), value.to_number<double>()});
  }
  return metrics;
}

server::DeviceSummary summary_in(const json::object& line) {
  server::DeviceSummary summary;
  server::Device& device = summary.device;
  device.id = std::string(line.at("id").as_string());
  device.product = std::string(line.at("product").as_string());
  device.chip = text_in(line, "chip");
  device.version = text_in(line, "version");
  device.boot_state = text_in(line, "boot_state");
  device.standing = server::standing_named(text_in(line, "standing")).value();
  device.slot_bytes = static_cast<uint32_t>(number_in(line, "slot_bytes"));
  device.created_s = number_in(line, "created");
  device.last_seen_s = number_in(line, "last_seen");
  device.resets = number_in(line, "resets");
  device.make.revision = static_cast<uint16_t>(number_in(line, "revision"));
  device.health.heap_low_water_bytes = static_cast<uint32_t>(number_in(line, "heap_bytes"));
  device.health.rssi_dbm = static_cast<int16_t>(number_in(line, "rssi_dbm"));
  summary.outcome = server::outcome_named(text_in(line, "outcome"));
  summary.labels = labels_of(line);
  return summary;
}

std::vector<ListedDevice> read_devices(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("can't read " + path + ": " + std::strerror(errno));
  std::vector<ListedDevice> devices;
  for (std::string line; std::getline(file, line);) {
    const std::string place = path + " line " + std::to_string(devices.size() + 1);
    if (devices.size() == kDevicesMax) throw std::runtime_error(place + ": too many devices");
    try {
      const json::value read = json::parse(line);
      devices.push_back({summary_in(read.as_object()), metrics_in(read.as_object())});
    } catch (const std::exception&) {
      throw std::runtime_error(place + ": no device of `otter device export --format facts`");
    }
  }
  if (file.bad()) throw std::runtime_error("can't read " + path);
  return devices;
}

fleet::Filter group_of(const fleet::Plan& plan) {
  const auto parsed = fleet::Filter::parse(plan.group);
  if (const fleet::Filter* filter = std::get_if<fleet::Filter>(&parsed)) return *filter;
  const fleet::FilterError& error = std::get<fleet::FilterError>(parsed);
  throw std::runtime_error("the plan's group, column " + std::to_string(error.column) + ": " +
                           error.message);
}

bool has_failed(const server::DeviceSummary& summary) {
  using server::Outcome;
  return summary.outcome == Outcome::failed || summary.outcome == Outcome::rolled_back ||
         summary.outcome == Outcome::refused;
}

constexpr double kLinkMin = 0.1;  // a device that was heard has one

sim::KnownBoard board_of(const ListedDevice& listed, int64_t now_s) {
  const server::Device& device = listed.summary.device;
  sim::KnownBoard board;
  board.id = device.id;
  board.revision = device.make.revision;
  const auto age_days =
      static_cast<double>(device.last_seen_s - device.created_s) / double{fleet::kDay};
  board.resets_per_day = static_cast<double>(device.resets) / std::max(1.0, age_days);
  board.rssi_dbm = device.health.rssi_dbm == 0 ? kRssiUnknown : device.health.rssi_dbm;
  board.link = std::clamp(sim::link_of_rssi(board.rssi_dbm), kLinkMin, 1.0);
  const double heap_kib = device.health.heap_low_water_bytes / 1024.0;
  board.heap_kib = heap_kib == 0 ? kHeapUnknown : heap_kib;
  board.metrics = listed.metrics;
  board.is_off = device.last_seen_s < now_s - kOffAfter;
  if (has_failed(listed.summary)) board.download_failure = kFailedBefore;
  return board;
}

}  // namespace

std::vector<sim::KnownBoard> read_fleet(const std::string& path, const fleet::Plan& plan,
                                        int64_t interval_s) {
  const std::vector<ListedDevice> devices = read_devices(path);
  const fleet::Filter group = group_of(plan);
  int64_t now_s = 0;
  for (const auto& [one, metrics] : devices) now_s = std::max(now_s, one.device.last_seen_s);
  std::vector<sim::KnownBoard> boards;
  for (const ListedDevice& one : devices) {
    const bool is_chosen = group.matches(server::subject_of(one.summary, {now_s, interval_s}));
    const bool has_it = !plan.version.empty() && one.summary.device.version == plan.version;
    if (is_chosen && !has_it) boards.push_back(board_of(one, now_s));
  }
  if (boards.empty()) throw std::runtime_error(path + ": the plan would go to none of its devices");
  return boards;
}

}  // namespace otter::cli
