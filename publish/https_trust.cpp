#include "publish/https_trust.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <memory>

#include "publish/c_deleter.h"
#include "publish/host_crypto.h"

namespace otter {
namespace {

using Certificate = std::unique_ptr<X509, CDeleter<X509_free>>;

struct StackDeleter {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using Certificates = std::unique_ptr<STACK_OF(X509), StackDeleter>;

Certificate read_der(Bytes der) {
  const unsigned char* at = der.data;
  Certificate made(d2i_X509(nullptr, &at, static_cast<long>(der.size)));
  ERR_clear_error();
  return at == der.data + der.size ? std::move(made) : nullptr;
}

Digest pin_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return Digest();
  HostCrypto crypto;
  const Result<Digest> digest = sha256(crypto, Bytes(der, static_cast<size_t>(size)));
  OPENSSL_free(der);
  return digest.value;
}

void add(STACK_OF(X509) * stack, X509* certificate) {
  if (X509_up_ref(certificate) == 1 && sk_X509_push(stack, certificate) == 0) {
    X509_free(certificate);
  }
}

// The anchors, and what the server itself shows with a pinned key.
Certificates trusted_by(const HttpsTrust& trust, const STACK_OF(X509) * shown) {
  Certificates out(sk_X509_new_null());
  for (const std::vector<uint8_t>& anchor : trust.anchors) {
    const Certificate certificate = read_der(anchor);
    if (certificate) add(out.get(), certificate.get());
  }
  for (int i = 0; i < sk_X509_num(shown); ++i) {
    X509* const certificate = sk_X509_value(shown, i);
    const auto& pins = trust.pins;
    if (std::find(pins.begin(), pins.end(), pin_of(certificate)) != pins.end()) {
      add(out.get(), certificate);
    }
  }
  return out;
}

// OpenSSL's own verification, with another set of trusted certificates. A trusted one need not sign
// itself.
// Source: SSL_CTX_set_cert_verify_callback(3), X509_STORE_CTX_set0_trusted_stack(3)
int verify(X509_STORE_CTX* context, void* argument) {
  const HttpsTrust& trust = *static_cast<const HttpsTrust*>(argument);
  const Certificates trusted = trusted_by(trust, X509_STORE_CTX_get0_untrusted(context));
  X509_STORE_CTX_set0_trusted_stack(context, trusted.get());
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return X509_verify_cert(context) == 1 ? 1 : 0;
}

}  // namespace

bool is_certificate(Bytes der) { return read_der(der) != nullptr; }

std::string set_trust(void* context, const HttpsTrustSource& source) {
  auto* const tls = static_cast<SSL_CTX*>(context);
  SSL_CTX_set_verify(tls, source.verify_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!source.verify_peer) return "";
  if (source.trust) {
    // OpenSSL's argument is not const; verify() only reads it.
    SSL_CTX_set_cert_verify_callback(tls, verify, const_cast<HttpsTrust*>(&*source.trust));
    return "";
  }
  const int loaded = source.ca_file.empty() ? SSL_CTX_set_default_verify_paths(tls)
                                            : SSL_CTX_load_verify_file(tls, source.ca_file.c_str());
  if (loaded == 1) return "";
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(error);
  return "cannot read the trusted authority " + source.ca_file + ": " +
         (reason != nullptr ? reason : "not readable");
}

}  // namespace otter
