// Two ways to update a device: by ESP-IDF's own functions, as tutorials and products do, and by
// Otter's BootControl in the order of the engine (device/src/ota/updater_*.cpp). What each may do
// next from a state is a list of moves; sim/reachability.h tries them all. One caller at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/idf_behaviour.h"
#include "sim/update_state.h"

namespace otter::sim {

// A state while a move is made on it. Once the power has failed, nothing changes any more.
struct Play {
  BootBench& bench;
  UpdateState& state;
  bool wants_restart = false;

  bool has_power() const { return bench.flash().has_power(); }
  // Erases the slot's first sector: what it held boots no more.
  void destroy(int slot);
  // Writes a whole image, or the front of one that does not verify.
  void write(int slot, Content content);
};

struct Move {
  std::string name;
  std::function<void(Play&)> make;
};

class UpdateRules {
 public:
  virtual ~UpdateRules() = default;
  // What can happen while the good image `state.running` runs, besides a restart.
  virtual std::vector<Move> moves(const UpdateState& state) const = 0;
  // What is done at once after each boot of a good image.
  virtual void start(Play& play) const = 0;
};

std::unique_ptr<UpdateRules> make_vendor_rules(IdfVersion idf, const BenchLayout& layout);
std::unique_ptr<UpdateRules> make_otter_rules(const BenchLayout& layout);

}  // namespace otter::sim
