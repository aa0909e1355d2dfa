// A document's two sectors of any bytes. Whatever is found there, it can be read, the next document
// can be saved and is found again, and discarding it brings back the one before.
#include "fuzz/flash_sectors.h"
#include "ota/document_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  FlashSectors<2> flash(Bytes(data, size));
  DocumentStore store(flash, 0);
  require(store.open() == Error::ok, "readable sectors open");
  std::vector<uint8_t> body(kDocumentSizeMax);
  for (const StoredDocument& document : {store.newest(), store.previous()}) {
    if (document) require(store.load(document, body).ok(), "what counts can be loaded");
  }
  const uint32_t before = store.newest().generation;
  const uint8_t fresh[] = {'n', 'e', 'w'};
  require(store.save(7, fresh) == Error::ok, "the next one is saved");
  DocumentStore again(flash, 0);
  require(again.open() == Error::ok, "it opens again");
  require(again.newest().version == 7 && again.newest().size_bytes == 3, "the newest is the new");
  require(again.previous().generation == before, "the one before is still there");
  require(again.discard_newest() == Error::ok, "it can be discarded");
  require(again.newest().generation == before, "and then the one before is the newest");
  return 0;
}
