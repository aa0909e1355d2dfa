// The requests of simulated devices of one product: "bench-0000000", "bench-0000001", ... with the
// keys that the server derives for them, or "sketch-0", ... with the product's. Pure but for the
// master secret's file, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace otter::bench {

// What is asked, and as whom.
struct Target {
  std::string path = "/firmware/manifest";
  std::string api_key;      // of the product; empty: each device sends its own
  std::string master_file;  // the fleet's master secret, for the devices' own keys
  std::string product = "bench";
  std::string version = "1.0.0";  // that the devices run
  bool reports = false;           // POST /firmware/report in place of GET
};

// Of a device with its own key: 13 characters, in the order of `number`.
std::string device_id(size_t number);

// A whole HTTP/1.1 request; `serial` makes the report's id.
class Requests {
 public:
  // Devices number 0, step, 2 * step, ...
  //
  // Errors: throws std::runtime_error (the master secret can't be read)
  Requests(const Target& target, size_t devices, size_t step);
  size_t devices() const { return headers_.size(); }
  std::string make(size_t device, uint64_t serial) const;
  // 32 hexadecimal digits; differs between runs.
  std::string report_id(uint64_t serial) const;

 private:
  Target target_;
  std::vector<std::string> ids_;
  std::vector<std::string> headers_;
  uint64_t run_;
};

}  // namespace otter::bench
