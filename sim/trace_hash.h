// A 64-bit hash over what happens in a simulated world: the same on every machine and in every
// build, as long as nothing is added that differs between them (addresses, unordered containers).
// No protection against intent. Any thread.
#pragma once

#include <cstdint>

#include "ota/wire/bytes.h"

namespace otter::sim {

class TraceHash {
 public:
  void add(uint64_t value) {
    // Constants: MurmurHash3's 64-bit finalizer (public domain, Austin Appleby).
    state_ = (state_ ^ value) * 0xFF51AFD7ED558CCDu;
    state_ ^= state_ >> 33;
  }
  void add(Bytes bytes) {
    add(uint64_t{bytes.size});
    size_t at = 0;
    for (; at + 8 <= bytes.size; at += 8) add(load_le64(bytes.data + at));
    uint64_t rest = 0;
    for (; at < bytes.size; ++at) rest = rest << 8 | bytes.data[at];
    add(rest);
  }
  uint64_t value() const { return state_; }

 private:
  uint64_t state_ = 0x9E3779B97F4A7C15u;
};

// Both in one: for seeds that follow from seeds.
inline uint64_t mix(uint64_t a, uint64_t b) {
  TraceHash hash;
  hash.add(a);
  hash.add(b);
  return hash.value();
}

// A small generator of random numbers whose whole state is one number.
//
// Source: SplitMix64, Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014
class SeededRandom {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // In [0, limit). REQUIRES: limit > 0
  uint64_t below(uint64_t limit) { return next() % limit; }

 private:
  uint64_t state_;
};

}  // namespace otter::sim
