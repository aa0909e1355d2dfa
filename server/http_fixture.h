// The vocabulary of the tests of HTTP: certificates, a server with a few routes, a client that
// speaks TLS but no HTTP. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <cinttypes>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "publish/certificates.h"
#include "publish/https_client.h"
#include "publish/temporary_folder.h"
#include "server/http.h"
#include "server/http_metrics.h"

namespace otter {

// How GoogleTest prints an error.
inline void PrintTo(Error error, std::ostream* out) {
  *out << std::string_view(name(error).data, name(error).size);
}

}  // namespace otter

namespace otter::server {

// Certificates for `names`, made in a folder of their own.
class TestCertificates {
 public:
  explicit TestCertificates(std::vector<std::string> names) {
    make_certificates({.names = std::move(names), .folder = folder_.file("certs")});
  }
  std::string file(const char* name) const { return folder_.file(std::string("certs/") + name); }
  std::string authority() const { return file(kAuthorityCertificateFile); }
  std::string folder() const { return folder_.file("certs"); }

 private:
  TemporaryFolder folder_;
};

// Those for 127.0.0.1 and localhost, made once.
inline const TestCertificates& local_certificates() {
  static const TestCertificates certificates({"localhost", "127.0.0.1"});
  return certificates;
}

constexpr size_t kBodySizeMax = 1000;           // [bytes] of a request
constexpr size_t kFileSize = 24 * 1024 * 1024;  // [bytes] more than all socket buffers hold

inline char file_byte(uint64_t position) {
  return static_cast<char>(position * 7 + position / 251);
}

// Replies on their way from a handler to a test.
class ReplyQueue {
 public:
  void put(Reply reply) {
    const std::lock_guard<std::mutex> lock(lock_);
    replies_.push_back(std::move(reply));
    arrived_.notify_one();
  }
  // Waits for one.
  Reply take() {
    std::unique_lock<std::mutex> lock(lock_);
    arrived_.wait(lock, [this] { return !replies_.empty(); });
    Reply reply = std::move(replies_.front());
    replies_.pop_front();
    return reply;
  }

 private:
  std::mutex lock_;
  std::condition_variable arrived_;
  std::deque<Reply> replies_;
};

// /file: a file; /file/<offset>-<size>: a part of it; /missing: one that is not there. /none: 204.
// /close: asks for the connection to be closed. /split: a header with a line break in its value.
// /remote: the peer's address. /certified: the names in its certificate. /later...: as all others,
// but when the test gives the answer. /more: in the pieces that the test gives. All others: method,
// target and body as text.
class EchoServer {
 public:
  using Tweak = std::function<void(HttpSettings&)>;

  explicit EchoServer(const Tweak& tweak = {},
                      const TestCertificates& certificates = local_certificates())
      : server_(settings(tweak, certificates), routes(), metrics_) {
    server_.start();
  }

  HttpServer& server() { return server_; }
  uint16_t port() const { return port_; }
  int handled() const { return handled_; }
  // Waits for a request of /later; the answer that it gets is `reply`'s.
  Reply next_reply() { return replies_.take(); }
  // How often this limit was hit.
  uint64_t hits(Limit limit) { return limit_hits(metrics_, limit).value(); }
  Metrics& metrics() { return metrics_; }
  HttpsClientSettings client_settings() const {
    return {.endpoint = {"127.0.0.1", std::to_string(port_)},
            .ca_file = local_certificates().authority()};
  }

 private:
  static HttpSettings settings(const Tweak& tweak, const TestCertificates& certificates) {
    HttpSettings out;
    out.tls.certificate_file = certificates.file(kServerCertificateFile);
    out.tls.key_file = certificates.file(kServerKeyFile);
    if (tweak) tweak(out);
    return out;
  }

  static std::string large_file() {
    static const TemporaryFolder folder;
    static const std::string path = [] {
      std::string content(kFileSize, '\0');
      for (size_t i = 0; i < kFileSize; ++i) content[i] = file_byte(i);
      std::ofstream(folder.file("large"), std::ios::binary) << content;
      return folder.file("large");
    }();
    return path;
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;

  static Response with_text(unsigned status, const std::string& body, const Headers& headers = {}) {
    Response out;
    out.status = status;
    out.headers = headers;
    out.body = body;
    return out;
  }

  static Response with_file(const std::string& path, uint64_t offset, uint64_t size) {
    Response out;
    out.file = FilePart{path, offset, size};
    return out;
  }

  static Response answer(const Request& request) {
    const std::string& target = request.target;
    if (target == "/missing") return with_file("/nonexistent", 0, 10);
    if (target == "/file") return with_file(large_file(), 0, kFileSize);
    if (target == "/close") return with_text(200, "bye", {{"Connection", "close"}});
    if (target == "/none") return with_text(204, "");
    if (target == "/split") return with_text(200, "", {{"X-A", "1\r\nX-B: 2"}, {"X-C", "3"}});
    if (target == "/remote") return with_text(200, request.remote);
    if (target == "/certified") {
      std::string names;
      for (const std::string& certified : request.certified) names += certified + " ";
      return with_text(200, names);
    }
    uint64_t offset = 0;
    uint64_t size = 0;
    if (sscanf(target.c_str(), "/file/%" SCNu64 "-%" SCNu64, &offset, &size) == 2) {
      return with_file(large_file(), offset, size);
    }
    return with_text(200, request.method + " " + target + " " + request.body,
                     {{"Content-Type", "text/plain"}});
  }

  Response answer_later(const Request& request) {
    Response out;
    out.later = [this, &request](Reply reply) {
      replies_.put([reply, &request](Response response) {
        response.body += answer(request).body;
        reply(std::move(response));
      });
    };
    return out;
  }

  // "begun", and then what the test gives.
  Response answer_in_pieces() {
    Response out = with_text(200, "begun");
    out.more = [this](const Reply& reply) { replies_.put(reply); };
    return out;
  }

  Routes routes() {
    Routes out;
    out.handle = [this](const Request& request) {
      ++handled_;
      if (request.target == "/more") return answer_in_pieces();
      return request.target.starts_with("/later") ? answer_later(request) : answer(request);
    };
    out.body_size_max = [](const Request&) { return kBodySizeMax; };
    out.refuse = [](unsigned status, const std::string&, const std::string& detail) {
      return with_text(status, detail);
    };
    return out;
  }

  std::atomic<int> handled_ = 0;
  ReplyQueue replies_;
  Metrics metrics_;
  HttpServer server_;
  uint16_t port_ = server_.port();
};

// Speaks TLS with anyone, and sends what it is told to.
class RawClient {
 public:
  // `from`: the client's own address, one of loopback's.
  explicit RawClient(uint16_t port, const char* from = "127.0.0.1") : stream_(context_, tls_) {
    using boost::asio::ip::make_address;
    stream_.next_layer().open(boost::asio::ip::tcp::v4());
    stream_.next_layer().bind({make_address(from), 0});
    stream_.next_layer().connect({make_address("127.0.0.1"), port});
  }
  explicit RawClient(const EchoServer& server) : RawClient(server.port()) { shake_hands(); }

  void shake_hands() { stream_.handshake(boost::asio::ssl::stream_base::client); }
  void send(const std::string& bytes) { boost::asio::write(stream_, boost::asio::buffer(bytes)); }
  void send_plain(const std::string& bytes) {
    boost::asio::write(stream_.next_layer(), boost::asio::buffer(bytes));
  }

  // It will send nothing more, but reads on.
  void half_close() { stream_.next_layer().shutdown(boost::asio::socket_base::shutdown_send); }

  // What comes until the server closes.
  std::string read_all() { return read_rest(stream_); }
  std::string read_all_plain() { return read_rest(stream_.next_layer()); }
  // What comes up to and including `mark`.
  std::string read_until(const std::string& mark) {
    const size_t size = boost::asio::read_until(stream_, boost::asio::dynamic_buffer(read_), mark);
    const std::string out = read_.substr(0, size);
    read_.erase(0, size);
    return out;
  }
  // The whole answer to one request on a connection that ends with it.
  std::string ask(const std::string& bytes) {
    send(bytes);
    return read_all();
  }

 private:
  template <typename Stream>
  std::string read_rest(Stream& stream) {
    boost::system::error_code ignored;  // any end will do
    boost::asio::read(stream, boost::asio::dynamic_buffer(read_), ignored);
    return std::exchange(read_, {});
  }

  boost::asio::io_context context_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  std::string read_;
};

// What a client got, in one piece.
struct Answered {
  Error error = Error::ok;
  HttpsResponseHead head;
  std::string body;
};

inline Answered read_answer(HttpsClient& client, Answered answered) {
  std::vector<uint8_t> piece(16 * 1024);
  while (answered.error == Error::ok) {
    const Result<size_t> size = client.read(piece);
    answered.error = size.error;
    if (!size.ok() || size.value == 0) break;
    answered.body.append(reinterpret_cast<const char*>(piece.data()), size.value);
  }
  return answered;
}

inline Answered ask(HttpsClient& client, const std::string& method, const std::string& target,
                    const std::string& body = "") {
  Answered answered;
  answered.error = client.open(method, target, {}, as_bytes(body), &answered.head);
  answered = read_answer(client, std::move(answered));
  client.close();
  return answered;
}

}  // namespace otter::server
