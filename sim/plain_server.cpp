#include "sim/plain_server.h"

#include <algorithm>

#include "publish/host_crypto.h"

namespace otter::sim {
namespace {

std::string text(Text view) { return std::string(view.data, view.size); }

std::string manifest_of(const PlainServer& server) {
  HostCrypto crypto;
  const Digest hash = sha256(crypto, server.image).value;
  const Digest hmac = hmac_sha256(crypto, as_bytes(server.hmac_secret), server.image).value;
  return "{\"version\":\"" + server.version + "\",\"size\":" + std::to_string(server.image.size()) +
         ",\"sha256\":\"" + to_hex(hash).characters + "\",\"hmac\":\"" + to_hex(hmac).characters +
         "\",\"url\":\"/firmware/" + server.version + ".bin\",\"release_notes\":\"\"}";
}

class PlainConnection : public Http {
 public:
  explicit PlainConnection(PlainServer& server) : server_(server) {}

  Error open(const HttpRequest& request, HttpResponse* response) override {
    *response = HttpResponse();
    if (!server_.is_up) return Error::network_unreachable;
    response->status = answer(request);
    response->content_length = body_.size();
    sent_ = 0;
    return Error::ok;
  }

  Result<size_t> read(MutableBytes out) override {
    const size_t size = std::min(out.size, body_.size() - sent_);
    std::copy_n(body_.begin() + static_cast<std::ptrdiff_t>(sent_), size, out.data);
    sent_ += size;
    return size;
  }

  void close() override { body_.clear(); }

 private:
  uint16_t answer(const HttpRequest& request) {
    const std::string target = text(request.target);
    body_.clear();
    if (target == "/firmware/report") {
      server_.reports.push_back(text(as_text(request.body)));
      return put("{\"ok\":true}");
    }
    if (server_.version.empty()) return 404;
    if (target == "/firmware/manifest") return put(manifest_of(server_));
    if (target != "/firmware/" + server_.version + ".bin") return 404;
    body_ = server_.image;
    return 200;
  }

  uint16_t put(const std::string& body) {
    body_.assign(body.begin(), body.end());
    return 200;
  }

  PlainServer& server_;
  std::vector<uint8_t> body_;
  size_t sent_ = 0;  // bytes of the body
};

}  // namespace

std::unique_ptr<Http> PlainServer::connect() { return std::make_unique<PlainConnection>(*this); }

}  // namespace otter::sim
