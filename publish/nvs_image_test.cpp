#include "publish/nvs_image.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "ota/crc32.h"
#include "ota/wire/digest.h"

namespace otter {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

using Blob = std::vector<uint8_t>;

constexpr uint32_t kSize = 0x6000;
constexpr size_t kPageBytes = 4000;  // of a value that has a page to itself

Blob blob_of(size_t size) {
  Blob blob(size);
  for (size_t i = 0; i < size; ++i) blob[i] = static_cast<uint8_t>(i * 7 + i / 256);
  return blob;
}

// What a reader of the page sees. Offsets: docs/spec/nvs.md
class PageView {
 public:
  PageView(const Blob& image, size_t page) : raw_(Bytes(image).part(page * 4096, 4096)) {}

  uint32_t state() const { return load_le32(raw_.data); }
  uint32_t sequence() const { return load_le32(raw_.data + 4); }
  bool header_holds() const { return load_le32(raw_.data + 28) == crc(raw_.part(4, 24)); }
  Bytes entry(size_t i) const { return raw_.part(64 + 32 * i, 32); }
  // How many entries are written; they are the first ones.
  size_t written() const {
    size_t count = 0;
    while (count < 126 && (raw_.data[32 + count / 4] >> count % 4 * 2 & 3) == 2) ++count;
    for (size_t i = count; i < 128; ++i) EXPECT_EQ(raw_.data[32 + i / 4] >> i % 4 * 2 & 3, 3) << i;
    return count;
  }
  static uint32_t crc(Bytes data) { return crc32(0xFFFFFFFF, data); }

 private:
  Bytes raw_;
};

uint8_t type_of(Bytes entry) { return entry.data[1]; }
uint8_t span_of(Bytes entry) { return entry.data[2]; }
uint8_t chunk_of(Bytes entry) { return entry.data[3]; }
uint16_t size_of(Bytes entry) { return load_le16(entry.data + 24); }

std::vector<uint32_t> states_of(const Blob& image) {
  std::vector<uint32_t> states;
  for (size_t i = 0; i < image.size() / 4096; ++i) states.push_back(PageView(image, i).state());
  return states;
}

Blob write(const std::vector<NvsItem>& items, uint32_t size = kSize) {
  return write_nvs_image("otter", items, size);
}

std::string refusal(const std::vector<NvsItem>& items, uint32_t size = kSize,
                    const std::string& name_space = "otter") {
  try {
    write_nvs_image(name_space, items, size);
    return "taken";
  } catch (const NvsError& error) {
    return error.what();
  }
}

// The bytes of the page's example.
Blob example() {
  std::ifstream file(std::string(OTTER_SOURCE_DIR) + "/docs/spec/nvs.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string fence = "```hex nvs-example\n";
  const size_t from = text.find(fence) + fence.size();
  std::string digits;
  for (const char c : text.substr(from, text.find("```", from) - from)) {
    if (c != ' ' && c != '\n') digits += c;
  }
  Blob bytes(digits.size() / 2);
  EXPECT_EQ(Error::ok, hex_decode(digits, bytes));
  return bytes;
}

TEST(NvsImage, IsTheOneOfItsPage) {
  Blob key(36);
  const char* hex = "0100000058f69bf043e07bfa00f01d707c5e8a861d886b35f55b5a1e04ef4ec32c53c34e";
  ASSERT_EQ(Error::ok, hex_decode(hex, key));
  const Blob image = write(
      {{"device_id", "d1"}, {"server_port", uint16_t{8443}}, {"device_key", key}}, kNvsSizeMin);
  const Blob front = example();
  ASSERT_EQ(kNvsSizeMin, image.size());
  EXPECT_EQ(front, Blob(image.begin(), image.begin() + static_cast<ptrdiff_t>(front.size())));
  EXPECT_THAT(Blob(image.begin() + static_cast<ptrdiff_t>(front.size()), image.end()), Each(0xFF));
}

TEST(NvsImage, HoldsTheNamespaceAlone) {
  const Blob image = write({}, kNvsSizeMin);
  EXPECT_THAT(states_of(image), ElementsAre(0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF));
  const PageView page(image, 0);
  EXPECT_TRUE(page.header_holds());
  EXPECT_EQ(1u, page.written());
  EXPECT_STREQ("otter", reinterpret_cast<const char*>(page.entry(0).data + 8));
}

TEST(NvsImage, MovesATextThatDoesNotFitToTheNextPage) {
  const Blob image = write({{"a", std::string(2000, 'a')}, {"b", std::string(2000, 'b')}});
  EXPECT_THAT(states_of(image),
              ElementsAre(0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF));
  EXPECT_EQ(1u + 64, PageView(image, 0).written());
  const PageView second(image, 1);
  EXPECT_EQ(64u, second.written());
  EXPECT_EQ(1u, second.sequence());
  EXPECT_TRUE(second.header_holds());
  EXPECT_EQ(2001, size_of(second.entry(0)));
}

TEST(NvsImage, FillsAPageToItsLastEntry) {
  // The namespace, and 125 entries with a text that ends with its last byte.
  const Blob full = write({{"a", std::string(124 * 32 - 1, 'a')}});
  EXPECT_EQ(126u, PageView(full, 0).written());
  EXPECT_EQ(0xFFFFFFFE, PageView(full, 0).state());
  const Blob next = write({{"a", std::string(124 * 32 - 1, 'a')}, {"n", uint16_t{7}}});
  EXPECT_EQ(0xFFFFFFFC, PageView(next, 0).state());
  EXPECT_EQ(7, load_le16(PageView(next, 1).entry(0).data + 24));
}

TEST(NvsImage, CutsABlobIntoOneChunkAPage) {
  const Blob blob = blob_of(9000);
  const Blob image = write({{"b", blob}});
  Blob joined;
  for (size_t i = 0; i < 3; ++i) {
    const PageView page(image, i);
    const Bytes head = page.entry(i == 0 ? 1 : 0);
    EXPECT_EQ(0x42, type_of(head));
    EXPECT_EQ(i, chunk_of(head));
    const Bytes chunk(head.data + 32, size_of(head));
    EXPECT_EQ(PageView::crc(chunk), load_le32(head.data + 28));
    joined.insert(joined.end(), chunk.data, chunk.data + chunk.size);
  }
  EXPECT_EQ(blob, joined);
  const PageView last(image, 2);
  const Bytes index = last.entry(last.written() - 1);
  EXPECT_EQ(0x48, type_of(index));
  EXPECT_EQ(9000u, load_le32(index.data + 24));
  EXPECT_EQ(3, index.data[28]);
}

TEST(NvsImage, BeginsABlobInTheNextPageWhereItWouldBeTornForLittle) {
  // 11 and 13 entries are left: 320 and 384 bytes of the 400 that make a chunk worth it.
  for (const size_t left : {size_t{11}, size_t{13}}) {
    const std::string filler((126 - 1 - left - 1) * 32 - 1, 'f');
    const Blob image = write({{"f", filler}, {"b", blob_of(500)}});
    EXPECT_EQ(126 - left, PageView(image, 0).written());
    EXPECT_EQ(0x42, type_of(PageView(image, 1).entry(0)));
  }
  const Blob torn =
      write({{"f", std::string((126 - 1 - 14 - 1) * 32 - 1, 'f')}, {"b", blob_of(500)}});
  EXPECT_EQ(126u, PageView(torn, 0).written());
  EXPECT_EQ(500 - 13 * 32, size_of(PageView(torn, 1).entry(0)));
}

TEST(NvsImage, PutsTheIndexIntoTheNextPageWhereTheChunkTakesAll) {
  const Blob image = write({{"b", blob_of(124 * 32)}});
  EXPECT_EQ(126u, PageView(image, 0).written());
  EXPECT_EQ(1u, PageView(image, 1).written());
  EXPECT_EQ(0x48, type_of(PageView(image, 1).entry(0)));
}

TEST(NvsImage, HoldsAnEmptyBlobAndAnEmptyText) {
  const Blob image = write({{"b", Blob()}, {"t", std::string()}});
  const PageView page(image, 0);
  EXPECT_EQ(1u + 2 + 2, page.written());
  EXPECT_EQ(1, span_of(page.entry(1)));
  EXPECT_EQ(0, size_of(page.entry(1)));
  EXPECT_EQ(0x48, type_of(page.entry(2)));
  EXPECT_EQ(2, span_of(page.entry(3)));
  EXPECT_EQ(1, size_of(page.entry(3)));
}

TEST(NvsImage, FillsAllPagesButOne) {
  const Blob most = blob_of(2 * kPageBytes - 32 - 32);
  const Blob image = write({{"b", most}}, kNvsSizeMin);
  EXPECT_THAT(states_of(image), ElementsAre(0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF));
  EXPECT_EQ(126u, PageView(image, 1).written());
  EXPECT_THAT(refusal({{"b", blob_of(most.size() + 1)}}, kNvsSizeMin),
              HasSubstr("there is no place for 'b': take a larger partition"));
  EXPECT_THAT(refusal({{"b", most}, {"n", uint16_t{1}}}, kNvsSizeMin),
              HasSubstr("there is no place for 'n'"));
}

TEST(NvsImage, RefusesASizeThatIsNoPartitions) {
  for (const uint32_t size : {0u, 0x2000u, kNvsSizeMax + 0x1000}) {
    EXPECT_THAT(refusal({}, size), HasSubstr("it has 0x3000 at least")) << size;
  }
  for (const uint32_t size : {0x3001u, 0x3800u}) {
    EXPECT_THAT(refusal({}, size), HasSubstr("a multiple of 0x1000")) << size;
  }
  EXPECT_EQ("taken", refusal({}, kNvsSizeMin));
}

TEST(NvsImage, RefusesKeysThatNvsHasNoPlaceFor) {
  EXPECT_EQ("taken", refusal({{"fifteen_letters", uint16_t{1}}}));
  EXPECT_THAT(refusal({{"sixteen__letters", uint16_t{1}}}), HasSubstr("has 16 characters"));
  EXPECT_THAT(refusal({{"", uint16_t{1}}}), HasSubstr("key is empty"));
  EXPECT_THAT(refusal({{"\xC3\xA4", uint16_t{1}}}), HasSubstr("not printable ASCII"));
  EXPECT_THAT(refusal({{"a", uint16_t{1}}, {"a", "b"}}), HasSubstr("'a' comes twice"));
  EXPECT_THAT(refusal({}, kSize, "sixteen__letters"), HasSubstr("namespace 'sixteen__letters'"));
}

TEST(NvsImage, RefusesValuesThatAreTooLong) {
  EXPECT_EQ("taken", refusal({{"a", std::string(kNvsTextSizeMax, 'a')}}));
  EXPECT_THAT(refusal({{"a", std::string(kNvsTextSizeMax + 1, 'a')}}),
              HasSubstr("'a' has 4000 bytes; NVS can hold 3999"));
  EXPECT_THAT(refusal({{"a", std::string("a\0b", 3)}}), HasSubstr("holds a NUL"));
  EXPECT_THAT(refusal({{"b", blob_of(5 * kPageBytes + 1)}}), HasSubstr("NVS can hold 20000"));
  EXPECT_EQ("taken", refusal({{"b", blob_of(kNvsBlobSizeMax)}}, 130 * kNvsPageSize));
  EXPECT_THAT(refusal({{"b", blob_of(kNvsBlobSizeMax + 1)}}, 200 * kNvsPageSize),
              HasSubstr("NVS can hold 508000"));
}

}  // namespace
}  // namespace otter
