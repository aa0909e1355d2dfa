// The core's Board over a NorFlash: the partitions that its table names, one running slot, one
// reset reason. It lives for one boot. One caller at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ota/board.h"
#include "sim/board_files.h"
#include "sim/virtual_core_dump.h"

namespace otter::sim {

// `line` without a newline.
using LogSink = std::function<void(LogLevel level, const std::string& line)>;

struct BootFacts {
  ChipFacts chip;
  uint8_t running_slot = kNoSlot;
  ResetReason reset_reason = ResetReason::unknown;
  Diagnostics diagnostics = {};
  uint32_t security_version_burned = 0;
};

class VirtualBoard : public Board {
 public:
  // Throws SimError if the flash has no valid partition table, or the table lacks otadata or the
  // journal. `flash` must outlive it.
  VirtualBoard(NorFlash& flash, const BootFacts& facts, LogSink log);

  ChipId chip() const override { return facts_.chip.chip; }
  uint16_t chip_revision() const override { return facts_.chip.revision; }
  Text hardware() const override { return Text(); }
  Bytes layout() const override { return Bytes(layout_.bytes).part(0, kLayoutSize); }

  uint8_t slot_count() const override { return static_cast<uint8_t>(slots_.size()); }
  uint8_t running_slot() const override { return facts_.running_slot; }
  bool has_factory() const override { return has_factory_; }
  Flash& slot(uint8_t index) override { return slots_.at(index); }
  Flash& otadata() override { return *otadata_; }
  Flash& journal() override { return *journal_; }

  ResetReason reset_reason() const override { return facts_.reset_reason; }
  // What the bootloader left burned: the core burns nothing itself.
  uint32_t security_version_burned() const override { return facts_.security_version_burned; }
  Diagnostics diagnostics() const override { return facts_.diagnostics; }
  void set_diagnostics(const Diagnostics& diagnostics) { facts_.diagnostics = diagnostics; }
  VirtualCoreDump* core_dump() override { return core_dump_ ? &*core_dump_ : nullptr; }
  void restart() override { wants_restart_ = true; }
  bool wants_restart() const { return wants_restart_; }

  void log(LogLevel level, Text line) override;

 private:
  BootFacts facts_;
  LogSink log_;
  Digest layout_;
  std::vector<FlashPartition> slots_;
  std::optional<FlashPartition> otadata_;
  std::optional<FlashPartition> journal_;
  std::optional<VirtualCoreDump> core_dump_;
  bool has_factory_ = false;
  bool wants_restart_ = false;
};

}  // namespace otter::sim
