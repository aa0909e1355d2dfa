// A TLS client of OpenSSL that offers what a test tells it to, and what it saw of the server. For
// tests only.
#pragma once

#include <openssl/x509v3.h>

#include "publish/c_deleter.h"
#include "server/http_fixture.h"

namespace otter::server {

// A client's certificate, signed by the authority of `certificates`.
struct ClientIdentity {
  ClientIdentity(const TestCertificates& certificates, const std::string& name) {
    const auto file = [&](const char* which) {
      return std::unique_ptr<FILE, CDeleter<fclose>>(
          std::fopen(certificates.file(which).c_str(), "re"));
    };
    const std::unique_ptr<X509, CDeleter<X509_free>> issuer(
        PEM_read_X509(file(kAuthorityCertificateFile).get(), nullptr, nullptr, nullptr));
    const std::unique_ptr<EVP_PKEY, CDeleter<EVP_PKEY_free>> issuer_key(
        PEM_read_PrivateKey(file(kAuthorityKeyFile).get(), nullptr, nullptr, nullptr));
    X509* const raw = certificate.get();
    X509_set_version(raw, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(raw), 7);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(raw, X509_get_subject_name(issuer.get()));
    X509_gmtime_adj(X509_getm_notBefore(raw), -3600);
    X509_gmtime_adj(X509_getm_notAfter(raw), 3600);
    X509_set_pubkey(raw, key.get());
    const std::string alternative = "DNS:" + name + ".devices.example";
    X509_EXTENSION* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative.c_str());
    X509_add_ext(raw, names, -1);
    X509_EXTENSION_free(names);
    if (X509_sign(raw, issuer_key.get(), EVP_sha256()) <= 0) ADD_FAILURE() << "no signature";
  }

  std::unique_ptr<X509, CDeleter<X509_free>> certificate{X509_new()};
  std::unique_ptr<EVP_PKEY, CDeleter<EVP_PKEY_free>> key{EVP_EC_gen("P-256")};
};

struct Offer {
  int version = TLS1_3_VERSION;     // the only one that the client offers
  std::string ciphers = "DEFAULT";  // of TLS 1.2
  uint8_t fragment_code = 0;        // of max_fragment_length, RFC 6066 section 4; 0: none
  const ClientIdentity* identity = nullptr;
};

class OfferingClient {
 public:
  explicit OfferingClient(const Offer& offer) {
    SSL_CTX* const raw = tls_.native_handle();
    SSL_CTX_set_security_level(raw, 0);  // else it would not even offer what is weak
    SSL_CTX_set_min_proto_version(raw, offer.version);
    SSL_CTX_set_max_proto_version(raw, offer.version);
    SSL_CTX_set_cipher_list(raw, offer.ciphers.c_str());
    SSL_CTX_set_tlsext_max_fragment_length(raw, offer.fragment_code);
    if (offer.identity != nullptr) {
      SSL_CTX_use_certificate(raw, offer.identity->certificate.get());
      SSL_CTX_use_PrivateKey(raw, offer.identity->key.get());
    }
  }

  // Connects, sends a request and reads its answer; false if the server refuses the handshake.
  // The session is kept for the next time.
  bool talk(const EchoServer& server, const std::string& target = "/") {
    using boost::asio::ip::tcp;
    boost::asio::ssl::stream<tcp::socket> stream(context_, tls_);
    SSL* const ssl = stream.native_handle();
    stream.next_layer().connect({boost::asio::ip::address_v4::loopback(), server.port()});
    if (session_) SSL_set_session(ssl, session_.get());
    record_size_max_ = 0;
    SSL_set_msg_callback(
        ssl, [](int is_sent, int, int kind, const void* data, size_t size, SSL*, void* client) {
          if (is_sent != 0 || kind != SSL3_RT_HEADER || size != SSL3_RT_HEADER_LENGTH) return;
          const auto* const header = static_cast<const uint8_t*>(data);
          size_t& most = static_cast<OfferingClient*>(client)->record_size_max_;
          most = std::max<size_t>(most, header[3] * 256U + header[4]);
        });
    SSL_set_msg_callback_arg(ssl, this);
    boost::system::error_code error;
    stream.handshake(boost::asio::ssl::stream_base::client, error);
    if (error) return false;
    note_certificate(ssl);
    const std::string request =
        "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    boost::asio::write(stream, boost::asio::buffer(request), error);
    answer_.clear();
    boost::asio::read(stream, boost::asio::dynamic_buffer(answer_), error);
    session_.reset(SSL_get1_session(ssl));
    resumed_ = SSL_session_reused(ssl) == 1;
    stream.shutdown(error);  // else OpenSSL takes the session for a broken one
    return answer_.starts_with("HTTP/1.1 200 ");
  }

  // Of the last talk.
  bool resumed() const { return resumed_; }
  // The newest that the server has given.
  std::string ticket() const {
    const unsigned char* data = nullptr;
    size_t size = 0;
    SSL_SESSION_get0_ticket(session_.get(), &data, &size);
    return {reinterpret_cast<const char*>(data), size};
  }
  const std::string& answer() const { return answer_; }
  long serial_hash() const { return serial_hash_; }  // of the server's certificate
  // The longest record that came [bytes], as it was on the wire.
  size_t record_size_max() const { return record_size_max_; }

 private:
  void note_certificate(SSL* ssl) {
    const std::unique_ptr<X509, CDeleter<X509_free>> certificate(SSL_get1_peer_certificate(ssl));
    serial_hash_ = static_cast<long>(X509_issuer_and_serial_hash(certificate.get()));
  }

  boost::asio::io_context context_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};
  std::unique_ptr<SSL_SESSION, CDeleter<SSL_SESSION_free>> session_;
  std::string answer_;
  bool resumed_ = false;
  long serial_hash_ = 0;
  size_t record_size_max_ = 0;
};

}  // namespace otter::server
