// The core's ports, each call of which leaves the engine for the test's own stack, and one of which
// may fail. One thread.
#pragma once

#include <vector>

#include "device/test/engine_stack.h"
#include "ota/updater_config.h"

namespace otter {

// Which of all the calls that can fail do, counted from 1 on.
struct PortFaults {
  uint64_t calls = 0;
  uint64_t fails_at = 0;      // the first one; 0: none
  uint64_t fails_for = 1;     // so many of them
  bool spares_reads = false;  // flash can be read all the same

  bool fails() {
    ++calls;
    return fails_at != 0 && calls >= fails_at && calls - fails_at < fails_for;
  }
  bool fails_to_read() { return !spares_reads && fails(); }
};

// What all guarded ports of a board share.
struct Guard {
  EngineStack stack;
  PortFaults faults;
};

// Gives what `call` gives.
template <typename Value, typename Call>
Value ask_outside(Guard& guard, Call&& call) {
  Value value{};
  guard.stack.outside([&] { value = call(); });
  return value;
}

class GuardedFlash : public Flash {
 public:
  GuardedFlash(Guard& guard, Flash& flash) : guard_(guard), flash_(flash) {}
  uint32_t size_bytes() const override {
    return ask_outside<uint32_t>(guard_, [&] { return flash_.size_bytes(); });
  }
  uint32_t write_unit() const override {
    return ask_outside<uint32_t>(guard_, [&] { return flash_.write_unit(); });
  }
  Result<bool> is_erased(uint32_t offset, uint32_t size) override {
    if (guard_.faults.fails_to_read()) return Error::flash_io;
    Result<bool> result = Error::flash_io;
    guard_.stack.outside([&] { result = flash_.is_erased(offset, size); });
    return result;
  }
  Error read(uint32_t offset, MutableBytes out) override {
    if (guard_.faults.fails_to_read()) return Error::flash_io;
    return ask_outside<Error>(guard_, [&] { return flash_.read(offset, out); });
  }
  Error erase(uint32_t offset, uint32_t size) override {
    if (guard_.faults.fails()) return Error::flash_io;
    return ask_outside<Error>(guard_, [&] { return flash_.erase(offset, size); });
  }
  Error program(uint32_t offset, Bytes data) override {
    if (guard_.faults.fails()) return Error::flash_io;
    return ask_outside<Error>(guard_, [&] { return flash_.program(offset, data); });
  }

 private:
  Guard& guard_;
  Flash& flash_;
};

class GuardedBoard : public Board {
 public:
  GuardedBoard(Guard& guard, Board& board)
      : guard_(guard),
        board_(board),
        otadata_(guard, board.otadata()),
        journal_(guard, board.journal()) {
    for (uint8_t i = 0; i < board.slot_count(); ++i) slots_.emplace_back(guard, board.slot(i));
  }
  ChipId chip() const override { return board_.chip(); }
  uint16_t chip_revision() const override { return board_.chip_revision(); }
  Text hardware() const override { return board_.hardware(); }
  Bytes layout() const override { return board_.layout(); }
  uint8_t slot_count() const override { return board_.slot_count(); }
  uint8_t running_slot() const override { return board_.running_slot(); }
  bool has_factory() const override { return board_.has_factory(); }
  Flash& slot(uint8_t index) override { return slots_[index]; }
  Flash& otadata() override { return otadata_; }
  Flash& journal() override { return journal_; }
  ResetReason reset_reason() const override { return board_.reset_reason(); }
  uint32_t security_version_burned() const override { return board_.security_version_burned(); }
  Diagnostics diagnostics() const override { return board_.diagnostics(); }
  void restart() override { board_.restart(); }
  void log(LogLevel level, Text line) override {
    guard_.stack.outside([&] { board_.log(level, line); });
  }

 private:
  Guard& guard_;
  Board& board_;
  GuardedFlash otadata_;
  GuardedFlash journal_;
  std::vector<GuardedFlash> slots_;
};

class GuardedHttp : public Http {
 public:
  GuardedHttp(Guard& guard, Http& http) : guard_(guard), http_(http) {}
  Error open(const HttpRequest& request, HttpResponse* response) override {
    if (guard_.faults.fails()) return Error::network_timeout;
    return ask_outside<Error>(guard_, [&] { return http_.open(request, response); });
  }
  Result<size_t> read(MutableBytes out) override {
    if (guard_.faults.fails()) return Error::network_closed;
    Result<size_t> result = Error::network_closed;
    guard_.stack.outside([&] { result = http_.read(out); });
    return result;
  }
  void close() override {
    guard_.stack.outside([&] { http_.close(); });
  }
  void use_trust(const TlsTrust& trust) override {
    guard_.stack.outside([&] { http_.use_trust(trust); });
  }

 private:
  Guard& guard_;
  Http& http_;
};

class GuardedCrypto : public Crypto {
 public:
  GuardedCrypto(Guard& guard, Crypto& crypto) : guard_(guard), crypto_(crypto) {}
  void sha256_begin(HashLane lane) override {
    guard_.stack.outside([&] { crypto_.sha256_begin(lane); });
  }
  void sha256_update(HashLane lane, Bytes data) override {
    guard_.stack.outside([&] { crypto_.sha256_update(lane, data); });
  }
  Error sha256_finish(HashLane lane, Digest* out) override {
    if (guard_.faults.fails()) return Error::low_memory;
    return ask_outside<Error>(guard_, [&] { return crypto_.sha256_finish(lane, out); });
  }
  bool verify_p256(Bytes public_key, const Digest& digest, Bytes signature) override {
    return ask_outside<bool>(guard_,
                             [&] { return crypto_.verify_p256(public_key, digest, signature); });
  }
  Error random(MutableBytes out) override {
    if (guard_.faults.fails()) return Error::random_failed;
    return ask_outside<Error>(guard_, [&] { return crypto_.random(out); });
  }

 private:
  Guard& guard_;
  Crypto& crypto_;
};

class GuardedSettings : public Settings {
 public:
  GuardedSettings(Guard& guard, Settings& settings) : guard_(guard), settings_(settings) {}
  Result<size_t> load(Setting setting, MutableBytes out) override {
    if (guard_.faults.fails()) return Error::settings_io;
    Result<size_t> result = Error::settings_io;
    guard_.stack.outside([&] { result = settings_.load(setting, out); });
    return result;
  }
  Error store(Setting setting, Bytes value) override {
    if (guard_.faults.fails()) return Error::settings_io;
    return ask_outside<Error>(guard_, [&] { return settings_.store(setting, value); });
  }

 private:
  Guard& guard_;
  Settings& settings_;
};

}  // namespace otter
