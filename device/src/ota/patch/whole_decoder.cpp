#include "ota/patch/whole_decoder.h"

namespace otter {

MutableBytes WholeDecoder::take(size_t size) {
  const MutableBytes taken = memory_.part(0, size);
  memory_ = memory_.part((size + 7) / 8 * 8);
  return taken.size == size ? taken : MutableBytes();
}

// The head of the payload says how the memory is divided: LZMA's properties, then the filter.
Error WholeDecoder::begin() {
  LzmaProperties properties;
  if (!read_lzma_properties(payload_.next(), &properties)) return Error::malformed;
  uint8_t encoded[BranchFilter::kEncodedSizeMax];
  for (size_t i = 0; i < 3; ++i) encoded[i] = payload_.next();
  const size_t filter_size = BranchFilter::encoded_size(encoded);
  if (filter_size == 0) return Error::malformed;
  for (size_t i = 3; i < filter_size; ++i) encoded[i] = payload_.next();

  const size_t literal_count = size_t{kLzmaLiteralModels} << properties.literal_bits();
  const MutableBytes for_literals = take(literal_count * sizeof(uint16_t));
  const MutableBytes for_decoder = take(sizeof(Lzma));
  const MutableBytes for_window = take(sizeof(Window));
  const size_t block_count = memory_.size / sizeof(FilteredWindow::Block);
  if (for_literals.size == 0 || for_decoder.size == 0 || for_window.size == 0 ||
      block_count < FilteredWindow::kBlocksMin) {
    return Error::malformed;  // the encoder had to choose properties that fit
  }
  auto* const blocks = reinterpret_cast<FilteredWindow::Block*>(memory_.data);
  window_ = new (for_window.data)
      Window(source_, result_size_, blocks, static_cast<uint32_t>(block_count));
  OTTER_TRY(window_->filter().read(Bytes(encoded, filter_size)));
  decoder_ = new (for_decoder.data)
      Lzma(properties, payload_, *window_, reinterpret_cast<uint16_t*>(for_literals.data));
  return decoder_->start();
}

Error WholeDecoder::step() {
  made_ = Bytes();
  if (decoder_ == nullptr) return begin();
  OTTER_TRY(decoder_->step(result_size_));
  OTTER_TRY(window_->error());
  if (!window_->is_block_done()) return Error::ok;
  if (window_->position() == result_size_) decoder_->finish();
  made_ = window_->finish();
  return Error::ok;
}

}  // namespace otter
