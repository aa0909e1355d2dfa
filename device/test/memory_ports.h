// The core's ports in memory, each as a test wants it: a board of MemoryFlash, an Http that answers
// from a list, settings, an application. One thread.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "device/test/memory_flash.h"
#include "device/test/printers.h"
#include "ota/updater_config.h"
#include "publish/host_crypto.h"

namespace otter {

// The host's, on a chip that somebody disturbs: of so many signatures it says that they hold.
class DisturbedCrypto : public HostCrypto {
 public:
  bool verify_p256(Bytes public_key, const Digest& digest, Bytes signature) override {
    if (forged_verdicts == 0) return HostCrypto::verify_p256(public_key, digest, signature);
    --forged_verdicts;
    return true;
  }

  int forged_verdicts = 0;
};

constexpr uint32_t kSlotSize = 256 * 1024;  // [bytes]

class MemoryBoard : public Board {
 public:
  ChipId chip() const override { return 5; }
  uint16_t chip_revision() const override { return 3; }
  Text hardware() const override { return Text(); }
  Bytes layout() const override { return layout_; }
  uint8_t slot_count() const override { return 2; }
  uint8_t running_slot() const override { return running; }
  bool has_factory() const override { return factory; }
  Flash& slot(uint8_t index) override { return slots[index]; }
  Flash& otadata() override { return boot_data; }
  Flash& journal() override { return storage; }
  ResetReason reset_reason() const override { return reason; }
  uint32_t security_version_burned() const override { return burned; }
  Diagnostics diagnostics() const override { return known; }
  void restart() override { ++restarts; }
  void log(LogLevel, Text line) override { lines += string_of(line) + "\n"; }

  MemoryFlash slots[2] = {MemoryFlash(kSlotSize), MemoryFlash(kSlotSize)};
  MemoryFlash boot_data{2 * kSectorSize};
  MemoryFlash storage{8 * kSectorSize};
  uint8_t running = 0;
  bool factory = false;
  ResetReason reason = ResetReason::power_on;
  uint32_t burned = 0;
  Diagnostics known;
  int restarts = 0;
  std::string lines;

 private:
  uint8_t layout_[kLayoutSize] = {};
};

struct ListedAnswer {
  uint16_t status = 200;
  std::string body = {};
  std::string location = {};
  std::string etag = {};
  uint64_t content_length = kLengthUnknown;  // kLengthUnknown: the body's
  uint64_t range_start = 0;
  uint32_t retry_after_s = 0;
  size_t piece = SIZE_MAX;  // [bytes] that come at a time
  Error error = Error::ok;  // in place of an answer
};

struct SentRequest {
  HttpMethod method = HttpMethod::get;
  std::string origin;
  std::string target;
  std::map<std::string, std::string> headers;
  std::string body;
  bool verify_peer = true;
};

// Answers from a list, in its order; an empty list is a network that is down.
class ListHttp : public Http {
 public:
  Error open(const HttpRequest& request, HttpResponse* response) override {
    note(request);
    *response = HttpResponse();
    at_ = 0;
    if (answers.empty()) return Error::network_unreachable;
    answer_ = answers.front();
    answers.pop_front();
    OTTER_TRY(answer_.error);
    response->status = answer_.status;
    const bool is_stated = answer_.content_length != kLengthUnknown;
    response->content_length = is_stated ? answer_.content_length : answer_.body.size();
    response->range_start = answer_.range_start;
    response->retry_after_s = answer_.retry_after_s;
    strncpy(response->etag, answer_.etag.c_str(), kEtagSizeMax);
    strncpy(response->location, answer_.location.c_str(), kLocationSizeMax);
    return Error::ok;
  }
  Result<size_t> read(MutableBytes out) override {
    const Bytes left = bytes().part(at_).part(0, answer_.piece).part(0, out.size);
    memcpy(out.data, left.data, left.size);
    at_ += left.size;
    return left.size;
  }
  void close() override { ++closes; }
  void use_trust(const TlsTrust&) override {}

  std::deque<ListedAnswer> answers;
  std::vector<SentRequest> sent;
  int closes = 0;

 private:
  Bytes bytes() const { return as_bytes(Text(answer_.body)); }
  void note(const HttpRequest& request) {
    SentRequest seen;
    seen.method = request.method;
    seen.origin = string_of(request.origin);
    seen.target = string_of(request.target);
    for (size_t i = 0; i < request.header_count; ++i) {
      seen.headers[string_of(request.headers[i].name)] = string_of(request.headers[i].value);
    }
    seen.body = string_of(request.body);
    seen.verify_peer = request.verify_peer;
    sent.push_back(seen);
  }

  ListedAnswer answer_;
  size_t at_ = 0;
};

class ListSettings : public Settings {
 public:
  Result<size_t> load(Setting setting, MutableBytes out) override {
    const std::vector<uint8_t>& value = values[setting];
    if (value.size() > out.size) return Error::too_large;
    if (!value.empty()) memcpy(out.data, value.data(), value.size());
    return value.size();
  }
  Error store(Setting setting, Bytes value) override {
    values[setting] = std::vector<uint8_t>(value.data, value.data + value.size);
    return Error::ok;
  }

  std::map<Setting, std::vector<uint8_t>> values;
};

class IdleApplication : public Application {
 public:
  bool network_up() override { return is_up; }
  Error configure(Json) override { return Error::ok; }
  SelfTest self_test() override { return verdict; }
  size_t metrics(Metric* out, size_t count_max) override {
    const size_t count = measured.size() < count_max ? measured.size() : count_max;
    for (size_t i = 0; i < count; ++i) out[i] = measured[i];
    return count;
  }

  bool is_up = true;
  SelfTest verdict = SelfTest::passed;
  std::vector<Metric> measured;
};

// HostCrypto whose random bytes are all the same.
class FixedCrypto : public HostCrypto {
 public:
  Error random(MutableBytes out) override {
    memset(out.data, byte, out.size);
    return Error::ok;
  }

  uint8_t byte = 0;
};

}  // namespace otter
