#include "sim/flash_settings.h"

#include <algorithm>
#include <vector>

namespace otter::sim {
namespace {

// In front of each value, since no document is empty.
constexpr uint8_t kMark = 1;

}  // namespace

Result<size_t> FlashSettings::load(Setting setting, MutableBytes out) {
  DocumentStore store = store_of(setting);
  if (store.open() != Error::ok) return Error::settings_io;
  if (!store.newest()) return size_t{0};
  std::vector<uint8_t> kept(store.newest().size_bytes);
  const Result<Bytes> body = store.load(store.newest(), kept);
  if (!body.ok()) return Error::settings_io;
  const Bytes value = body.value.part(1);
  if (value.size > out.size) return Error::too_large;
  std::copy_n(value.data, value.size, out.data);
  return value.size;
}

Error FlashSettings::store(Setting setting, Bytes value) {
  DocumentStore store = store_of(setting);
  if (store.open() != Error::ok) return Error::settings_io;
  std::vector<uint8_t> kept = {kMark};
  kept.insert(kept.end(), value.data, value.data + value.size);
  return store.save(0, kept) == Error::ok ? Error::ok : Error::settings_io;
}

}  // namespace otter::sim
