// What a rollout's answer says of its devices' health, docs/spec/rollout.md: for the verbs that
// show it. Main thread.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace otter::cli {

struct HealthFigure {
  std::string name;
  std::string difference;  // of updated devices beside their controls, for people
  int64_t pairs = 0;
  double evidence = 0;  // 1: the rollout is halted; below 0: they do better
};

// The four, then the application's; none where health is not watched.
std::vector<HealthFigure> health_figures(const boost::json::object& rollout);

// A table, nothing if there is none.
void print_health(std::ostream& out, const boost::json::object& rollout);

}  // namespace otter::cli
