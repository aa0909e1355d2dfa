// The journal: two sectors of any bytes. Whatever is found, the next state can be saved and is
// found again.
#include "fuzz/flash_sectors.h"
#include "ota/journal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  FlashSectors<2> flash(Bytes(data, size));
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
