#include "fleet/cohort.h"

namespace otter::fleet {
namespace {

constexpr uint64_t kFnvBasis = 0xcbf29ce484222325;
constexpr uint64_t kFnvPrime = 0x100000001b3;

uint64_t absorb(uint64_t hash, std::string_view text) {
  for (const char character : text) {
    hash = (hash ^ static_cast<uint8_t>(character)) * kFnvPrime;
  }
  return hash;
}

// Neighbouring ids differ in a few bits of FNV's result only; then in all of them.
uint64_t spread(uint64_t hash) {
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

}  // namespace

uint64_t cohort_place(std::string_view rollout, std::string_view device) {
  const uint64_t hash = absorb(absorb(kFnvBasis, rollout), std::string_view("\0", 1));
  return spread(absorb(hash, device));
}

}  // namespace otter::fleet
