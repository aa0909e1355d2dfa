#include "sim/hostile_http.h"

#include <algorithm>
#include <cstring>

#include "ota/crc32.h"
#include "publish/text.h"

namespace otter::sim {
namespace {

constexpr uint64_t kPatience = 15000;  // [ms] until a reader gives up, as in HttpsClientSettings
constexpr uint64_t kDrip = 1000;       // [ms] for a byte
constexpr size_t kDuplicated = 16;     // [bytes]
constexpr uint8_t kFlippedBit = 0x10;
constexpr uint32_t kLoops = 8;         // answers: more than anybody should follow
constexpr size_t kStoredMax = 0xFFFF;  // [bytes] of a stored block, RFC 1951 section 3.2.4
constexpr char kElsewhere[] = "https://elsewhere.invalid";
constexpr char kLies[] = "all your keys are welcome here";

bool is_of_body(HostileKind kind) { return kind <= HostileKind::flip; }

void add_u16(std::string& out, size_t value) {
  out += static_cast<char>(value & 0xFF);
  out += static_cast<char>(value >> 8 & 0xFF);
}

void add_u32(std::string& out, size_t value) {
  add_u16(out, value);
  add_u16(out, value >> 16);
}

// A gzip member without compression. Source: RFC 1952 section 2.3
std::string gzip(const std::string& body) {
  std::string out("\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\xFF", 10);
  for (size_t at = 0; at == 0 || at < body.size(); at += kStoredMax) {
    const std::string block = body.substr(at, kStoredMax);
    out += static_cast<char>(at + block.size() >= body.size() ? 1 : 0);
    add_u16(out, block.size());
    add_u16(out, ~block.size());
    out += block;
  }
  add_u32(out, crc32(0, as_bytes(Text(body))));
  add_u32(out, body.size());
  return out;
}

HttpRequest without_range(HttpRequest request) {
  size_t kept = 0;
  for (size_t i = 0; i < request.header_count; ++i) {
    if (!(request.headers[i].name == Text("Range"))) request.headers[kept++] = request.headers[i];
  }
  request.header_count = kept;
  return request;
}

}  // namespace

const char* name(HostileKind kind) {
  constexpr const char* kNames[] = {"drop",          "stall", "duplicate",    "truncate",
                                    "endless",       "drip",  "flip",         "whole_file",
                                    "changed_etag",  "gzip",  "wrong_length", "redirect_elsewhere",
                                    "redirect_loop", "replay"};
  return kNames[static_cast<size_t>(kind)];
}

std::string text_of(const HostileFault& fault) {
  const std::string place = fault.before_head        ? "before the head"
                            : is_of_body(fault.kind) ? "at byte " + std::to_string(fault.byte)
                                                     : "in the head";
  return std::string(name(fault.kind)) + " " + place + " of answer " +
         std::to_string(fault.response);
}

// One connection.
class HostileHttp : public Http {
 public:
  HostileHttp(HostileNetwork& network, std::unique_ptr<Http> http)
      : network_(network), http_(std::move(http)) {}

  Error open(const HttpRequest& request, HttpResponse* response) override;
  Result<size_t> read(MutableBytes out) override;
  void close() override;
  void use_trust(const TlsTrust& trust) override { http_->use_trust(trust); }

 private:
  Error answer(const HttpRequest& request, HttpResponse* response);
  Error spoil(const HttpRequest& request, HttpResponse* response);
  Error replay(HttpResponse* response);
  Error redirect(const std::string& location, HttpResponse* response);
  Error lie(HttpResponse* response);
  Error lose_head(const HttpRequest& request, HttpResponse* response);
  Error compress(HttpResponse* response);
  Error shorten(HttpResponse* response);
  static Result<size_t> read_from(std::string& body, MutableBytes out);
  Result<size_t> read_any(MutableBytes out);
  Result<size_t> read_spoilt(MutableBytes out);
  Result<size_t> misbehave(MutableBytes out);
  Result<size_t> flip(MutableBytes out);
  Result<size_t> take(MutableBytes out);
  Error give_up();
  void hand_out(std::string body, HttpResponse* response);

  HostileNetwork& network_;
  std::unique_ptr<Http> http_;
  std::optional<HostileKind> spoils_;  // the body that is being read
  std::string target_;
  uint64_t at_ = 0;      // [bytes] of the true body that were read
  uint64_t handed_ = 0;  // [bytes] that the device got
  uint64_t stated_ = kLengthUnknown;
  std::optional<std::string> own_;  // a body that is not the server's
  std::string again_;               // [bytes] to come a second time
  std::string last_;                // the last that came
};

std::unique_ptr<Http> HostileNetwork::wrap(std::unique_ptr<Http> http) {
  return std::make_unique<HostileHttp>(*this, std::move(http));
}

Error HostileHttp::open(const HttpRequest& request, HttpResponse* response) {
  close();
  *response = HttpResponse();
  if (!request.origin.empty()) {
    std::string told = string_of(request.origin) + string_of(request.target);
    for (size_t i = 0; i < request.header_count; ++i) {
      told +=
          "\n" + string_of(request.headers[i].name) + ": " + string_of(request.headers[i].value);
    }
    network_.told_elsewhere_.push_back(told + "\n\n" + string_of(as_text(request.body)));
  }
  target_ = string_of(request.target);
  const Error error = answer(request, response);
  if (error != Error::ok) return error;
  stated_ = response->content_length;
  SeenAnswer seen;
  seen.target = target_;
  seen.status = response->status;
  seen.was_seen_before = network_.captured_.contains(target_);
  network_.answers_.push_back(seen);
  network_.captured_[target_] = {*response, ""};
  return Error::ok;
}

Error HostileHttp::answer(const HttpRequest& request, HttpResponse* response) {
  if (request.origin == Text(kElsewhere)) return lie(response);
  const std::optional<HostileFault>& fault = network_.fault_;
  const auto number = static_cast<uint32_t>(network_.answers_.size());
  if (!network_.looping_target_.empty() && network_.looping_target_ == target_ &&
      number < fault->response + kLoops) {
    return redirect(target_, response);
  }
  if (!fault || fault->response != number || network_.fired_) return http_->open(request, response);
  return fault->before_head ? lose_head(request, response) : spoil(request, response);
}

Error HostileHttp::lose_head(const HttpRequest& request, HttpResponse* response) {
  OTTER_TRY(http_->open(request, response));
  http_->close();
  network_.fired_ = true;
  return network_.fault_->kind == HostileKind::stall ? give_up() : Error::network_closed;
}

Error HostileHttp::give_up() {
  network_.clock_.advance(kPatience);
  return Error::network_timeout;
}

Error HostileHttp::spoil(const HttpRequest& request, HttpResponse* response) {
  const HostileKind kind = network_.fault_->kind;
  network_.fired_ = !is_of_body(kind);
  switch (kind) {
    case HostileKind::redirect_elsewhere:
      return redirect(kElsewhere + target_, response);
    case HostileKind::redirect_loop:
      network_.looping_target_ = target_;
      return redirect(target_, response);
    case HostileKind::replay:
      if (network_.captured_.contains(target_)) return replay(response);
      network_.fired_ = false;
      return http_->open(request, response);
    case HostileKind::whole_file:
      return http_->open(without_range(request), response);
    default:
      break;
  }
  OTTER_TRY(http_->open(request, response));
  if (kind == HostileKind::changed_etag) std::strncpy(response->etag, "\"another\"", kEtagSizeMax);
  if (kind == HostileKind::wrong_length) ++response->content_length;
  if (kind == HostileKind::gzip) return compress(response);
  if (kind == HostileKind::endless) response->content_length = kLengthUnknown;
  if (kind == HostileKind::truncate) return shorten(response);
  if (is_of_body(kind)) spoils_ = kind;
  return Error::ok;
}

Error HostileHttp::shorten(HttpResponse* response) {
  const uint32_t byte = network_.fault_->byte;
  network_.fired_ = byte < response->content_length;
  response->content_length = std::min<uint64_t>(response->content_length, byte);
  return Error::ok;
}

void HostileHttp::hand_out(std::string body, HttpResponse* response) {
  response->content_length = body.size();
  own_ = std::move(body);
}

Error HostileHttp::lie(HttpResponse* response) {
  response->status = 200;
  hand_out(kLies, response);
  return Error::ok;
}

Error HostileHttp::replay(HttpResponse* response) {
  const HostileNetwork::Captured captured = network_.captured_[target_];
  *response = captured.head;
  hand_out(captured.body, response);
  return Error::ok;
}

Error HostileHttp::redirect(const std::string& location, HttpResponse* response) {
  response->status = 302;
  std::strncpy(response->location, location.c_str(), kLocationSizeMax);
  hand_out("", response);
  return Error::ok;
}

Error HostileHttp::compress(HttpResponse* response) {
  std::string body;
  for (;;) {
    uint8_t piece[1024];
    const Result<size_t> size = http_->read(piece);
    OTTER_TRY(size.error);
    if (size.value == 0) break;
    body.append(reinterpret_cast<const char*>(piece), size.value);
  }
  hand_out(gzip(body), response);
  return Error::ok;
}

// A client hands out no more than the head has promised.
Result<size_t> HostileHttp::read(MutableBytes out) {
  if (stated_ != kLengthUnknown) out = out.part(0, std::min<uint64_t>(out.size, stated_ - handed_));
  if (out.size == 0) return size_t{0};
  const Result<size_t> size = read_any(out);
  if (!size.ok()) return size;
  handed_ += size.value;
  network_.captured_[target_].body.append(reinterpret_cast<const char*>(out.data), size.value);
  if (!network_.answers_.empty()) network_.answers_.back().body_bytes = handed_;
  return size;
}

Result<size_t> HostileHttp::read_any(MutableBytes out) {
  if (own_) return read_from(*own_, out);
  if (!again_.empty()) return read_from(again_, out);
  return spoils_ ? read_spoilt(out) : take(out);
}

Result<size_t> HostileHttp::read_from(std::string& body, MutableBytes out) {
  const size_t size = std::min(out.size, body.size());
  std::copy_n(body.begin(), size, out.data);
  body.erase(0, size);
  return size;
}

// From the server; a length that promises more than comes is an early end.
Result<size_t> HostileHttp::take(MutableBytes out) {
  const Result<size_t> size = http_->read(out);
  if (!size.ok()) return size;
  at_ += size.value;
  if (size.value == 0 && stated_ != kLengthUnknown) return Error::network_closed;
  return size;
}

Result<size_t> HostileHttp::read_spoilt(MutableBytes out) {
  const uint32_t byte = network_.fault_->byte;
  if (at_ >= byte) return misbehave(out);
  const MutableBytes before = out.part(0, std::min<uint64_t>(out.size, byte - at_));
  const Result<size_t> size = take(before);
  if (size.ok()) last_.append(reinterpret_cast<const char*>(out.data), size.value);
  if (last_.size() > kDuplicated) last_.erase(0, last_.size() - kDuplicated);
  return size;
}

Result<size_t> HostileHttp::misbehave(MutableBytes out) {
  network_.fired_ = true;
  switch (*spoils_) {
    case HostileKind::drop:
      return Error::network_closed;
    case HostileKind::stall:
      return give_up();
    case HostileKind::duplicate:
      spoils_.reset();
      again_ = last_;
      return read_any(out);
    case HostileKind::endless:
      std::memset(out.data, 'x', out.size);
      return out.size;
    case HostileKind::drip:
      network_.clock_.advance(kDrip);
      return take(out.part(0, 1));
    default:
      return flip(out);
  }
}

Result<size_t> HostileHttp::flip(MutableBytes out) {
  spoils_.reset();
  const Result<size_t> size = take(out.part(0, 1));
  if (size.ok() && size.value == 1) out.data[0] ^= kFlippedBit;
  return size;
}

void HostileHttp::close() {
  http_->close();
  spoils_.reset();
  own_.reset();
  again_.clear();
  last_.clear();
  at_ = 0;
  handed_ = 0;
  stated_ = kLengthUnknown;
}

namespace {

void add_head_faults(const SeenAnswer& answer, uint32_t number, std::vector<HostileFault>& out) {
  for (const HostileKind kind : {HostileKind::drop, HostileKind::stall}) {
    out.push_back({.kind = kind, .response = number, .before_head = true});
  }
  for (const HostileKind kind : kHostileKinds) {
    if (kind == HostileKind::whole_file && answer.status != 206) continue;
    if (kind == HostileKind::replay && !answer.was_seen_before) continue;
    if (!is_of_body(kind)) out.push_back({.kind = kind, .response = number});
  }
}

bool is_tried(uint32_t byte, uint64_t body_bytes, const HostilePlaces& places) {
  const uint32_t in_page = byte % places.page;
  const bool is_at_boundary = in_page <= 1 || in_page == places.page - 1;
  return body_bytes <= places.small_max || is_at_boundary || byte % places.stride == 0;
}

}  // namespace

std::vector<HostileFault> enumerate_faults(const std::vector<SeenAnswer>& answers,
                                           const HostilePlaces& places) {
  std::vector<HostileFault> out;
  for (uint32_t number = 0; number < answers.size(); ++number) {
    add_head_faults(answers[number], number, out);
    const uint64_t size = answers[number].body_bytes;
    for (uint32_t byte = 0; byte < size; ++byte) {
      if (!is_tried(byte, size, places)) continue;
      for (const HostileKind kind : kHostileKinds) {
        if (is_of_body(kind)) out.push_back({.kind = kind, .response = number, .byte = byte});
      }
    }
  }
  return out;
}

}  // namespace otter::sim
