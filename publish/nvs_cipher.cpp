#include "publish/nvs_cipher.h"

#include <algorithm>
#include <stdexcept>

#include "ota/crc32.h"
#include "publish/host_crypto.h"
#include "publish/nvs_image.h"

namespace otter {

NvsKeys make_nvs_keys(Crypto& crypto) {
  NvsKeys keys;
  if (crypto.random(keys.raw) != Error::ok) throw std::runtime_error("no random numbers");
  return keys;
}

std::vector<uint8_t> write_nvs_keys(const NvsKeys& keys) {
  std::vector<uint8_t> image(kNvsKeysSize, 0xFF);
  std::copy(std::begin(keys.raw), std::end(keys.raw), image.begin());
  store_le32(image.data() + sizeof(keys.raw), crc32(0xFFFFFFFF, keys.raw));
  return image;
}

void encrypt_nvs_image(std::vector<uint8_t>& image, const NvsKeys& keys) {
  for (size_t page = 0; page < image.size(); page += kNvsPageSize) {
    for (size_t i = 0; i < kNvsEntriesPerPage; ++i) {
      if (!is_nvs_entry_written(Bytes(image).part(page, kNvsPageSize), i)) continue;
      const size_t place = page + kNvsEntriesOffset + i * kNvsEntrySize;
      const MutableBytes entry = MutableBytes(image).part(place, kNvsEntrySize);
      if (host_xts_encrypt(keys.raw, place, entry) != Error::ok) {
        throw std::runtime_error("can't encrypt the NVS image: out of memory");
      }
    }
  }
}

}  // namespace otter
