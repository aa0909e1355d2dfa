#include "publish/certificates.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "ota/wire/digest.h"
#include "publish/base64.h"
#include "publish/c_deleter.h"
#include "publish/durable_file.h"

namespace otter {
namespace {

using Certificate = std::unique_ptr<X509, CDeleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, CDeleter<EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, CDeleter<BIO_free>>;
using File = std::unique_ptr<FILE, CDeleter<fclose>>;
using Number = std::unique_ptr<BIGNUM, CDeleter<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, CDeleter<X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, CDeleter<GENERAL_NAMES_free>>;

constexpr int kAuthorityDays = 3652;  // ten years
// The longest that Apple's TLS accepts of a private authority, and so a limit that all keep.
// Source: https://support.apple.com/en-us/103769
constexpr int kServerDays = 825;
// A device's clock may be behind the one that signs, or in another time zone.
constexpr int kDaysBack = 1;
constexpr int kSerialBits = 127;  // positive, and 16 bytes
constexpr size_t kDnsNameSizeMax = 253;
constexpr size_t kCommonNameSizeMax = 64;  // RFC 5280 appendix A.1, ub-common-name

[[noreturn]] void fail_in_openssl(const std::string& what) {
  char words[256] = "unknown reason";
  if (const unsigned long code = ERR_get_error()) ERR_error_string_n(code, words, sizeof words);
  throw CertificateError("cannot make a certificate: " + what + ": " + words);
}

void need(bool done, const char* what) {
  if (!done) fail_in_openssl(what);
}

bool is_ip_address(const std::string& name) {
  unsigned char address[16];
  return inet_pton(AF_INET, name.c_str(), address) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address) == 1;
}

// Letters, digits, hyphens and dots; `*.` in front. Nothing else may pass: the names are put into
// OpenSSL's comma-separated configuration syntax.
bool is_dns_name(std::string name) {
  if (name.starts_with("*.")) name.erase(0, 2);
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  return !name.empty() && name.size() <= kDnsNameSizeMax && name.front() != '.' &&
         name.back() != '.' && name.find("..") == std::string::npos &&
         std::all_of(name.begin(), name.end(), allowed);
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (!is_ip_address(name) && !is_dns_name(name)) {
      throw CertificateError("\"" + name + "\" is neither a DNS name nor an IP address");
    }
    if (!list.empty()) list += ',';
    list += (is_ip_address(name) ? "IP:" : "DNS:") + name;
  }
  return list;
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  need(key != nullptr, "P-256 key");
  return key;
}

void set_serial(X509* certificate) {
  const Number serial(BN_new());
  need(serial && BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr,
       "serial number");
}

void set_common_name(X509_NAME* target, const std::string& name) {
  const std::string shortened = name.substr(0, kCommonNameSizeMax);
  const auto* text = reinterpret_cast<const unsigned char*>(shortened.c_str());
  need(X509_NAME_add_entry_by_txt(target, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1, "subject");
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  need(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

// Version, serial number, subject, key and dates: what both kinds have.
Certificate begin_certificate(const std::string& common_name, EVP_PKEY* key, int days) {
  Certificate certificate(X509_new());
  need(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1, "version");
  set_serial(certificate.get());
  set_common_name(X509_get_subject_name(certificate.get()), common_name);
  need(X509_set_pubkey(certificate.get(), key) == 1, "public key");
  need(X509_time_adj_ex(X509_getm_notBefore(certificate.get()), -kDaysBack, 0, nullptr) &&
           X509_time_adj_ex(X509_getm_notAfter(certificate.get()), days - kDaysBack, 0, nullptr),
       "dates");
  return certificate;
}

Certificate make_authority(EVP_PKEY* key) {
  // Digits tell an authority from the one that it replaces.
  uint8_t random[4];
  char digits[2 * sizeof random];
  need(RAND_bytes(random, sizeof random) == 1, "random number");
  hex_encode(Bytes(random), digits);
  const std::string name = "Otter CA " + std::string(digits, sizeof digits);
  Certificate certificate = begin_certificate(name, key, kAuthorityDays);
  X509* const raw = certificate.get();
  need(X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1, "issuer");
  add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(raw, raw, NID_key_usage, "critical,keyCertSign");
  add_extension(raw, raw, NID_subject_key_identifier, "hash");
  need(X509_sign(raw, key, EVP_sha256()) > 0, "signature");
  return certificate;
}

struct Authority {
  Certificate certificate;
  Key key;
};

Certificate make_server_certificate(const Authority& authority, EVP_PKEY* key,
                                    const std::vector<std::string>& names) {
  Certificate certificate = begin_certificate(names.front(), key, kServerDays);
  X509* const raw = certificate.get();
  X509* const issuer = authority.certificate.get();
  need(X509_set_issuer_name(raw, X509_get_subject_name(issuer)) == 1, "issuer");
  // It can't outlive the authority that signs it.
  const ASN1_TIME* const end = X509_get0_notAfter(issuer);
  if (ASN1_TIME_compare(X509_get0_notAfter(raw), end) > 0) {
    need(X509_set1_notAfter(raw, end) == 1, "dates");
  }
  add_extension(raw, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(raw, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(raw, issuer, NID_ext_key_usage, "serverAuth");
  add_extension(raw, issuer, NID_subject_alt_name, alternative_names(names));
  add_extension(raw, issuer, NID_subject_key_identifier, "hash");
  add_extension(raw, issuer, NID_authority_key_identifier, "keyid:always");
  need(X509_sign(raw, authority.key.get(), EVP_sha256()) > 0, "signature");
  return certificate;
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string to_pem(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  need(memory && PEM_write_bio_X509(memory.get(), certificate) == 1, "PEM");
  return text_of(memory.get());
}

std::string to_pem(EVP_PKEY* key) {
  // Memory of the secure kind is wiped when it is freed.
  const Memory memory(BIO_new(BIO_s_secmem()));
  need(memory && PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr,
                                               nullptr) == 1,
       "PEM");
  return text_of(memory.get());
}

File open_file(const std::string& path) {
  File file(std::fopen(path.c_str(), "re"));
  if (!file) throw CertificateError("cannot read " + path + ": " + std::strerror(errno));
  return file;
}

Certificate load_certificate(const std::string& path) {
  const File file = open_file(path);
  Certificate certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!certificate) throw CertificateError(path + " holds no PEM certificate");
  return certificate;
}

Key load_key(const std::string& path) {
  const File file = open_file(path);
  // An empty password in place of OpenSSL's prompt on the terminal.
  char no_password[] = "";
  Key key(PEM_read_PrivateKey(file.get(), nullptr, nullptr, no_password));
  ERR_clear_error();
  if (!key) throw CertificateError(path + " holds no PEM private key without a password");
  return key;
}

int days_until(const ASN1_TIME* time) {
  int days = 0;
  int seconds = 0;
  ASN1_TIME_diff(&days, &seconds, nullptr, time);
  return days;
}

Authority load_authority(const std::string& folder) {
  const std::filesystem::path base(folder);
  Authority authority{load_certificate((base / kAuthorityCertificateFile).string()),
                      load_key((base / kAuthorityKeyFile).string())};
  if (X509_check_private_key(authority.certificate.get(), authority.key.get()) != 1) {
    ERR_clear_error();
    throw CertificateError((base / kAuthorityKeyFile).string() + " is not the key of " +
                           (base / kAuthorityCertificateFile).string());
  }
  if (days_until(X509_get0_notAfter(authority.certificate.get())) < 1) {
    throw CertificateError((base / kAuthorityCertificateFile).string() +
                           " has expired: make a new authority");
  }
  return authority;
}

void make_folder(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_directory(folder, error)) return;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) throw CertificateError("cannot make the folder " + folder + ": " + error.message());
}

std::string common_name(const X509_NAME* name) {
  char text[256] = "";
  X509_NAME_get_text_by_NID(const_cast<X509_NAME*>(name), NID_commonName, text, sizeof text);
  return text;
}

std::string iso_time(const ASN1_TIME* time) {
  std::tm parts{};
  char text[32] = "";
  if (ASN1_TIME_to_tm(time, &parts) == 1) {
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  }
  return text;
}

std::string ip_text(const ASN1_OCTET_STRING* address) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text);
  return text;
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> out;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_IPADD) out.push_back(ip_text(name->d.iPAddress));
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    out.emplace_back(text, static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return out;
}

std::string serial_text(const X509* certificate) {
  const Number serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  const std::unique_ptr<char, decltype([](char* text) { OPENSSL_free(text); })> text(
      BN_bn2hex(serial.get()));
  return text ? text.get() : "";
}

std::string pin_of(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) fail_in_openssl("public key");
  Digest digest;
  SHA256(der, static_cast<size_t>(size), digest.bytes);
  OPENSSL_free(der);
  return base64_text(digest.bytes);
}

}  // namespace

void make_certificates(const CertificateRequest& request) {
  if (request.names.empty()) throw CertificateError("a server certificate needs a name");
  alternative_names(request.names);  // says what is wrong before anything is written
  const std::filesystem::path folder(request.folder);
  for (const char* file :
       {kAuthorityCertificateFile, kAuthorityKeyFile, kServerCertificateFile, kServerKeyFile}) {
    if (request.replace || !std::filesystem::exists(folder / file)) continue;
    throw CertificateError((folder / file).string() +
                           " is there already: otter certs renew keeps the authority, "
                           "otter certs make --replace makes a new one");
  }
  Authority authority;
  authority.key = make_key();
  authority.certificate = make_authority(authority.key.get());
  const Key key = make_key();
  const Certificate server = make_server_certificate(authority, key.get(), request.names);

  make_folder(request.folder);
  const auto put = [&](const char* file, const std::string& text, mode_t mode) {
    write_file_durably((folder / file).string(), text, mode);
  };
  put(kAuthorityKeyFile, to_pem(authority.key.get()), kSecretFileMode);
  put(kServerKeyFile, to_pem(key.get()), kSecretFileMode);
  put(kAuthorityCertificateFile, to_pem(authority.certificate.get()), kPublicFileMode);
  put(kServerCertificateFile, to_pem(server.get()), kPublicFileMode);
}

void renew_server_certificate(const CertificateRequest& request) {
  const std::filesystem::path folder(request.folder);
  const Authority authority = load_authority(request.folder);
  const Key key = load_key((folder / kServerKeyFile).string());
  const std::string file = (folder / kServerCertificateFile).string();
  std::vector<std::string> names = request.names;
  if (names.empty()) names = names_of(load_certificate(file).get());
  if (names.empty()) throw CertificateError(file + " has no names to keep: give at least one");
  const Certificate server = make_server_certificate(authority, key.get(), names);
  write_file_durably(file, to_pem(server.get()), kPublicFileMode);
}

CertificateFacts read_certificate(const std::string& file) {
  const Certificate certificate = load_certificate(file);
  const X509* const raw = certificate.get();
  CertificateFacts facts;
  facts.subject = common_name(X509_get_subject_name(raw));
  facts.issuer = common_name(X509_get_issuer_name(raw));
  facts.names = names_of(raw);
  facts.serial = serial_text(raw);
  facts.not_before = iso_time(X509_get0_notBefore(raw));
  facts.not_after = iso_time(X509_get0_notAfter(raw));
  facts.days_left = days_until(X509_get0_notAfter(raw));
  facts.authority = X509_check_ca(certificate.get()) > 0;
  facts.pin = pin_of(raw);
  return facts;
}

std::string spki_pin(const std::string& certificate_file) {
  return pin_of(load_certificate(certificate_file).get());
}

}  // namespace otter
