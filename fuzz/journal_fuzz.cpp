// The journal: two sectors of any bytes. Whatever is found, the next state can be saved and is
// found again.
#include <algorithm>

#include "fuzz/require.h"
#include "ota/journal.h"

namespace otter {
namespace {

class Sectors : public Flash {
 public:
  explicit Sectors(Bytes bytes) {
    std::fill(std::begin(bytes_), std::end(bytes_), uint8_t{0xFF});
    std::copy_n(bytes.data, std::min(bytes.size, sizeof(bytes_)), bytes_);
  }
  uint32_t size_bytes() const override { return sizeof(bytes_); }
  uint32_t write_unit() const override { return 1; }
  Result<bool> is_erased(uint32_t offset, uint32_t size) override {
    require(offset + size <= sizeof(bytes_), "what is asked for lies within the partition");
    return std::all_of(bytes_ + offset, bytes_ + offset + size,
                       [](uint8_t byte) { return byte == 0xFF; });
  }
  Error read(uint32_t offset, MutableBytes out) override {
    require(offset + out.size <= sizeof(bytes_), "a read lies within the partition");
    std::copy_n(bytes_ + offset, out.size, out.data);
    return Error::ok;
  }
  Error erase(uint32_t offset, uint32_t size) override {
    require(offset + size <= sizeof(bytes_), "an erase lies within the partition");
    std::fill_n(bytes_ + offset, size, uint8_t{0xFF});
    return Error::ok;
  }
  Error program(uint32_t offset, Bytes data) override {
    require(offset + data.size <= sizeof(bytes_), "a write lies within the partition");
    for (size_t i = 0; i < data.size; ++i) {
      require(bytes_[offset + i] == 0xFF, "only erased flash is written");
      bytes_[offset + i] = data.data[i];
    }
    return Error::ok;
  }

 private:
  uint8_t bytes_[2 * kSectorSize];
};

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  Sectors flash(Bytes(data, size));
  Journal journal(flash);
  require(journal.open() == Error::ok, "a readable journal opens");
  JournalState state = journal.state();
  state.sequence_floor ^= 1;
  require(journal.save(state) == Error::ok, "the next state is saved");
  require(journal.save_progress(65536) == Error::ok, "and progress after it");
  Journal again(flash);
  require(again.open() == Error::ok, "it opens again");
  require(again.state().sequence_floor == state.sequence_floor, "the state is the saved one");
  require(again.state().update.verified_bytes == 65536, "with its progress");
  return 0;
}
