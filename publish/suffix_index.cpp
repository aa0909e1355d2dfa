#include "publish/suffix_index.h"

#include <divsufsort.h>

#include <algorithm>
#include <stdexcept>

namespace otter {
namespace {

constexpr size_t kPlacesMax = 200;  // that are looked at in each direction

}  // namespace

size_t common_size(Bytes a, Bytes b) {
  const size_t limit = std::min(a.size, b.size);
  size_t size = 0;
  while (size + 8 <= limit && load_le64(a.data + size) == load_le64(b.data + size)) size += 8;
  while (size < limit && a.data[size] == b.data[size]) ++size;
  return size;
}

SuffixIndex::SuffixIndex(Bytes text) : text_(text), suffixes_(text.size) {
  if (text.size == 0) return;
  if (divsufsort(text.data, suffixes_.data(), static_cast<int32_t>(text.size)) != 0) {
    throw std::runtime_error("no memory to sort an image of that size");
  }
}

// The rank of the first suffix that is not less than `wanted`.
size_t SuffixIndex::first_not_below(Bytes wanted) const {
  size_t low = 0;
  size_t high = suffixes_.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const Bytes suffix = text_.part(static_cast<size_t>(suffixes_[middle]));
    const size_t same = common_size(suffix, wanted);
    const bool is_less =
        same == suffix.size || (same < wanted.size && suffix.data[same] < wanted.data[same]);
    if (is_less) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void SuffixIndex::find(Bytes wanted, uint32_t size_min, Matches* matches) const {
  matches->size = 0;
  matches->places.clear();
  const size_t rank = first_not_below(wanted);
  const auto size_at = [&](size_t at) {
    return common_size(text_.part(static_cast<size_t>(suffixes_[at])), wanted);
  };
  const size_t above = rank < suffixes_.size() ? size_at(rank) : 0;
  const size_t below = rank > 0 ? size_at(rank - 1) : 0;
  const size_t best = std::max(above, below);
  matches->size = static_cast<uint32_t>(best);
  if (best < size_min || best == 0) return;
  for (size_t i = rank; i < suffixes_.size() && i < rank + kPlacesMax && size_at(i) >= best; ++i) {
    matches->places.push_back(static_cast<uint32_t>(suffixes_[i]));
  }
  for (size_t i = rank; i-- > 0 && i + kPlacesMax >= rank && size_at(i) >= best;) {
    matches->places.push_back(static_cast<uint32_t>(suffixes_[i]));
  }
}

}  // namespace otter
