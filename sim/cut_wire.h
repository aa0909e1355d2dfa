// A connection between a simulated device and its server: notes what passes, and spoils one answer
// at one byte. One caller at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ota/http.h"
#include "sim/cut_plan.h"

namespace otter::sim {

struct WireWatch {
  std::optional<WireFault> fault;
  std::function<bool()> has_power;                               // without it nothing is sent
  std::function<void(const HttpRequest&)> on_request;            // before it is answered
  std::function<void(uint32_t, const HttpResponse&)> on_answer;  // the request's number, its head
  uint32_t requests = 0;
};

class CutWire : public Http {
 public:
  // `watch` must outlive it.
  CutWire(std::unique_ptr<Http> http, WireWatch& watch) : http_(std::move(http)), watch_(watch) {}

  Error open(const HttpRequest& request, HttpResponse* response) override;
  Result<size_t> read(MutableBytes out) override;
  void close() override { http_->close(); }
  void use_trust(const TlsTrust& trust) override { http_->use_trust(trust); }

 private:
  Error spoil_head(HttpRequest request, HttpResponse* response);
  Result<size_t> read_again(MutableBytes out);

  std::unique_ptr<Http> http_;
  WireWatch& watch_;
  bool spoils_ = false;  // the answer that is being read
  uint64_t at_ = 0;      // [bytes] of its body
  std::string last_;     // its last bytes
  std::string again_;    // to be delivered a second time
};

}  // namespace otter::sim
