#include "publish/keys.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "publish/c_deleter.h"
#include "publish/host_crypto.h"

namespace otter {
namespace {

constexpr size_t kPemSizeMax = 64 * 1024;  // [bytes]
constexpr size_t kNumberSize = 32;         // [bytes] of r and of s

using Key = std::unique_ptr<EVP_PKEY, CDeleter<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, CDeleter<EVP_PKEY_CTX_free>>;
using Memory = std::unique_ptr<BIO, CDeleter<BIO_free_all>>;
using Signature = std::unique_ptr<ECDSA_SIG, CDeleter<ECDSA_SIG_free>>;

std::string read_pem(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw KeyError("can't read the key " + path + ": " + std::strerror(errno));
  std::string pem(kPemSizeMax + 1, '\0');
  file.read(pem.data(), static_cast<std::streamsize>(pem.size()));
  if (file.bad()) throw KeyError("can't read the key " + path + ": is it a file?");
  pem.resize(static_cast<size_t>(file.gcount()));
  if (pem.size() > kPemSizeMax) throw KeyError(path + " is too large to be a key");
  return pem;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// Without it OpenSSL would ask the terminal for a passphrase.
int no_passphrase(char*, int, int, void*) { return -1; }

Memory memory_of(const std::string& text) {
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<size_t>(size));
}

// Says why a PEM that OpenSSL could not read is none that we can use.
KeyError unusable(const std::string& pem, const std::string& source) {
  if (contains(pem, "ENCRYPTED")) {
    return KeyError(source +
                    " is protected by a passphrase, which is not supported: keep the key in a "
                    "vault and use `otter sign --digest` and `--signature`");
  }
  if (contains(pem, "BEGIN CERTIFICATE")) {
    return KeyError(source + " is a certificate, not a key");
  }
  if (contains(pem, "BEGIN OPENSSH")) {
    return KeyError(source + " is an OpenSSH key; make a release key with `otter keys make`");
  }
  return KeyError(source + " holds no key in PEM format; make one with `otter keys make`");
}

void require_p256(const EVP_PKEY* key, const std::string& source) {
  char group[64] = {};
  const bool is_ec = EVP_PKEY_is_a(key, "EC") == 1;
  if (is_ec && EVP_PKEY_get_group_name(key, group, sizeof(group), nullptr) == 1 &&
      std::strcmp(group, "prime256v1") == 0) {
    return;
  }
  const std::string what = is_ec ? std::string("on the curve ") + group
                                 : std::string("of type ") + EVP_PKEY_get0_type_name(key);
  throw KeyError(source + " is a key " + what + "; releases are signed on P-256 (prime256v1)");
}

Key parse_private(const std::string& pem, const std::string& source) {
  if (contains(pem, "BEGIN PUBLIC KEY")) {
    throw KeyError(source + " is a public key; signing needs the private one");
  }
  ERR_clear_error();
  Key key(PEM_read_bio_PrivateKey(memory_of(pem).get(), nullptr, no_passphrase, nullptr));
  if (!key) throw unusable(pem, source);
  require_p256(key.get(), source);
  return key;
}

Key parse_public(const std::string& pem, const std::string& source) {
  if (contains(pem, "PRIVATE KEY")) return parse_private(pem, source);
  ERR_clear_error();
  Key key(PEM_read_bio_PUBKEY(memory_of(pem).get(), nullptr, no_passphrase, nullptr));
  if (!key) throw unusable(pem, source);
  require_p256(key.get(), source);
  return key;
}

// A new file of its own, so that an existing key is never lost.
void write_new_file(const std::string& path, const std::string& text, mode_t mode) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0 && errno == EEXIST) {
    throw KeyError(path + " is there already; a key is never overwritten");
  }
  if (file < 0) throw KeyError("can't write " + path + ": " + std::strerror(errno));
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    done += static_cast<size_t>(written);
  }
  const bool complete = done == text.size() && fsync(file) == 0;
  const int reason = errno;
  if (close(file) != 0 || !complete) {
    throw KeyError("can't write " + path + ": " + std::strerror(reason));
  }
}

std::string public_pem(EVP_PKEY* key) {
  const Memory out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_PUBKEY(out.get(), key) != 1) throw KeyError("OpenSSL: no public key");
  return text_of(out.get());
}

std::vector<uint8_t> point_of(EVP_PKEY* key, const std::string& source) {
  // As the file has it the point may be compressed; its coordinates are the same.
  BIGNUM* x = nullptr;
  BIGNUM* y = nullptr;
  const bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
                  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1;
  std::vector<uint8_t> point(kPublicKeySize);
  point[0] = 4;
  const bool filled = ok && BN_bn2binpad(x, &point[1], kNumberSize) == kNumberSize &&
                      BN_bn2binpad(y, &point[1 + kNumberSize], kNumberSize) == kNumberSize;
  BN_free(x);
  BN_free(y);
  if (!filled) throw KeyError(source + " holds no public point");
  return point;
}

RawSignature raw_of(const ECDSA_SIG* signature) {
  RawSignature raw{};
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw.data(), kNumberSize) != kNumberSize ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw.data() + kNumberSize, kNumberSize) !=
          kNumberSize) {
    throw KeyError("the signature is not one on P-256");
  }
  return raw;
}

}  // namespace

void make_signing_key(const std::string& path) {
  const Key key(EVP_EC_gen("P-256"));
  const Memory out(BIO_new(BIO_s_mem()));
  if (!key || !out ||
      PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    throw KeyError("OpenSSL could not make a P-256 key");
  }
  const std::string public_path = path + ".pub";
  if (access(public_path.c_str(), F_OK) == 0) {
    throw KeyError(public_path + " is there already; a key is never overwritten");
  }
  write_new_file(path, text_of(out.get()), 0600);
  write_new_file(public_path, public_pem(key.get()), 0644);
}

std::vector<uint8_t> read_public_point(const std::string& path) {
  return public_point_of_pem(read_pem(path), path);
}

std::vector<uint8_t> public_point_of_pem(const std::string& pem, const std::string& source) {
  const Key key = parse_public(pem, source);
  return point_of(key.get(), source);
}

std::string public_pem_of(Bytes point) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  char group[] = "P-256";
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                         OSSL_PARAM_construct_octet_string(
                             OSSL_PKEY_PARAM_PUB_KEY, const_cast<uint8_t*>(point.data), point.size),
                         OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    throw KeyError("the public key is not a point of P-256");
  }
  const Key owner(key);
  return public_pem(key);
}

std::string key_id_of(Bytes point) {
  HostCrypto crypto;
  const Result<Digest> digest = sha256(crypto, point);
  if (!digest.ok()) throw std::runtime_error("SHA-256 failed: out of memory");
  return std::string(to_hex(digest.value).characters, 2 * kKeyIdSize);
}

RawSignature sign_digest(const std::string& path, const Digest& digest) {
  const Key key = parse_private(read_pem(path), path);
  const KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
  uint8_t der[80];
  size_t size = sizeof(der);
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_sign(context.get(), der, &size, digest.bytes, kDigestSize) != 1) {
    throw KeyError("OpenSSL could not sign with " + path);
  }
  const uint8_t* at = der;
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  if (!signature) throw KeyError("OpenSSL could not sign with " + path);
  return raw_of(signature.get());
}

RawSignature read_signature(Bytes raw_or_der) {
  RawSignature raw{};
  if (raw_or_der.size == kSignatureSize) {
    std::memcpy(raw.data(), raw_or_der.data, kSignatureSize);
  } else {
    const uint8_t* at = raw_or_der.data;
    const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(raw_or_der.size)));
    if (!signature || at != raw_or_der.data + raw_or_der.size) {
      throw KeyError("the signature is neither 64 bytes r || s nor DER");
    }
    raw = raw_of(signature.get());
  }
  if (!is_signature_in_range(raw)) throw KeyError("the signature's r or s is out of range");
  return raw;
}

}  // namespace otter
