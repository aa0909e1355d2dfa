#include "sim/cut_wire.h"

#include <algorithm>
#include <cstring>

namespace otter::sim {
namespace {

constexpr size_t kDuplicated = 16;  // [bytes]

}  // namespace

Error CutWire::open(const HttpRequest& request, HttpResponse* response) {
  if (!watch_.has_power()) return Error::network_unreachable;
  const uint32_t number = watch_.requests++;
  watch_.on_request(request);
  spoils_ = watch_.fault && watch_.fault->request == number;
  at_ = 0;
  last_.clear();
  again_.clear();
  const Error error = spoils_ ? spoil_head(request, response) : http_->open(request, response);
  if (error == Error::ok) watch_.on_answer(number, *response);
  return error;
}

Error CutWire::spoil_head(HttpRequest request, HttpResponse* response) {
  if (watch_.fault->kind == WireFaultKind::whole_file) {
    for (size_t i = 0; i < request.header_count; ++i) {
      if (request.headers[i].name == Text("Range")) request.headers[i].value = Text();
    }
  }
  OTTER_TRY(http_->open(request, response));
  if (watch_.fault->kind == WireFaultKind::changed_etag) {
    std::strncpy(response->etag, "\"another\"", kEtagSizeMax);
  }
  if (watch_.fault->kind == WireFaultKind::truncate) {
    response->content_length = std::min<uint64_t>(response->content_length, watch_.fault->byte);
  }
  return Error::ok;
}

Result<size_t> CutWire::read_again(MutableBytes out) {
  const size_t size = std::min(out.size, again_.size());
  std::copy_n(again_.begin(), size, out.data);
  again_.erase(0, size);
  return size;
}

Result<size_t> CutWire::read(MutableBytes out) {
  if (!watch_.has_power()) return Error::network_closed;
  if (!spoils_) return http_->read(out);
  if (!again_.empty()) return read_again(out);
  const uint64_t byte = watch_.fault->byte;
  if (at_ == byte) {
    switch (watch_.fault->kind) {
      case WireFaultKind::drop:
        return Error::network_closed;
      case WireFaultKind::stall:
        return Error::network_timeout;
      case WireFaultKind::truncate:
        return size_t{0};
      case WireFaultKind::duplicate:
        again_ = last_;
        spoils_ = !again_.empty();
        break;
      case WireFaultKind::whole_file:
      case WireFaultKind::changed_etag:
        break;
    }
    if (!again_.empty()) {
      const Result<size_t> size = read_again(out);
      watch_.fault->byte = UINT32_MAX;  // once
      return size;
    }
  }
  if (at_ < byte) out = out.part(0, byte - at_);
  const Result<size_t> size = http_->read(out);
  if (!size.ok()) return size;
  at_ += size.value;
  last_.append(reinterpret_cast<const char*>(out.data), size.value);
  if (last_.size() > kDuplicated) last_.erase(0, last_.size() - kDuplicated);
  return size;
}

}  // namespace otter::sim
