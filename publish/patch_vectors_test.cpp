// The vectors of patches in docs/spec/vectors/patch.json: that they are what the encoder makes
// today, and how they are made anew (tools/make_patch_vectors.sh). What a right patch gives is
// known without any decoder: both images are made here.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ota/crc32.h"
#include "publish/patch_maker.h"
#include "publish/program_fixture.h"

namespace otter {
namespace {

using Data = std::vector<uint8_t>;

struct PatchVector {
  std::string name;
  std::string error;
  Data base;
  Data patch;
};

Data bytes_of(const std::string& text) { return Data(text.begin(), text.end()); }

std::string hex_of(const Data& bytes) {
  std::string hex(2 * bytes.size(), '0');
  hex_encode(bytes, hex.data());
  return hex;
}

Data made(const Data& base, const Data& result, uint32_t memory_size = 32 * 1024) {
  PatchOptions options;
  options.memory_size = memory_size;
  options.tries = 1;
  return make_patch(base, result, options);
}

// The header's checksum after it was changed.
Data resealed(Data patch) {
  store_le32(&patch[92], crc32(0, Bytes(patch).part(0, 92)));
  return patch;
}

Data with(Data patch, size_t offset, uint8_t value) {
  patch[offset] = value;
  return resealed(std::move(patch));
}

// The payload replaced, and the header made to fit it.
Data with_payload(const Data& patch, const Data& payload) {
  PatchHeader header = parse_patch_header(patch).value;
  header.payload_size = static_cast<uint32_t>(payload.size());
  header.payload_crc = crc32(0, payload);
  Data changed(kPatchHeaderSize);
  write_patch_header(header, changed);
  changed.insert(changed.end(), payload.begin(), payload.end());
  return changed;
}

Data payload_of(const Data& patch) { return Data(patch.begin() + kPatchHeaderSize, patch.end()); }

// The patch without its last bytes, which read as zeros: with many of them missing the decoder
// finds nonsense first, with some it comes to the end.
Data cut(const Data& base, const Data& patch) {
  for (std::ptrdiff_t missing = 10;; ++missing) {
    Data shorter =
        with_payload(patch, Data(patch.begin() + kPatchHeaderSize, patch.end() - missing));
    try {
      apply_patch(base, shorter);
    } catch (const std::runtime_error& error) {
      const Text meant = meaning(Error::truncated);
      if (std::string(error.what()).ends_with(std::string(meant.data, meant.size))) return shorter;
    }
  }
}

void add_programs(std::vector<PatchVector>& vectors) {
  for (const ChipId chip : {ChipId{5}, ChipId{9}}) {
    const std::string kind = chip == 5 ? "riscv" : "xtensa";
    LinkedProgram program(chip, 16, chip);
    const Data base = program.link();
    program.insert_function();
    program.move_function();
    const Data result = program.link();
    for (const uint32_t memory_size : kPatchMemorySizes) {
      vectors.push_back({kind + "-" + std::to_string(memory_size / 1024), "ok", base,
                         made(base, result, memory_size)});
    }
    vectors.push_back({kind + "-whole", "ok", {}, made({}, result)});
    vectors.push_back({kind + "-backwards", "ok", result, made(result, base)});
    vectors.push_back({kind + "-cut", "truncated", base, cut(base, made(base, result))});
  }
}

void add_bad_headers(std::vector<PatchVector>& vectors, const Data& base, const Data& good) {
  vectors.push_back({"empty", "truncated", {}, {}});
  vectors.push_back({"cut-header", "truncated", base, Data(good.begin(), good.begin() + 95)});
  vectors.push_back({"other-magic", "bad_magic", base, with(good, 3, '2')});
  vectors.push_back({"other-format", "unsupported", base, with(good, 4, 2)});
  vectors.push_back({"other-method", "unsupported", base, with(good, 5, 4)});
  vectors.push_back({"other-flag", "unsupported", base, with(good, 6, 2)});
  vectors.push_back({"other-memory", "unsupported", base, with(good, 21, 1)});
  vectors.push_back({"base-of-16-mib", "too_large", base, with(good, 11, 1)});
  vectors.push_back({"digest-of-no-base", "malformed", base, with(good, 8, 0)});
  Data flipped = good;
  flipped[60] ^= 1;
  vectors.push_back({"flipped-header", "bad_checksum", base, flipped});
}

void add_bad_payloads(std::vector<PatchVector>& vectors, const Data& base, const Data& good) {
  const Data payload = payload_of(good);
  vectors.push_back({"no-payload", "malformed", base, with_payload(good, {})});  // reads as zeros
  Data longer = payload;
  longer.insert(longer.end(), 8, 0);
  vectors.push_back({"bytes-behind", "trailing_bytes", base, with_payload(good, longer)});
  vectors.push_back({"other-checksum", "bad_checksum", base, with(good, 24, good[24] ^ 1)});
  // A number of blocks far above what the memory holds: all ones are the longest number.
  vectors.push_back({"too-many-blocks", "malformed", base, with_payload(good, Data(100, 0))});
}

std::vector<PatchVector> all_vectors() {
  std::vector<PatchVector> vectors;
  const Data base = bytes_of("The quick brown fox jumps over the lazy dog.");
  const Data good = made(base, bytes_of("The quick red fox jumps over the lazy dogs."));
  vectors.push_back({"text", "ok", base, good});
  vectors.push_back({"nothing", "ok", {}, made({}, {})});
  vectors.push_back({"one-byte", "ok", {}, made({}, {7})});
  vectors.push_back({"to-nothing", "ok", base, made(base, {})});
  add_programs(vectors);
  add_bad_headers(vectors, base, good);
  add_bad_payloads(vectors, base, good);
  return vectors;
}

std::string json_of(const std::vector<PatchVector>& vectors) {
  std::string text = "[\n";
  for (const PatchVector& vector : vectors) {
    if (text.size() > 2) text += ",\n";
    text += "  {\"name\": \"" + vector.name + "\", \"error\": \"" + vector.error +
            "\", \"base\": \"" + hex_of(vector.base) + "\", \"hex\": \"" + hex_of(vector.patch) +
            "\"}";
  }
  return text + "\n]\n";
}

// A seed for fuzz/patch_decoder_fuzz.cpp: base size, base, patch.
Data seed_of(const PatchVector& vector) {
  Data seed(4);
  store_le32(seed.data(), static_cast<uint32_t>(vector.base.size()));
  seed.insert(seed.end(), vector.base.begin(), vector.base.end());
  seed.insert(seed.end(), vector.patch.begin(), vector.patch.end());
  return seed;
}

// A seed for fuzz/patch_maker_fuzz.cpp: base size, base, result.
Data maker_seed_of(const PatchVector& vector) {
  PatchVector images = vector;
  images.patch = apply_patch(vector.base, vector.patch);
  return seed_of(images);
}

void write(const std::filesystem::path& path, const Data& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

TEST(PatchVectors, AreWhatIsMadeToday) {
  const std::vector<PatchVector> vectors = all_vectors();
  const std::filesystem::path top = OTTER_SOURCE_DIR;
  const std::filesystem::path page = top / "docs/spec/vectors/patch.json";
  if (std::getenv("OTTER_MAKE_VECTORS") != nullptr) {
    write(page, bytes_of(json_of(vectors)));
    for (const PatchVector& vector : vectors) {
      write(top / "fuzz/corpus/patch_decoder" / vector.name, seed_of(vector));
      write(top / "fuzz/corpus/patch_header" / vector.name,
            Data(vector.patch.begin(),
                 vector.patch.begin() +
                     static_cast<std::ptrdiff_t>(std::min(vector.patch.size(), kPatchHeaderSize))));
      if (vector.error == "ok" && parse_patch_header(vector.patch).value.memory_size == 32 * 1024) {
        write(top / "fuzz/corpus/patch_maker" / vector.name, maker_seed_of(vector));
      }
    }
  }
  std::ifstream file(page);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str() == json_of(vectors)) << "tools/make_patch_vectors.sh makes them anew";
}

}  // namespace
}  // namespace otter
