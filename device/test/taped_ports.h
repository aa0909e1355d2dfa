// The core's ports on a tape: each call and its answer pass over it. While it is recorded there is
// a real port behind each; while it is played there is none. As free of heap and libraries as the
// tape itself. One thread.
#pragma once

#include "device/test/tape.h"
#include "ota/updater_config.h"

namespace otter {

enum class PortCall : uint8_t {
  size_bytes,
  write_unit,
  is_erased,
  read,
  erase,
  program,
  sha256_begin,
  sha256_update,
  sha256_finish,
  verify_p256,
  random,
  chip,
  chip_revision,
  hardware,
  layout,
  slot_count,
  running_slot,
  has_factory,
  reset_reason,
  security_version_burned,
  diagnostics,
  restart,
  log,
  open,
  read_body,
  close,
  use_trust,
  load,
  store,
  ready_for_update,
  network_up,
  self_test,
  configure,
  metrics,
};

// Notes a call and its arguments: numbers, Bytes, Text.
template <typename... Arguments>
void note_call(Tape& tape, PortCall call, Arguments... arguments) {
  tape.given(static_cast<uint64_t>(call));
  (tape.given(arguments), ...);
}

// What `ask` answers, or answered when the tape was recorded.
template <typename Value, typename Ask>
Value taped(Tape& tape, Ask&& ask) {
  Value value{};
  if (!tape.is_played()) value = ask();
  tape.got_value(&value);
  return value;
}

// The same of an answer that fills `out`.
template <typename Ask>
Error taped_filled(Tape& tape, MutableBytes out, Ask&& ask) {
  const Error error = taped<Error>(tape, ask);
  if (error == Error::ok) tape.got(out);
  return error;
}

// The same of an answer that fills the front of `out` and says how much of it.
template <typename Ask>
Result<size_t> taped_front(Tape& tape, MutableBytes out, Ask&& ask) {
  Result<size_t> result = size_t{0};
  if (!tape.is_played()) result = ask();
  tape.got_value(&result.error);
  tape.got_value(&result.value);
  if (result.ok()) tape.got(out.part(0, result.value));
  return result;
}

class TapedFlash : public Flash {
 public:
  TapedFlash(Tape& tape, Flash* flash, uint64_t number)
      : tape_(tape), flash_(flash), number_(number) {}
  uint32_t size_bytes() const override {
    note_call(tape_, PortCall::size_bytes, number_);
    return taped<uint32_t>(tape_, [&] { return flash_->size_bytes(); });
  }
  uint32_t write_unit() const override {
    note_call(tape_, PortCall::write_unit, number_);
    return taped<uint32_t>(tape_, [&] { return flash_->write_unit(); });
  }
  Result<bool> is_erased(uint32_t offset, uint32_t size) override {
    note_call(tape_, PortCall::is_erased, number_, uint64_t{offset}, uint64_t{size});
    Result<bool> result = false;
    if (!tape_.is_played()) result = flash_->is_erased(offset, size);
    tape_.got_value(&result.error);
    tape_.got_value(&result.value);
    return result;
  }
  Error read(uint32_t offset, MutableBytes out) override {
    note_call(tape_, PortCall::read, number_, uint64_t{offset}, uint64_t{out.size});
    return taped_filled(tape_, out, [&] { return flash_->read(offset, out); });
  }
  Error erase(uint32_t offset, uint32_t size) override {
    note_call(tape_, PortCall::erase, number_, uint64_t{offset}, uint64_t{size});
    return taped<Error>(tape_, [&] { return flash_->erase(offset, size); });
  }
  Error program(uint32_t offset, Bytes data) override {
    note_call(tape_, PortCall::program, number_, uint64_t{offset}, data);
    return taped<Error>(tape_, [&] { return flash_->program(offset, data); });
  }

 private:
  Tape& tape_;
  Flash* flash_;
  uint64_t number_;
};

class TapedCrypto : public Crypto {
 public:
  TapedCrypto(Tape& tape, Crypto* crypto) : tape_(tape), crypto_(crypto) {}
  void sha256_begin(HashLane lane) override {
    note_call(tape_, PortCall::sha256_begin, static_cast<uint64_t>(lane));
    if (crypto_ != nullptr) crypto_->sha256_begin(lane);
  }
  void sha256_update(HashLane lane, Bytes data) override {
    note_call(tape_, PortCall::sha256_update, static_cast<uint64_t>(lane), data);
    if (crypto_ != nullptr) crypto_->sha256_update(lane, data);
  }
  Error sha256_finish(HashLane lane, Digest* out) override {
    note_call(tape_, PortCall::sha256_finish, static_cast<uint64_t>(lane));
    return taped_filled(tape_, out->bytes, [&] { return crypto_->sha256_finish(lane, out); });
  }
  bool verify_p256(Bytes public_key, const Digest& digest, Bytes signature) override {
    note_call(tape_, PortCall::verify_p256, public_key, Bytes(digest.bytes), signature);
    return taped<bool>(tape_, [&] { return crypto_->verify_p256(public_key, digest, signature); });
  }
  Error random(MutableBytes out) override {
    note_call(tape_, PortCall::random, uint64_t{out.size});
    return taped_filled(tape_, out, [&] { return crypto_->random(out); });
  }

 private:
  Tape& tape_;
  Crypto* crypto_;
};

// Of a board with two slots.
class TapedBoard : public Board {
 public:
  TapedBoard(Tape& tape, Board* board)
      : tape_(tape),
        board_(board),
        slots_{{tape, board == nullptr ? nullptr : &board->slot(0), 0},
               {tape, board == nullptr ? nullptr : &board->slot(1), 1}},
        otadata_(tape, board == nullptr ? nullptr : &board->otadata(), 2),
        journal_(tape, board == nullptr ? nullptr : &board->journal(), 3) {}
  ChipId chip() const override {
    note_call(tape_, PortCall::chip);
    return taped<ChipId>(tape_, [&] { return board_->chip(); });
  }
  uint16_t chip_revision() const override {
    note_call(tape_, PortCall::chip_revision);
    return taped<uint16_t>(tape_, [&] { return board_->chip_revision(); });
  }
  Text hardware() const override {
    note_call(tape_, PortCall::hardware);
    return tape_.kept(board_ == nullptr ? Text() : board_->hardware());
  }
  Bytes layout() const override {
    note_call(tape_, PortCall::layout);
    return tape_.kept(board_ == nullptr ? Bytes() : board_->layout());
  }
  uint8_t slot_count() const override {
    note_call(tape_, PortCall::slot_count);
    return taped<uint8_t>(tape_, [&] { return board_->slot_count(); });
  }
  uint8_t running_slot() const override {
    note_call(tape_, PortCall::running_slot);
    return taped<uint8_t>(tape_, [&] { return board_->running_slot(); });
  }
  bool has_factory() const override {
    note_call(tape_, PortCall::has_factory);
    return taped<bool>(tape_, [&] { return board_->has_factory(); });
  }
  Flash& slot(uint8_t index) override { return slots_[index]; }
  Flash& otadata() override { return otadata_; }
  Flash& journal() override { return journal_; }
  ResetReason reset_reason() const override {
    note_call(tape_, PortCall::reset_reason);
    return taped<ResetReason>(tape_, [&] { return board_->reset_reason(); });
  }
  uint32_t security_version_burned() const override {
    note_call(tape_, PortCall::security_version_burned);
    return taped<uint32_t>(tape_, [&] { return board_->security_version_burned(); });
  }
  Diagnostics diagnostics() const override {
    note_call(tape_, PortCall::diagnostics);
    Diagnostics known;
    if (board_ != nullptr) known = board_->diagnostics();
    tape_.got_value(&known.heap_low_water_bytes);
    tape_.got_value(&known.rssi_dbm);
    tape_.got_value(&known.secure_boot);
    tape_.got_value(&known.flash_encryption);
    tape_.got_value(&known.jtag_enabled);
    return known;
  }
  void restart() override {
    note_call(tape_, PortCall::restart);
    if (board_ != nullptr) board_->restart();
  }
  void log(LogLevel level, Text line) override {
    note_call(tape_, PortCall::log, static_cast<uint64_t>(level), line);
    if (board_ != nullptr) board_->log(level, line);
  }

 private:
  Tape& tape_;
  Board* board_;
  TapedFlash slots_[2];
  TapedFlash otadata_;
  TapedFlash journal_;
};

class TapedHttp : public Http {
 public:
  TapedHttp(Tape& tape, Http* http) : tape_(tape), http_(http) {}
  Error open(const HttpRequest& request, HttpResponse* response) override {
    note_call(tape_, PortCall::open, static_cast<uint64_t>(request.method), request.origin,
              request.target, uint64_t{request.verify_peer}, request.body);
    for (size_t i = 0; i < request.header_count; ++i) {
      tape_.given(request.headers[i].name);
      tape_.given(request.headers[i].value);
    }
    const Error error = taped<Error>(tape_, [&] { return http_->open(request, response); });
    tape_.got_value(&response->status);
    tape_.got_value(&response->content_length);
    tape_.got_value(&response->range_start);
    tape_.got_value(&response->retry_after_s);
    tape_.got(as_writable(response->etag));
    tape_.got(as_writable(response->location));
    return error;
  }
  Result<size_t> read(MutableBytes out) override {
    note_call(tape_, PortCall::read_body, uint64_t{out.size});
    return taped_front(tape_, out, [&] { return http_->read(out); });
  }
  void close() override {
    note_call(tape_, PortCall::close);
    if (http_ != nullptr) http_->close();
  }
  void use_trust(const TlsTrust& trust) override {
    note_call(tape_, PortCall::use_trust, trust.anchors.text(), trust.pins.text());
    if (http_ != nullptr) http_->use_trust(trust);
  }

 private:
  template <size_t N>
  static MutableBytes as_writable(char (&characters)[N]) {
    return MutableBytes(reinterpret_cast<uint8_t*>(characters), N);
  }

  Tape& tape_;
  Http* http_;
};

class TapedSettings : public Settings {
 public:
  TapedSettings(Tape& tape, Settings* settings) : tape_(tape), settings_(settings) {}
  Result<size_t> load(Setting setting, MutableBytes out) override {
    note_call(tape_, PortCall::load, static_cast<uint64_t>(setting), uint64_t{out.size});
    return taped_front(tape_, out, [&] { return settings_->load(setting, out); });
  }
  Error store(Setting setting, Bytes value) override {
    note_call(tape_, PortCall::store, static_cast<uint64_t>(setting), value);
    return taped<Error>(tape_, [&] { return settings_->store(setting, value); });
  }

 private:
  Tape& tape_;
  Settings* settings_;
};

class TapedApplication : public Application {
 public:
  TapedApplication(Tape& tape, Application* application) : tape_(tape), application_(application) {}
  Error ready_for_update() override {
    note_call(tape_, PortCall::ready_for_update);
    return taped<Error>(tape_, [&] { return application_->ready_for_update(); });
  }
  bool network_up() override {
    note_call(tape_, PortCall::network_up);
    return taped<bool>(tape_, [&] { return application_->network_up(); });
  }
  SelfTest self_test() override {
    note_call(tape_, PortCall::self_test);
    return taped<SelfTest>(tape_, [&] { return application_->self_test(); });
  }
  Error configure(Json values) override {
    note_call(tape_, PortCall::configure, values.text());
    return taped<Error>(tape_, [&] { return application_->configure(values); });
  }
  size_t metrics(Metric* out, size_t count_max) override {
    note_call(tape_, PortCall::metrics, uint64_t{count_max});
    size_t count = taped<size_t>(tape_, [&] { return application_->metrics(out, count_max); });
    if (count > count_max) count = 0;
    for (size_t i = 0; i < count; ++i) {
      out[i].name = tape_.kept(out[i].name);
      tape_.got_value(&out[i].value);
    }
    return count;
  }

 private:
  Tape& tape_;
  Application* application_;
};

// All of them. `real`: nullptr while the tape is played.
class TapedPorts {
 public:
  TapedPorts(Tape& tape, UpdaterPorts* real)
      : board_(tape, real == nullptr ? nullptr : &real->board),
        http_(tape, real == nullptr ? nullptr : &real->http),
        crypto_(tape, real == nullptr ? nullptr : &real->crypto),
        settings_(tape, real == nullptr ? nullptr : &real->settings),
        application_(tape, real == nullptr ? nullptr : &real->application) {}
  UpdaterPorts ports() { return {board_, http_, crypto_, settings_, application_}; }

 private:
  TapedBoard board_;
  TapedHttp http_;
  TapedCrypto crypto_;
  TapedSettings settings_;
  TapedApplication application_;
};

}  // namespace otter
