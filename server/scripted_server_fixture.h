// A TLS server that answers what it is told, right or wrong. For tests only; own thread.
#pragma once

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "server/http_fixture.h"

namespace otter::server {

// with_close_notify also waits for the client's.
enum class End { with_close_notify, without_a_word, when_the_client_does };

// Answers each connection's first request with the next of `answers`, then ends it. Without an
// answer it ends the connection before the handshake.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> answers, End end = End::with_close_notify)
      : answers_(std::move(answers)), end_(end) {
    tls_.use_certificate_chain_file(local_certificates().file(kServerCertificateFile));
    tls_.use_private_key_file(local_certificates().file(kServerKeyFile),
                              boost::asio::ssl::context::pem);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedServer() { thread_.join(); }

  HttpsClientSettings client_settings() const {
    return {.endpoint = {"127.0.0.1", std::to_string(acceptor_.local_endpoint().port())},
            .ca_file = local_certificates().authority()};
  }
  // What the last client sent, header first. Comes when all connections have ended.
  const std::string& request() {
    done_.get_future().wait();
    return request_;
  }

 private:
  void run() {
    for (const std::string& answer : answers_) {
      boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream(acceptor_.accept(), tls_);
      if (!answer.empty()) converse(stream, answer);
    }
    done_.set_value();
  }

  void converse(boost::asio::ssl::stream<boost::asio::ip::tcp::socket>& stream,
                const std::string& answer) {
    boost::system::error_code error;  // clients end as they like
    stream.handshake(boost::asio::ssl::stream_base::server, error);
    request_.clear();
    if (!error)
      boost::asio::read_until(stream, boost::asio::dynamic_buffer(request_), "\r\n\r\n", error);
    if (!error) boost::asio::write(stream, boost::asio::buffer(answer), error);
    std::string rest;
    if (end_ == End::when_the_client_does)
      boost::asio::read(stream, boost::asio::dynamic_buffer(rest), error);
    if (end_ == End::with_close_notify) stream.shutdown(error);
  }

  boost::asio::io_context context_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
  boost::asio::ip::tcp::acceptor acceptor_{
      context_, boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::vector<std::string> answers_;
  End end_;
  std::string request_;
  std::promise<void> done_;
  std::thread thread_;
};

}  // namespace otter::server
