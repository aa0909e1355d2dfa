#include "publish/alignment_candidates.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace otter {
namespace {

constexpr size_t kRecentMax = 4;
constexpr int32_t kBackMax = 400;     // [bytes] that a piece is continued to the front
constexpr int32_t kBackMiss = 3;      // what a differing byte costs there, against 1 gained
constexpr int32_t kBackLossMax = 24;  // where it is given up
constexpr int32_t kNearMax = 48;      // [bytes] around a diagonal that fails
constexpr size_t kNearSizeMin = 3;    // [bytes] that must agree there, more further off
constexpr size_t kNearSizeMax = 64;
constexpr size_t kRepeatSize = 8;  // [bytes] a piece that is one byte over and over says nothing

using Candidates = std::vector<AlignmentCandidate>;

void sort_by_position(Candidates& candidates) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const AlignmentCandidate& a, const AlignmentCandidate& b) {
                     return a.position < b.position;
                   });
}

// How far to the front the piece at `position` goes on, with a few differing bytes.
int32_t backward_size(Bytes base, Bytes result, const AlignmentCandidate& from) {
  int32_t size = 0;
  int32_t best_size = 0;
  int32_t score = 0;
  int32_t best = 0;
  while (from.position > size && from.position + from.diagonal > size && size < kBackMax) {
    ++size;
    const int32_t at = from.position - size;
    score += base.data[at + from.diagonal] == result.data[at] ? 1 : -kBackMiss;
    if (score > best) {
      best = score;
      best_size = size;
    }
    if (score < best - kBackLossMax) break;
  }
  return best_size;
}

// Of many places where a piece stands, those nearest to where the last ones stood.
class NearestPlaces {
 public:
  const std::vector<int32_t>& choose(const std::vector<uint32_t>& places, int32_t position) {
    chosen_.clear();
    add_nearest(places, position, last_);
    for (const int32_t diagonal : recent_) add_nearest(places, position, diagonal);
    last_ = chosen_.front();
    if (recent_.empty() || recent_.back() != last_) {
      recent_.push_back(last_);
      if (recent_.size() > kRecentMax) recent_.erase(recent_.begin());
    }
    return chosen_;
  }

 private:
  void add_nearest(const std::vector<uint32_t>& places, int32_t position, int32_t wanted) {
    int32_t best = static_cast<int32_t>(places[0]) - position;
    for (const uint32_t place : places) {
      const int32_t diagonal = static_cast<int32_t>(place) - position;
      if (std::abs(diagonal - wanted) < std::abs(best - wanted)) best = diagonal;
    }
    if (std::find(chosen_.begin(), chosen_.end(), best) == chosen_.end()) chosen_.push_back(best);
  }

  int32_t last_ = 0;
  std::vector<int32_t> recent_;
  std::vector<int32_t> chosen_;
};

Candidates find_pieces(Bytes base, Bytes result, uint32_t size_min) {
  const SuffixIndex index(base);
  Candidates candidates;
  NearestPlaces nearest;
  SuffixIndex::Matches matches;
  for (size_t at = 0; at < result.size;) {
    index.find(result.part(at), size_min, &matches);
    if (matches.places.empty()) {
      ++at;
      continue;
    }
    const int32_t position = static_cast<int32_t>(at);
    for (const int32_t diagonal : nearest.choose(matches.places, position)) {
      const int32_t back = backward_size(base, result, {position, diagonal});
      candidates.push_back({position - back, diagonal});
      if (back > 0) candidates.push_back({position, diagonal});
    }
    at += std::max<size_t>(1, matches.size - size_min + 1);
  }
  sort_by_position(candidates);
  return candidates;
}

bool is_repeated_byte(Bytes piece) {
  const size_t size = std::min(piece.size, kRepeatSize);
  for (size_t i = 1; i < size; ++i) {
    if (piece.data[i] != piece.data[0]) return false;
  }
  return true;
}

// Around a diagonal that fails at `position`: code that was moved by a few bytes.
void probe_near(Bytes base, Bytes result, const AlignmentCandidate& failed, Candidates& found) {
  const Bytes wanted = result.part(static_cast<size_t>(failed.position));
  const int64_t origin = int64_t{failed.position} + failed.diagonal;
  for (int32_t distance = 1; distance <= kNearMax; ++distance) {
    for (const int64_t place : {origin - distance, origin + distance}) {
      if (place < 0 || static_cast<size_t>(place) + kNearSizeMin > base.size) continue;
      const Bytes there = base.part(static_cast<size_t>(place));
      if (memcmp(there.data, wanted.data, kNearSizeMin) != 0) continue;
      const size_t size = std::min(common_size(there, wanted), kNearSizeMax);
      const size_t needed = kNearSizeMin + (distance > 16 ? 1 : 0) + (distance > 32 ? 1 : 0);
      if (size < needed || is_repeated_byte(wanted.part(0, size))) continue;
      found.push_back({failed.position, static_cast<int32_t>(place - failed.position)});
    }
  }
}

}  // namespace

std::vector<AlignmentCandidate> find_candidates(Bytes base, Bytes result, uint32_t size_min) {
  Candidates candidates = find_pieces(base, result, size_min);
  Candidates near;
  int32_t diagonal = 0;
  size_t next = 0;
  for (size_t at = 0; at + kNearSizeMin < result.size; ++at) {
    for (; next < candidates.size() && candidates[next].position <= static_cast<int32_t>(at);
         ++next) {
      diagonal = candidates[next].diagonal;
    }
    const int64_t place = static_cast<int64_t>(at) + diagonal;
    if (place < 0 || static_cast<size_t>(place) >= base.size ||
        base.data[place] == result.data[at]) {
      continue;
    }
    probe_near(base, result, {static_cast<int32_t>(at), diagonal}, near);
  }
  candidates.insert(candidates.end(), near.begin(), near.end());
  sort_by_position(candidates);
  return candidates;
}

}  // namespace otter
