// How rollouts and explanations look in a terminal. Main thread.
#pragma once

#include <boost/json.hpp>
#include <ostream>
#include <string>

namespace otter::cli {

struct RolloutCounts {
  int64_t confirmed = 0;
  int64_t failing = 0;  // rolled back, failed, lost
  int64_t refused = 0;
  int64_t skipped = 0;
  int64_t open = 0;
};
RolloutCounts counts_of(const boost::json::object& rollout);

// A few lines: phase, stage, a bar, what stopped it.
void print_rollout(std::ostream& out, const boost::json::object& rollout);

void print_explanation(std::ostream& out, const boost::json::object& explanation);

// On a terminal the lines are drawn over, elsewhere a line is printed whenever something changes.
class RolloutWatch {
 public:
  RolloutWatch(std::ostream& out, bool is_terminal) : out_(out), is_terminal_(is_terminal) {}
  void draw(const boost::json::object& rollout);

 private:
  std::ostream& out_;
  bool is_terminal_;
  std::string last_;
};

}  // namespace otter::cli
