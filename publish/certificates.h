// A small certificate authority of one's own, and the server certificate that it signs: what a
// fleet pins, docs/design.md. Any thread, but one writer per folder.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace otter {

// One line: what, where, what to do next.
struct CertificateError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The files that it makes in its folder. Keys have mode 0600.
constexpr const char* kAuthorityCertificateFile = "ca.crt";
constexpr const char* kAuthorityKeyFile = "ca.key";
constexpr const char* kServerCertificateFile = "server.crt";
constexpr const char* kServerKeyFile = "server.key";

struct CertificateRequest {
  std::vector<std::string> names;  // DNS names and IP addresses; the first is the subject's
  std::string folder;              // made with mode 0700 if it is not there
  // Overwrite what is there. Devices that pin the old authority will not trust the new one.
  bool replace = false;
};

// Makes a P-256 authority (10 years, signs nothing but server certificates) and a P-256 server
// certificate (825 days) for `names`.
//
// Errors: throws CertificateError (no name, not a name, one of the four files is there),
//         std::runtime_error (the folder can't be written)
void make_certificates(const CertificateRequest& request);

// Signs a new server certificate with the authority of `folder`. The server's key stays, and with
// it the pin; the authority stays too, so no device notices. `names` empty: the names that the old
// certificate has.
//
// Errors: throws CertificateError (no authority there, not a name), std::runtime_error
// Power:  a cut leaves the old certificate or the new one
void renew_server_certificate(const CertificateRequest& request);

struct CertificateFacts {
  std::string subject;             // the common name
  std::string issuer;              // the common name
  std::vector<std::string> names;  // of the subject alternative name
  std::string serial;              // hexadecimal
  std::string not_before;          // "2026-01-31T12:00:00Z"
  std::string not_after;
  int days_left = 0;  // [days] negative when it has expired
  bool authority = false;
  std::string pin;  // base64 of the SHA-256 of the SubjectPublicKeyInfo, RFC 7469
};

// Errors: throws CertificateError (can't be read, not a PEM certificate)
CertificateFacts read_certificate(const std::string& file);

// What a device pins: the base64 of the SHA-256 of the certificate's SubjectPublicKeyInfo.
//
// Errors: throws CertificateError
// Source: RFC 7469 section 2.4
std::string spki_pin(const std::string& certificate_file);

}  // namespace otter
