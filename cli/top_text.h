// The fleet as `otter top` draws it: texts from the admin API's answers. Pure, main thread.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace otter::cli {

constexpr int64_t kOverdueAfter = 24 * 3600;  // [s] without a sign of life; a span of the API's

// A product's devices, counted.
struct FleetCount {
  std::string product;
  int64_t devices = 0;
  int64_t failing = 0;                      // whose latest update was rolled back or failed
  int64_t crashed = 0;                      // whose last start was an abnormal one
  int64_t overdue = 0;                      // not seen for kOverdueAfter
  std::map<std::string, int64_t> versions;  // the most common ones
  int64_t other_versions = 0;
};

// Of an answer of GET /api/v1/products/<name>/fleet.
FleetCount count_from_json(const boost::json::object& counts);

struct FleetPicture {
  std::vector<FleetCount> products;
  boost::json::array rollouts;  // that have not ended
};

// Lines of any length.
std::vector<std::string> draw_fleet(const FleetPicture& picture);

// True if a rollout is over: nothing will change any more.
bool has_ended(const boost::json::object& rollout);

}  // namespace otter::cli
