#include "sim/virtual_core_dump.h"

#include "publish/core_dump_maker.h"

namespace otter::sim {

VirtualCoreDump::VirtualCoreDump(const FlashPartition& partition) : partition_(partition) {
  find();
}

void VirtualCoreDump::find() {
  size_bytes_ = 0;
  std::vector<uint8_t> dump(4);
  if (partition_.read(0, dump) != Error::ok) return;
  const uint32_t size = core_dump_size(dump);
  if (size == 0 || size > partition_.size_bytes()) return;
  dump.resize(size);
  if (partition_.read(0, dump) == Error::ok && is_whole_core_dump(dump)) size_bytes_ = size;
}

Error VirtualCoreDump::read(uint32_t offset, MutableBytes out) {
  if (offset > size_bytes_ || out.size > size_bytes_ - offset) return Error::out_of_range;
  return partition_.read(offset, out);
}

// From its front on: a dump without it is none.
Error VirtualCoreDump::erase() {
  OTTER_TRY(partition_.erase(0, partition_.size_bytes()));
  size_bytes_ = 0;
  return Error::ok;
}

Error VirtualCoreDump::write(const std::vector<uint8_t>& dump) {
  if (dump.size() > partition_.size_bytes()) return Error::ok;
  OTTER_TRY(erase());
  // In whole units of what encrypts.
  std::vector<uint8_t> padded = dump;
  padded.resize((dump.size() + 15) / 16 * 16, 0xFF);
  OTTER_TRY(partition_.program(0, padded));
  find();
  return Error::ok;
}

}  // namespace otter::sim
