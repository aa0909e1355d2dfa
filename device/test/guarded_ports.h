// The core's ports, each call of which leaves the engine for the test's own stack. One thread.
#pragma once

#include <vector>

#include "device/test/engine_stack.h"
#include "ota/updater_config.h"

namespace otter {

// Gives what `call` gives.
template <typename Value, typename Call>
Value ask_outside(EngineStack& stack, Call&& call) {
  Value value{};
  stack.outside([&] { value = call(); });
  return value;
}

class GuardedFlash : public Flash {
 public:
  GuardedFlash(EngineStack& stack, Flash& flash) : stack_(stack), flash_(flash) {}
  uint32_t size_bytes() const override {
    return ask_outside<uint32_t>(stack_, [&] { return flash_.size_bytes(); });
  }
  uint32_t write_unit() const override {
    return ask_outside<uint32_t>(stack_, [&] { return flash_.write_unit(); });
  }
  Result<bool> is_erased(uint32_t offset, uint32_t size) override {
    Result<bool> result = Error::flash_io;
    stack_.outside([&] { result = flash_.is_erased(offset, size); });
    return result;
  }
  Error read(uint32_t offset, MutableBytes out) override {
    return ask_outside<Error>(stack_, [&] { return flash_.read(offset, out); });
  }
  Error erase(uint32_t offset, uint32_t size) override {
    return ask_outside<Error>(stack_, [&] { return flash_.erase(offset, size); });
  }
  Error program(uint32_t offset, Bytes data) override {
    return ask_outside<Error>(stack_, [&] { return flash_.program(offset, data); });
  }

 private:
  EngineStack& stack_;
  Flash& flash_;
};

class GuardedBoard : public Board {
 public:
  GuardedBoard(EngineStack& stack, Board& board)
      : stack_(stack),
        board_(board),
        otadata_(stack, board.otadata()),
        journal_(stack, board.journal()) {
    for (uint8_t i = 0; i < board.slot_count(); ++i) slots_.emplace_back(stack, board.slot(i));
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
    stack_.outside([&] { board_.log(level, line); });
  }

 private:
  EngineStack& stack_;
  Board& board_;
  GuardedFlash otadata_;
  GuardedFlash journal_;
  std::vector<GuardedFlash> slots_;
};

class GuardedHttp : public Http {
 public:
  GuardedHttp(EngineStack& stack, Http& http) : stack_(stack), http_(http) {}
  Error open(const HttpRequest& request, HttpResponse* response) override {
    return ask_outside<Error>(stack_, [&] { return http_.open(request, response); });
  }
  Result<size_t> read(MutableBytes out) override {
    Result<size_t> result = Error::network_closed;
    stack_.outside([&] { result = http_.read(out); });
    return result;
  }
  void close() override {
    stack_.outside([&] { http_.close(); });
  }
  void use_trust(const TlsTrust& trust) override {
    stack_.outside([&] { http_.use_trust(trust); });
  }

 private:
  EngineStack& stack_;
  Http& http_;
};

class GuardedCrypto : public Crypto {
 public:
  GuardedCrypto(EngineStack& stack, Crypto& crypto) : stack_(stack), crypto_(crypto) {}
  void sha256_begin(HashLane lane) override {
    stack_.outside([&] { crypto_.sha256_begin(lane); });
  }
  void sha256_update(HashLane lane, Bytes data) override {
    stack_.outside([&] { crypto_.sha256_update(lane, data); });
  }
  Error sha256_finish(HashLane lane, Digest* out) override {
    return ask_outside<Error>(stack_, [&] { return crypto_.sha256_finish(lane, out); });
  }
  bool verify_p256(Bytes public_key, const Digest& digest, Bytes signature) override {
    return ask_outside<bool>(stack_,
                             [&] { return crypto_.verify_p256(public_key, digest, signature); });
  }
  Error random(MutableBytes out) override {
    return ask_outside<Error>(stack_, [&] { return crypto_.random(out); });
  }

 private:
  EngineStack& stack_;
  Crypto& crypto_;
};

class GuardedSettings : public Settings {
 public:
  GuardedSettings(EngineStack& stack, Settings& settings) : stack_(stack), settings_(settings) {}
  Result<size_t> load(Setting setting, MutableBytes out) override {
    Result<size_t> result = Error::settings_io;
    stack_.outside([&] { result = settings_.load(setting, out); });
    return result;
  }
  Error store(Setting setting, Bytes value) override {
    return ask_outside<Error>(stack_, [&] { return settings_.store(setting, value); });
  }

 private:
  EngineStack& stack_;
  Settings& settings_;
};

}  // namespace otter
