// An Http whose network loses requests and answers, and delivers requests twice: by chance, which
// follows from a seed. docs/simulator.md. One caller at a time.
#pragma once

#include <memory>

#include "ota/http.h"
#include "sim/fleet_board.h"

namespace otter::sim {

struct LossRates {
  double lost = 0;     // [0, 1] of all messages, each way
  double doubled = 0;  // [0, 1] of all requests
};

class LossyHttp : public Http {
 public:
  LossyHttp(std::unique_ptr<Http> http, LossRates rates, uint64_t seed)
      : http_(std::move(http)), rates_(rates), dice_(seed) {}

  // Errors: network_timeout (a message is lost: the request, or the answer to one that arrived),
  //         and those of the Http below
  Error open(const HttpRequest& request, HttpResponse* response) override;
  Result<size_t> read(MutableBytes out) override { return http_->read(out); }
  void close() override { http_->close(); }
  void use_trust(const TlsTrust& trust) override { http_->use_trust(trust); }

 private:
  std::unique_ptr<Http> http_;
  LossRates rates_;
  FleetDice dice_;
};

}  // namespace otter::sim
