// A link of a given speed between a device and its server, in virtual time: bytes arrive while the
// device is busy with its flash, as long as its receive buffer has room, and come out of TLS in
// whole records. One thread at a time.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "ota/http.h"
#include "sim/nor_flash.h"

namespace otter::bench {

// Time passes when flash is busy, and when somebody waits.
class BusyClock {
 public:
  explicit BusyClock(const sim::NorFlash& flash) : flash_(flash) {}
  uint64_t now_us() const { return flash_.busy_us() + waited_us_; }
  void wait_until(uint64_t us) { waited_us_ += us > now_us() ? us - now_us() : 0; }

 private:
  const sim::NorFlash& flash_;
  uint64_t waited_us_ = 0;
};

struct Link {
  uint64_t bytes_per_s = 0;
  uint64_t round_trip_us = 40000;
  // Source: CONFIG_LWIP_TCP_WND_DEFAULT, ESP-IDF v5.5 components/lwip/Kconfig
  uint64_t receive_buffer_bytes = 5760;
  // Source: RFC 8446, 5.1: the most that a record carries, and what servers send of long answers
  uint64_t record_bytes = 16384;
};

class PacedHttp : public Http {
 public:
  PacedHttp(std::unique_ptr<Http> http, const Link& link, BusyClock& clock)
      : http_(std::move(http)), link_(link), clock_(clock) {}

  Error open(const HttpRequest& request, HttpResponse* response) override {
    OTTER_TRY(http_->open(request, response));
    clock_.wait_until(clock_.now_us() + link_.round_trip_us);
    body_left_ = response->content_length;
    record_left_ = 0;
    buffered_ = 0;
    seen_us_ = clock_.now_us();
    return Error::ok;
  }

  Result<size_t> read(MutableBytes out) override {
    if (record_left_ == 0) receive_record();
    const size_t most = static_cast<size_t>(std::min<uint64_t>(out.size, record_left_));
    OTTER_TRY_SET(const size_t size, http_->read(out.part(0, most)));
    record_left_ -= size;
    return size;
  }

  void close() override { http_->close(); }
  void use_trust(const TlsTrust& trust) override { http_->use_trust(trust); }

 private:
  // What came while nobody read is there already, as far as the buffer has held it.
  void receive_record() {
    const uint64_t came = (clock_.now_us() - seen_us_) * link_.bytes_per_s / 1000000;
    buffered_ = std::min({buffered_ + came, link_.receive_buffer_bytes, body_left_});
    record_left_ = std::min(link_.record_bytes, body_left_);
    if (record_left_ > buffered_) {
      const uint64_t missing = record_left_ - buffered_;
      clock_.wait_until(clock_.now_us() + missing * 1000000 / link_.bytes_per_s);
      buffered_ = record_left_;
    }
    buffered_ -= record_left_;
    body_left_ -= record_left_;
    seen_us_ = clock_.now_us();
  }

  std::unique_ptr<Http> http_;
  Link link_;
  BusyClock& clock_;
  uint64_t body_left_ = 0;    // [bytes] that have not come out of TLS
  uint64_t record_left_ = 0;  // [bytes] of the record that is being read
  uint64_t buffered_ = 0;     // [bytes] that have arrived since
  uint64_t seen_us_ = 0;      // when that was so
};

}  // namespace otter::bench
