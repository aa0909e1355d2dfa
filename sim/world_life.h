// One life of a simulated device: from the moment when the power comes on until it fails or there
// is nothing left to do. Part of World. One thread at a time.
#pragma once

#include "sim/cut_wire.h"
#include "sim/world.h"

namespace otter::sim {

class World::Life : public FlashFault {
 public:
  Life(World& world, const LifePlan& plan);
  ~Life() override;

  LifeEnd run();
  FlashDecision decide(const FlashOperation& operation) override;

 private:
  VirtualDevicePorts ports();
  void prepare_wire();
  void after_boot();
  void check_running_floors(const KnownImage* running);
  const KnownImage* image_in(int index) const;
  void note_server();
  void note_reports();
  void on_configure(Text values);
  bool is_settled() const;
  bool is_counted(const FlashOperation& operation) const;
  LifeEnd power_failed();
  void on_log(LogLevel level, const std::string& line);

  World& world_;
  const LifePlan& plan_;
  uint64_t first_operation_;
  ScriptedServer server_;
  MemoCrypto crypto_;
  FlashSettings settings_;
  WireWatch wire_;
  size_t reports_noted_ = 0;
  uint32_t erases_ = 0;  // outside of the slots
  uint32_t boots_failed_ = 0;
  FlashOperation cut_operation_;
  std::vector<uint8_t> before_cut_;
  std::optional<VirtualDevice> device_;
};

}  // namespace otter::sim
