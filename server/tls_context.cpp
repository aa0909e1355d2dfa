#include "server/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace otter::server {
namespace {

// Ephemeral key exchange and AEAD only (TLS 1.3 has nothing else). The ECDSA ones come first: a
// P-256 signature is what the server has to make most often.
constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";

std::string openssl_words() {
  char words[256] = "unknown reason";
  if (const unsigned long code = ERR_peek_last_error()) {
    if (const char* reason = ERR_reason_error_string(code)) {
      std::strncpy(words, reason, sizeof words - 1);
    }
  }
  ERR_clear_error();
  return words;
}

void need_readable(const std::string& what, const std::string& file) {
  errno = 0;
  if (std::ifstream(file).peek() != std::ifstream::traits_type::eof()) return;
  throw std::runtime_error("cannot read the " + what + " " + file + ": " +
                           (errno != 0 ? std::strerror(errno) : "the file is empty") +
                           ": make one with otter certs make");
}

// In place of OpenSSL's prompt on the terminal.
int no_password(char*, int, int, void*) { return 0; }

void load_files(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  SSL_CTX_set_default_passwd_cb(context, no_password);
  need_readable("certificate", certificate);
  need_readable("private key", key);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    throw std::runtime_error("the certificate " + certificate +
                             " is not a PEM certificate: " + openssl_words());
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context) == 1) {
    return;
  }
  const bool mismatch = ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509;
  throw std::runtime_error("the private key " + key +
                           (mismatch ? " does not belong to the certificate " + certificate
                                     : " is not a PEM private key without a password") +
                           ": " + openssl_words());
}

void set_rules(SSL_CTX* raw, const TlsSettings& settings) {
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, kTls12Ciphers);
  // A device without AES in hardware lists ChaCha20 first, and is given it.
  SSL_CTX_set_options(raw, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                               SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections give their record buffers back; a blocked write may be repeated from another
  // address, because a download keeps no buffer of its own while it waits.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(raw, 1);  // one read() for each record in place of two
  // A client that asks for less by RFC 6066's max_fragment_length is given that.
  SSL_CTX_set_max_send_fragment(raw, settings.record_bytes_max);
  // Tickets carry the session: nothing is kept here, so nothing can be exhausted.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_timeout(raw, settings.ticket_life_s);
  constexpr unsigned char kSessionContext[] = "otter";
  SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof kSessionContext - 1);
}

void ask_for_client_certificate(SSL_CTX* raw, const std::string& file) {
  if (file.empty()) return;
  need_readable("clients' authority", file);
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(file.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(raw, file.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    throw std::runtime_error("the clients' authority " + file +
                             " is not a PEM certificate: " + openssl_words());
  }
  SSL_CTX_set_client_CA_list(raw, names);  // which owns them now
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
}

std::string text_of(const ASN1_STRING* text) {
  const unsigned char* const data = ASN1_STRING_get0_data(text);
  return {reinterpret_cast<const char*>(data), static_cast<size_t>(ASN1_STRING_length(text))};
}

}  // namespace

TlsContext::TlsContext(TlsSettings settings) : settings_(std::move(settings)), context_(make()) {}

TlsContext::Context TlsContext::make() const {
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) throw std::runtime_error("cannot start TLS: " + openssl_words());
  set_rules(context.get(), settings_);
  tickets_.serve(context.get());
  load_files(context.get(), settings_.certificate_file, settings_.key_file);
  ask_for_client_certificate(context.get(), settings_.client_ca_file);
  return context;
}

TlsContext::Context TlsContext::current() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

void TlsContext::reload() {
  Context fresh = make();
  if (!settings_.client_ca_file.empty()) {
    tickets_.rotate();
    tickets_.rotate();
  }
  const std::lock_guard lock(mutex_);
  context_.swap(fresh);
}

// The session holds on to its context by itself.
TlsSession TlsContext::new_session() const { return TlsSession(SSL_new(current().get())); }

int64_t TlsContext::expires_s() const {
  std::tm parts{};
  const Context context = current();
  const X509* const certificate = SSL_CTX_get0_certificate(context.get());
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return 0;
  return ::timegm(&parts);
}

std::vector<std::string> client_names(const SSL* ssl) {
  std::vector<std::string> names;
  X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return names;
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) names.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  auto* const others = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(others); ++i) {
    const GENERAL_NAME* const other = sk_GENERAL_NAME_value(others, i);
    if (other->type == GEN_DNS) names.push_back(text_of(other->d.dNSName));
  }
  GENERAL_NAMES_free(others);
  return names;
}

}  // namespace otter::server
