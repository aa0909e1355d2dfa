// Whom TLS trusts on the chip: handshakes of mbedTLS, set up as esp_tls does it, with a server of
// OpenSSL in the same process. Debian's library; the linker leads its clock here.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>
#include <iterator>

#include "ota_esp/tls_trust.h"
#include "publish/c_deleter.h"
#include "publish/certificates.h"
#include "publish/host_crypto.h"
#include "publish/temporary_folder.h"

namespace {

time_t clock_now = 0;  // what mbedTLS and the store see
constexpr time_t kDay = 24 * 3600;

}  // namespace

extern "C" {
time_t __wrap_time(time_t* out);
uint32_t stub_address(const char* text);

time_t __wrap_time(time_t* out) {
  if (out != nullptr) *out = clock_now;
  return clock_now;
}

uint32_t stub_address(const char* text) {
  in_addr address = {};
  return inet_aton(text, &address) != 0 ? address.s_addr : 0xFFFFFFFF;
}
}

namespace otter {
namespace {

// An authority, and what it signed for two names and an address.
struct Signed {
  Signed() { make_certificates({{"otter.example", "ota.example", "10.0.2.2"}, folder.path()}); }
  std::string file(const char* which) const { return folder.path() + "/" + which; }
  std::string authority() const {
    std::ifstream in(file(kAuthorityCertificateFile));
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  // Base64 of DER, as a trust payload has it.
  std::string anchor() const {
    std::string text = authority();
    text = text.substr(text.find('\n'));
    text.resize(text.find("-----"));
    std::erase(text, '\n');
    return text;
  }
  std::string pin(const char* which) const {
    Digest digest;
    const std::string base64 = spki_pin(file(which));
    EXPECT_EQ(base64_decode(base64, digest.bytes).value, kDigestSize);
    return to_hex(digest).characters;
  }

  TemporaryFolder folder;
};

class ChipTls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ours = new Signed;
    others = new Signed;
  }
  static void TearDownTestSuite() {
    delete ours;
    delete others;
  }

  ChipTls() {
    timespec now = {};
    clock_gettime(CLOCK_REALTIME, &now);
    clock_now = now.tv_sec;
    EXPECT_EQ(trust(store, *ours), Error::ok);
  }

  static Error trust(TlsTrustStore& store, const Signed& by) {
    const std::string pem = by.authority();
    return store.use_certificates(
        Bytes(reinterpret_cast<const uint8_t*>(pem.c_str()), pem.size() + 1));
  }
  // By a trust payload.
  void trust(const std::string& anchor, const std::string& pin) {
    anchors_ = "[\"" + anchor + "\"]";
    pins_ = pin.empty() ? "[]" : "[\"" + pin + "\"]";
    store.use({Json::parse(anchors_).value, Json::parse(pins_).value});
  }
  // True if a handshake with our server comes to its end; else the store must have refused it.
  bool connects(const char* host = "otter.example", bool verify_peer = true);

  static inline const Signed* ours = nullptr;
  static inline const Signed* others = nullptr;
  HostCrypto crypto;
  TlsTrustStore store{crypto};

 private:
  std::string anchors_;
  std::string pins_;
};

// A server with our certificate, at the other end of two pieces of memory.
class Server {
 public:
  explicit Server(const Signed& who) {
    SSL_CTX* const context = context_.get();
    SSL_CTX_use_certificate_file(context, who.file(kServerCertificateFile).c_str(),
                                 SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context, who.file(kServerKeyFile).c_str(), SSL_FILETYPE_PEM);
    ssl_.reset(SSL_new(context));
    SSL_set_bio(ssl_.get(), in_, out_);
  }
  void go_on() { SSL_accept(ssl_.get()); }

  static int send(void* self, const unsigned char* data, size_t size) {
    return BIO_write(static_cast<Server*>(self)->in_, data, static_cast<int>(size));
  }
  static int receive(void* self, unsigned char* data, size_t size) {
    const int got = BIO_read(static_cast<Server*>(self)->out_, data, static_cast<int>(size));
    return got > 0 ? got : MBEDTLS_ERR_SSL_WANT_READ;
  }

 private:
  std::unique_ptr<SSL_CTX, CDeleter<SSL_CTX_free>> context_{SSL_CTX_new(TLS_server_method())};
  BIO* in_ = BIO_new(BIO_s_mem());
  BIO* out_ = BIO_new(BIO_s_mem());
  std::unique_ptr<SSL, CDeleter<SSL_free>> ssl_;
};

int random_bytes(void*, unsigned char* out, size_t size) {
  return HostCrypto().random(MutableBytes(out, size)) == Error::ok ? 0 : -1;
}

// What set_client_config() of esp_tls does (ESP-IDF v5.1.4, components/esp-tls/esp_tls_mbedtls.c).
struct Client {
  Client(const char* host, Server& server) {
    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&config, random_bytes, nullptr);
    TlsTrustStore::attach(&config);
    mbedtls_ssl_setup(&ssl, &config);
    mbedtls_ssl_set_hostname(&ssl, host);
    mbedtls_ssl_set_bio(&ssl, &server, Server::send, Server::receive, nullptr);
  }
  ~Client() {
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
  }
  mbedtls_ssl_context ssl;
  mbedtls_ssl_config config;
};

bool ChipTls::connects(const char* host, bool verify_peer) {
  store.expect(host, verify_peer);
  Server server(*ours);
  Client client(host, server);
  for (int i = 0; i < 20; ++i) {
    const int code = mbedtls_ssl_handshake(&client.ssl);
    if (code == 0) return !store.has_refused();
    if (code != MBEDTLS_ERR_SSL_WANT_READ) {
      EXPECT_TRUE(store.has_refused()) << host << ": " << code;
      return false;
    }
    server.go_on();
  }
  ADD_FAILURE() << "no end to it";
  return false;
}

TEST_F(ChipTls, AcceptsWhatItsAuthoritySigned) {
  EXPECT_TRUE(connects());
  EXPECT_TRUE(connects("ota.example"));
}

TEST_F(ChipTls, RefusesWhatAnotherAuthoritySigned) {
  ASSERT_EQ(trust(store, *others), Error::ok);
  EXPECT_FALSE(connects());
}

TEST_F(ChipTls, RefusesAnotherName) { EXPECT_FALSE(connects("evil.example")); }

TEST_F(ChipTls, ComparesIpv4Addresses) {
  EXPECT_TRUE(connects("10.0.2.2"));
  EXPECT_FALSE(connects("10.0.2.3"));
  EXPECT_FALSE(connects("2.2.0.10"));
}

TEST_F(ChipTls, AnAddressOfAnotherAuthorityIsRefused) {
  ASSERT_EQ(trust(store, *others), Error::ok);
  EXPECT_FALSE(connects("10.0.2.2"));
}

TEST_F(ChipTls, WithoutVerificationWhoeverAnswersWillDo) {
  ASSERT_EQ(trust(store, *others), Error::ok);
  EXPECT_TRUE(connects("evil.example", false));
  EXPECT_FALSE(connects()) << "for the one handshake alone";
}

TEST_F(ChipTls, AcceptsAPinnedKeyOfServerOrAuthority) {
  trust(ours->anchor(), ours->pin(kServerCertificateFile));
  EXPECT_TRUE(connects());
  trust(ours->anchor(), ours->pin(kAuthorityCertificateFile));
  EXPECT_TRUE(connects());
}

TEST_F(ChipTls, RefusesAKeyThatIsNotPinned) {
  trust(ours->anchor(), ours->pin(kServerCertificateFile));
  ASSERT_TRUE(connects()) << "which the next handshake must not remember";
  trust(ours->anchor(), others->pin(kServerCertificateFile));
  EXPECT_FALSE(connects());
  EXPECT_FALSE(connects("10.0.2.2"));
}

TEST_F(ChipTls, ARightPinDoesNotStandForTheAuthority) {
  trust(others->anchor(), ours->pin(kServerCertificateFile));
  EXPECT_FALSE(connects());
}

TEST_F(ChipTls, APayloadTakesThePlaceOfTheCertificatesBefore) {
  trust(others->anchor(), "");
  EXPECT_FALSE(connects());
  trust(ours->anchor(), "");
  EXPECT_TRUE(connects());
}

TEST_F(ChipTls, APayloadWithoutAUsableAnchorChangesNothing) {
  trust("bm90IGEgY2VydGlmaWNhdGU=", others->pin(kServerCertificateFile));
  EXPECT_TRUE(connects());
}

TEST_F(ChipTls, CertificatesThatAreNoneChangeNothing) {
  EXPECT_EQ(store.use_certificates(as_bytes("not a certificate")), Error::malformed);
  EXPECT_TRUE(connects());
}

TEST_F(ChipTls, AClockThatWasNeverSetExcusesDatesAlone) {
  clock_now = 5;  // [s since 1970]: since the boot
  EXPECT_TRUE(connects());
  EXPECT_FALSE(connects("evil.example"));
  ASSERT_EQ(trust(store, *others), Error::ok);
  EXPECT_FALSE(connects());
}

TEST_F(ChipTls, AClockThatWasSetIsBelieved) {
  clock_now += 4000 * kDay;
  EXPECT_FALSE(connects()) << "expired";
  clock_now = 1704067200 + kDay;  // 2024-01-02
  EXPECT_FALSE(connects()) << "not yet";
}

TEST_F(ChipTls, ACopyTrustsTheSame) {
  trust(ours->anchor(), others->pin(kServerCertificateFile));
  TlsTrustStore copy(crypto);
  ASSERT_EQ(trust(copy, *others), Error::ok);
  ASSERT_EQ(store.use_same(copy), Error::ok);
  EXPECT_FALSE(connects());
  ASSERT_EQ(trust(copy, *ours), Error::ok);
  ASSERT_EQ(store.use_same(copy), Error::ok);
  EXPECT_TRUE(connects()) << "without the pin that it had";
}

}  // namespace
}  // namespace otter
