#include "publish/nvs_image.h"

#include <algorithm>
#include <set>

#include "ota/crc32.h"
#include "ota/wire/bytes.h"
#include "publish/hex.h"

namespace otter {
namespace {

// Source of all numbers: components/nvs_flash/private_include/nvs_constants.h and
// include/nvs_handle.hpp, ESP-IDF v5.5
constexpr size_t kStatesOffset = 32;  // [bytes] in the page
static_assert(kNvsEntriesOffset + kNvsEntriesPerPage * kNvsEntrySize == kNvsPageSize);

constexpr uint32_t kPageActive = 0xFFFFFFFE;
constexpr uint32_t kPageFull = 0xFFFFFFFC;
constexpr uint8_t kVersion2 = 0xFE;
constexpr size_t kHeaderCrcOffset = 28;
constexpr uint8_t kStateWritten = 2;
constexpr uint8_t kStateWrittenClears = 1;  // of 3, the empty one

constexpr uint8_t kTypeU8 = 0x01;
constexpr uint8_t kTypeU16 = 0x02;
constexpr uint8_t kTypeText = 0x21;
constexpr uint8_t kTypeBlobData = 0x42;
constexpr uint8_t kTypeBlobIndex = 0x48;

constexpr size_t kEntryCrcOffset = 4;
constexpr size_t kEntryKeyOffset = 8;
constexpr size_t kEntryDataOffset = 24;
constexpr uint8_t kNoChunk = 0xFF;
constexpr uint8_t kNamespaces = 0;  // the namespace of names of namespaces
constexpr uint8_t kNamespace = 1;   // the first index that is given out

constexpr size_t kChunkSizeMax = kNvsEntrySize * (kNvsEntriesPerPage - 1);  // [bytes]
constexpr size_t kChunksMax = kNvsBlobSizeMax / kChunkSizeMax;
static_assert(kNvsTextSizeMax + 1 == kChunkSizeMax);

// CRC-32 as all of NVS begins it.
uint32_t nvs_crc(Bytes data, uint32_t start = 0xFFFFFFFF) { return crc32(start, data); }

struct EntryHead {
  uint8_t name_space = kNamespace;
  uint8_t type = 0;
  uint8_t chunk = kNoChunk;
  std::string key;
};

// Fills pages from the first on. A page gets its header with its first entry.
class PageWriter {
 public:
  explicit PageWriter(uint32_t size_bytes)
      : image_(size_bytes, 0xFF), pages_usable_(size_bytes / kNvsPageSize - 1) {}

  std::vector<uint8_t> take_image() { return std::move(image_); }

  size_t entries_left() const { return kNvsEntriesPerPage - entry_; }

  // Marks the page as full; what is left of it stays empty.
  void next_page() {
    store_le32(page(), kPageFull);
    ++page_;
    entry_ = 0;
  }

  // `data` [8 bytes at most] is what the entry itself holds, `behind` what follows in entries of
  // its own.
  //
  // REQUIRES: entries_left() > behind.size / kNvsEntrySize, rounded up
  void put(const EntryHead& head, Bytes data, Bytes behind = Bytes()) {
    if (page_ >= pages_usable_) {
      throw NvsError("the values do not fit into " + hex(image_.size()) +
                     " bytes, of which one page stays free; there is no place for '" + head.key +
                     "': take a larger partition");
    }
    if (entry_ == 0) write_header();
    const size_t span = 1 + (behind.size + kNvsEntrySize - 1) / kNvsEntrySize;
    uint8_t* entry = page() + kNvsEntriesOffset + entry_ * kNvsEntrySize;
    entry[0] = head.name_space;
    entry[1] = head.type;
    entry[2] = static_cast<uint8_t>(span);
    entry[3] = head.chunk;
    std::fill_n(entry + kEntryKeyOffset, kEntryDataOffset - kEntryKeyOffset, 0);
    std::copy(head.key.begin(), head.key.end(), entry + kEntryKeyOffset);
    std::copy_n(data.data, data.size, entry + kEntryDataOffset);
    const Bytes rest(entry + kEntryKeyOffset, kNvsEntrySize - kEntryKeyOffset);
    store_le32(entry + kEntryCrcOffset, nvs_crc(rest, nvs_crc(Bytes(entry, kEntryCrcOffset))));
    std::copy_n(behind.data, behind.size, entry + kNvsEntrySize);
    for (size_t i = 0; i < span; ++i) mark_written(entry_++);
  }

 private:
  uint8_t* page() { return image_.data() + page_ * kNvsPageSize; }

  void write_header() {
    uint8_t* header = page();
    store_le32(header, kPageActive);
    store_le32(header + 4, static_cast<uint32_t>(page_));
    header[8] = kVersion2;
    const Bytes covered(header + 4, kHeaderCrcOffset - 4);
    store_le32(header + kHeaderCrcOffset, nvs_crc(covered));
  }

  void mark_written(size_t entry) {
    uint8_t& states = page()[kStatesOffset + entry / 4];
    states = static_cast<uint8_t>(states & ~(kStateWrittenClears << entry % 4 * 2));
  }

  std::vector<uint8_t> image_;
  size_t pages_usable_;
  size_t page_ = 0;
  size_t entry_ = 0;  // the next free one of the page
};

// What the entry in front of a string or chunk says of it.
struct ValueFacts {
  uint8_t raw[8];
  explicit ValueFacts(Bytes value) {
    store_le16(raw, static_cast<uint16_t>(value.size));
    store_le16(raw + 2, 0xFFFF);
    store_le32(raw + 4, nvs_crc(value));
  }
};

void put_number(PageWriter& pages, const EntryHead& head, Bytes value) {
  if (pages.entries_left() == 0) pages.next_page();
  pages.put(head, value);
}

void put_text(PageWriter& pages, const EntryHead& head, const std::string& text) {
  const Bytes value(reinterpret_cast<const uint8_t*>(text.c_str()), text.size() + 1);
  const size_t entries = 1 + (value.size + kNvsEntrySize - 1) / kNvsEntrySize;
  if (entries > pages.entries_left()) pages.next_page();
  pages.put(head, ValueFacts(value).raw, value);
}

// [bytes] that a chunk can have in what is left of the page.
size_t chunk_room(const PageWriter& pages) {
  return pages.entries_left() < 2 ? 0 : (pages.entries_left() - 1) * kNvsEntrySize;
}

// Cuts as Storage::writeMultiPageBlob() of components/nvs_flash/src/nvs_storage.cpp does, ESP-IDF
// v5.5, so that what firmware does next meets nothing that it would not have made itself.
void put_blob(PageWriter& pages, EntryHead head, Bytes value) {
  const size_t first_room = chunk_room(pages);
  const bool fits = first_room > 0 && first_room >= value.size;
  if (!fits && first_room < kChunkSizeMax / 10) pages.next_page();
  head.type = kTypeBlobData;
  uint8_t chunks = 0;
  size_t done = 0;
  do {
    const size_t room = chunk_room(pages);
    const Bytes chunk = value.part(done, room);
    head.chunk = chunks++;
    pages.put(head, ValueFacts(chunk).raw, chunk);
    done += chunk.size;
    if (done < value.size || room - chunk.size < kNvsEntrySize) pages.next_page();
  } while (done < value.size);
  head.type = kTypeBlobIndex;
  head.chunk = kNoChunk;
  uint8_t index[8] = {0, 0, 0, 0, chunks, 0, 0xFF, 0xFF};
  store_le32(index, static_cast<uint32_t>(value.size));
  pages.put(head, index);
}

struct ValuePutter {
  PageWriter& pages;
  const std::string& key;

  void operator()(uint16_t value) {
    uint8_t raw[2];
    store_le16(raw, value);
    put_number(pages, {.type = kTypeU16, .key = key}, raw);
  }
  void operator()(const std::string& value) {
    put_text(pages, {.type = kTypeText, .key = key}, value);
  }
  void operator()(const std::vector<uint8_t>& value) { put_blob(pages, {.key = key}, value); }
};

void check_size(uint32_t size_bytes) {
  if (size_bytes % kNvsPageSize != 0) {
    throw NvsError("an NVS partition of " + hex(size_bytes) + " bytes: its size is a multiple of " +
                   hex(kNvsPageSize));
  }
  if (size_bytes < kNvsSizeMin || size_bytes > kNvsSizeMax) {
    throw NvsError("an NVS partition of " + hex(size_bytes) + " bytes: it has " + hex(kNvsSizeMin) +
                   " at least, to be written to, and " + hex(kNvsSizeMax) + " at most");
  }
}

void check_key(const std::string& key, const char* what) {
  if (key.empty()) throw NvsError(std::string("an NVS ") + what + " is empty");
  if (key.size() > kNvsKeySizeMax) {
    throw NvsError("the NVS " + std::string(what) + " '" + key + "' has " +
                   std::to_string(key.size()) + " characters; there can be 15");
  }
  if (!std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; })) {
    throw NvsError("the NVS " + std::string(what) + " '" + key + "' is not printable ASCII");
  }
}

[[noreturn]] void refuse_length(const std::string& key, size_t size, size_t limit) {
  throw NvsError("the value of '" + key + "' has " + std::to_string(size) +
                 " bytes; NVS can hold " + std::to_string(limit));
}

void check_value(const NvsItem& item, uint32_t size_bytes) {
  if (const auto* text = std::get_if<std::string>(&item.value)) {
    if (text->size() > kNvsTextSizeMax) refuse_length(item.key, text->size(), kNvsTextSizeMax);
    if (text->find('\0') != std::string::npos) {
      throw NvsError("the value of '" + item.key + "' is a text and holds a NUL");
    }
  } else if (const auto* blob = std::get_if<std::vector<uint8_t>>(&item.value)) {
    const size_t pages = std::min<size_t>(size_bytes / kNvsPageSize - 1, kChunksMax);
    const size_t limit = pages * kChunkSizeMax;
    if (blob->size() > limit) refuse_length(item.key, blob->size(), limit);
  }
}

void check(const std::string& name_space, const std::vector<NvsItem>& items, uint32_t size_bytes) {
  check_size(size_bytes);
  check_key(name_space, "namespace");
  std::set<std::string> keys;
  for (const NvsItem& item : items) {
    check_key(item.key, "key");
    if (!keys.insert(item.key).second) {
      throw NvsError("the NVS key '" + item.key + "' comes twice");
    }
    check_value(item, size_bytes);
  }
}

}  // namespace

bool is_nvs_entry_written(Bytes page, size_t entry) {
  return (page.data[kStatesOffset + entry / 4] >> entry % 4 * 2 & 3) == kStateWritten;
}

std::vector<uint8_t> write_nvs_image(const std::string& name_space,
                                     const std::vector<NvsItem>& items, uint32_t size_bytes) {
  check(name_space, items, size_bytes);
  PageWriter pages(size_bytes);
  const uint8_t index[1] = {kNamespace};
  put_number(pages, {.name_space = kNamespaces, .type = kTypeU8, .key = name_space}, index);
  for (const NvsItem& item : items) std::visit(ValuePutter{pages, item.key}, item.value);
  return pages.take_image();
}

}  // namespace otter
