// One board's connection to a ScriptedServer and its mirrors.
#include <algorithm>
#include <cstring>

#include "publish/text.h"
#include "sim/scripted_server.h"

namespace otter::sim {
namespace {

constexpr uint64_t kSlowByte = 1000;  // [ms]

std::vector<std::string> strings_of(const Json& list) {
  std::vector<std::string> out;
  for (JsonItems items(list); items.next();) {
    const Result<Text> item = items.value().plain_string();
    if (item.ok()) out.push_back(string_of(item.value));
  }
  return out;
}

bool holds(const std::vector<std::string>& list, const std::string& wanted) {
  return !wanted.empty() && std::find(list.begin(), list.end(), wanted) != list.end();
}

SeenRequest seen(const HttpRequest& request) {
  SeenRequest out;
  out.origin = string_of(request.origin);
  out.method = request.method == HttpMethod::get ? "GET" : "POST";
  out.target = string_of(request.target);
  for (size_t i = 0; i < request.header_count; ++i) {
    out.headers[string_of(request.headers[i].name)] = string_of(request.headers[i].value);
  }
  out.body = string_of(as_text(request.body));
  out.verify_peer = request.verify_peer;
  return out;
}

}  // namespace

// Hands the answer out in the pieces that its reader asks for.
class ScriptedServer::Connection : public Http {
 public:
  Connection(ScriptedServer& server, const ConnectOptions& options)
      : server_(server),
        clock_(options.clock),
        anchors_{options.trust.anchor},
        pins_{options.trust.pin} {}

  Error open(const HttpRequest& request, HttpResponse* response) override {
    *response = HttpResponse();
    at_ = 0;
    if (request.origin.empty()) {
      OTTER_TRY(server_.faults.connection);
      if (request.verify_peer && !is_trusted()) return Error::tls_untrusted;
      server_.requests.push_back(seen(request));
      answer_ = server_.answer(request);
    } else {
      origin_ = string_of(request.origin);
      const auto mirror = server_.mirrors_.find(origin_);
      if (mirror == server_.mirrors_.end()) return Error::network_unreachable;
      server_.requests.push_back(seen(request));
      answer_ = server_.answer_mirror(mirror->second, request);
    }
    is_mirror_ = !request.origin.empty();
    response->status = answer_.status;
    response->content_length = answer_.body.size();
    response->range_start = answer_.range_start;
    response->retry_after_s = answer_.retry_after_s;
    std::strncpy(response->etag, answer_.etag.c_str(), kEtagSizeMax);
    return Error::ok;
  }

  Result<size_t> read(MutableBytes out) override {
    const size_t left = answer_.body.size() - at_;
    size_t size = std::min(left, out.size);
    if (answer_.is_slow && clock_ != nullptr && size > 0) {
      size = 1;
      clock_->advance(kSlowByte);
    }
    if ((answer_.is_image || answer_.is_patch) && server_.faults.drop_image_after) {
      const uint64_t allowed = *server_.faults.drop_image_after;
      if (at_ >= allowed) return Error::network_closed;
      size = static_cast<size_t>(std::min<uint64_t>(size, allowed - at_));
    }
    std::copy_n(answer_.body.begin() + static_cast<ptrdiff_t>(at_), size, out.data);
    at_ += size;
    if (answer_.is_image) server_.image_bytes_sent += size;
    if (answer_.is_patch) server_.patch_bytes_sent += size;
    if (is_mirror_) server_.mirror_bytes_sent[origin_] += size;
    return size;
  }

  void close() override {
    answer_ = Answer();
    at_ = 0;
  }

  void use_trust(const TlsTrust& trust) override {
    std::vector<std::string> anchors = strings_of(trust.anchors);
    std::vector<std::string> pins = strings_of(trust.pins);
    if (anchors.empty() && pins.empty()) return;
    anchors_ = std::move(anchors);
    pins_ = std::move(pins);
  }

 private:
  // An anchor or a pin: either will do.
  bool is_trusted() const {
    return holds(anchors_, server_.identity.anchor) || holds(pins_, server_.identity.pin);
  }

  ScriptedServer& server_;
  VirtualClock* clock_;
  std::vector<std::string> anchors_;
  std::vector<std::string> pins_;
  Answer answer_;
  size_t at_ = 0;  // [bytes] of the body
  bool is_mirror_ = false;
  std::string origin_;
};

std::unique_ptr<Http> ScriptedServer::connect(const ConnectOptions& options) {
  return std::make_unique<Connection>(*this, options);
}

}  // namespace otter::sim
