#include "publish/made_content.h"

#include <array>

namespace otter {
namespace {

constexpr size_t kVocabularySize = 192;
constexpr uint32_t kFunctionsPerChange = 50;

constexpr const char* kWords[] = {
    "wifi",   "sensor",  "timeout", "config",  "failed",  "connect", "publish", "mqtt",
    "update", "restart", "battery", "channel", "invalid", "value",   "queue",   "task",
    "led",    "relay",   "input",   "output",  "error",   "reading", "network", "address",
};
constexpr size_t kWordCount = sizeof(kWords) / sizeof(kWords[0]);

// SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(next() % limit); }

 private:
  uint64_t state_;
};

uint64_t hash_text(const std::string& text) {
  uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3;
  return hash;
}

uint64_t mix(uint64_t a, uint64_t b) { return Random(a ^ (b * 0x9E3779B97F4A7C15)).next(); }

// Appends words until `size` is reached; the last one may be cut.
class Sink {
 public:
  explicit Sink(size_t size) : size_(size) { out_.reserve(size); }
  bool full() const { return out_.size() >= size_; }
  void word(uint32_t value) {
    for (int shift = 0; shift < 32 && !full(); shift += 8) {
      out_.push_back(static_cast<uint8_t>(value >> shift));
    }
  }
  void text(const std::string& text) {
    for (size_t i = 0; i < text.size() && !full(); ++i) {
      out_.push_back(static_cast<uint8_t>(text[i]));
    }
  }
  std::vector<uint8_t> take() { return std::move(out_); }

 private:
  size_t size_;
  std::vector<uint8_t> out_;
};

using Vocabulary = std::array<uint32_t, kVocabularySize>;

Vocabulary make_vocabulary(uint64_t seed) {
  Random random(mix(seed, 0x10C0DE));
  Vocabulary words;
  for (uint32_t& word : words) word = static_cast<uint32_t>(random.next());
  return words;
}

// Frequent ones at the front: the product of two uniform numbers is small more often than not.
uint32_t pick(const Vocabulary& words, Random& random) {
  return words[random.below(kVocabularySize) * random.below(kVocabularySize) / kVocabularySize];
}

void add_function(const Vocabulary& words, uint64_t seed, size_t word_count, Sink& sink) {
  Random random(seed);
  sink.word(words[0]);  // the prologue is the same everywhere
  for (size_t i = 2; i < word_count && !sink.full(); ++i) {
    const uint32_t word = pick(words, random);
    // One in six carries an immediate of its own.
    sink.word(random.below(6) == 0 ? word ^ (random.below(4096) << 20) : word);
  }
  sink.word(words[1]);
}

void add_sentence(Random& random, Sink& sink) {
  std::string text;
  for (uint32_t count = 2 + random.below(5); count > 0; --count) {
    text += kWords[random.below(kWordCount)];
    text += count > 1 ? ' ' : '\0';
  }
  text.append((4 - text.size() % 4) % 4, '\0');
  sink.text(text);
}

}  // namespace

std::vector<uint8_t> make_code(const ContentRecipe& recipe, uint32_t part, size_t size) {
  const Vocabulary words = make_vocabulary(recipe.seed);
  const uint64_t version_hash = hash_text(recipe.version);
  Sink sink(size);
  for (uint64_t index = 0; !sink.full(); ++index) {
    uint64_t seed = mix(mix(recipe.seed, part), index);
    const size_t word_count = 8 + Random(seed).below(120);
    if (mix(version_hash, index) % kFunctionsPerChange == 0) seed = mix(seed, version_hash);
    add_function(words, seed, word_count, sink);
  }
  return sink.take();
}

std::vector<uint8_t> make_data(const ContentRecipe& recipe, uint32_t base_address, size_t size) {
  Random random(mix(recipe.seed, 0xDA7A));
  Sink sink(size);
  while (!sink.full()) {
    const uint32_t choice = random.below(10);
    if (choice < 6) {
      add_sentence(random, sink);
    } else if (choice < 9) {
      for (uint32_t i = 4 + random.below(12); i > 0; --i) {
        sink.word(base_address + 4 * random.below(static_cast<uint32_t>(size / 4 + 1)));
      }
    } else {
      for (uint32_t i = random.below(32); i > 0; --i) sink.word(0);
    }
  }
  return sink.take();
}

}  // namespace otter
