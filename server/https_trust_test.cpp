// publish/https_trust and plain HTTP: whom a client takes for its server, in real handshakes.
#include "publish/https_trust.h"

#include <future>
#include <thread>

#include "publish/host_crypto.h"
#include "server/http_fixture.h"

namespace otter::server {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

const TestCertificates& strange_certificates() {
  static const TestCertificates certificates({"localhost", "127.0.0.1"});
  return certificates;
}

// What is between the lines of a PEM file.
std::vector<uint8_t> der_of(const std::string& path) {
  std::string text;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '-') text += line;
  }
  std::vector<uint8_t> der(text.size());
  const Result<size_t> size = base64_decode(Text(text), der);
  der.resize(size.value);
  return der;
}

Digest pin_of(const std::string& path) {
  Digest pin;
  const std::string encoded = spki_pin(path);
  EXPECT_EQ(base64_decode(Text(encoded), pin.bytes).value, kDigestSize);
  return pin;
}

HttpsTrust anchor(const TestCertificates& certificates) {
  return {{der_of(certificates.authority())}, {}};
}
HttpsTrust pin(const std::string& certificate) { return {{}, {pin_of(certificate)}}; }

Error open_with(const std::function<void(HttpsClientSettings&)>& tweak) {
  EchoServer server;
  HttpsClientSettings settings = server.client_settings();
  tweak(settings);
  HttpsClient client(settings);
  HttpsResponseHead head;
  return client.open("GET", "/", {}, {}, &head);
}

Error open_trusting(const HttpsTrust& trust) {
  return open_with([&](HttpsClientSettings& settings) { settings.trust = trust; });
}

TEST(HttpsTrust, AnAnchorAloneWillDo) {
  EXPECT_EQ(open_trusting(anchor(local_certificates())), Error::ok);
  EXPECT_EQ(open_trusting(anchor(strange_certificates())), Error::tls_untrusted);
}

TEST(HttpsTrust, APinAloneWillDo) {
  const std::string own = local_certificates().file(kServerCertificateFile);
  EXPECT_EQ(open_trusting(pin(own)), Error::ok);
  EXPECT_EQ(open_trusting(pin(strange_certificates().file(kServerCertificateFile))),
            Error::tls_untrusted);
}

TEST(HttpsTrust, EitherOfBothWillDo) {
  HttpsTrust trust = anchor(strange_certificates());
  trust.pins.push_back(pin_of(local_certificates().file(kServerCertificateFile)));
  EXPECT_EQ(open_trusting(trust), Error::ok);
}

TEST(HttpsTrust, NothingVouchesForAnybody) {
  EXPECT_EQ(open_trusting(HttpsTrust()), Error::tls_untrusted);
}

TEST(HttpsTrust, APinDoesNotExcuseAnotherName) {
  const TestCertificates elsewhere({"elsewhere.example"});
  EchoServer server({}, elsewhere);
  HttpsClientSettings settings = server.client_settings();
  settings.trust = pin(elsewhere.file(kServerCertificateFile));
  HttpsClient client(settings);
  HttpsResponseHead head;
  EXPECT_EQ(client.open("GET", "/", {}, {}, &head), Error::tls_untrusted);
}

TEST(HttpsTrust, WithoutVerificationAnybodyWillDo) {
  const Error error = open_with([](HttpsClientSettings& settings) {
    settings.ca_file = strange_certificates().authority();
    settings.verify_peer = false;
  });
  EXPECT_EQ(error, Error::ok);
}

TEST(HttpsTrust, KnowsACertificateWhenItSeesOne) {
  std::vector<uint8_t> der = der_of(local_certificates().authority());
  EXPECT_TRUE(is_certificate(der));
  der.push_back(0);
  EXPECT_FALSE(is_certificate(der));
  EXPECT_FALSE(is_certificate(Bytes()));
  EXPECT_FALSE(is_certificate(as_bytes(Text("no certificate"))));
}

TEST(PlainHttp, NeedsNoTls) {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::string request;
  std::thread server([&] {
    tcp::socket socket = acceptor.accept();
    asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n");
    asio::write(socket,
                asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab")));
  });
  const std::string port = std::to_string(acceptor.local_endpoint().port());
  HttpsClient client({.endpoint = {"127.0.0.1", port, false}, .ca_file = "/nonexistent"});
  HttpsResponseHead head;
  EXPECT_EQ(client.open("GET", "/x", {}, {}, &head), Error::ok) << client.detail();
  std::vector<uint8_t> body(10);
  EXPECT_EQ(client.read(body).value, 2u);
  server.join();
  EXPECT_EQ(request.rfind("GET /x HTTP/1.1\r\nHost: 127.0.0.1:" + port, 0), 0u) << request;
}

}  // namespace
}  // namespace otter::server
