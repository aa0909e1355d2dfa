#include "publish/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "publish/temporary_folder.h"

namespace otter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Made, and its pin computed, by the openssl program.
constexpr const char* kKnownCertificate = R"(-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUehP+Rncb6UD19wn3nASXhM4E9DswCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFa25vd24wHhcNMjYxMTIzMDc0OTE2WhcNMjYxMTI2MDc0OTE2
WjAQMQ4wDAYDVQQDDAVrbm93bjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJ81
JfnR5J2AdR4gEitVCLrV+Y/Egs76hiVus18CjBM4OgG4LdruowJ7BBxDmyKAPh1f
YbuV9o52omxVRt7PI/mjUzBRMB0GA1UdDgQWBBTH2Sb8eW7iOj7JmPAO4KgO/z4r
DjAfBgNVHSMEGDAWgBTH2Sb8eW7iOj7JmPAO4KgO/z4rDjAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIHR+W3+3butX4WC0tt9kHCrjNh5YBSVro4SO
BXcFtopFAiEAwMYFoS+3lgNdCY3+3dFe8x6kS0Op1v8NV3F8DVXoOhQ=
-----END CERTIFICATE-----
)";

class Certificates : public ::testing::Test {
 protected:
  std::string folder() const { return root_.file("certs"); }
  std::string path(const char* file) const { return folder() + "/" + file; }
  std::string content(const char* file) const {
    std::ifstream in(path(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  mode_t mode(const std::string& file) const {
    struct stat facts{};
    return ::stat(file.c_str(), &facts) == 0 ? facts.st_mode & 0777 : 0;
  }
  void make(const std::vector<std::string>& names, bool replace = false) const {
    make_certificates({.names = names, .folder = folder(), .replace = replace});
  }
  void renew(const std::vector<std::string>& names = {}) const {
    renew_server_certificate({.names = names, .folder = folder()});
  }
  static std::chrono::sys_days day_of(const std::string& time) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    sscanf(time.c_str(), "%d-%u-%uT", &year, &month, &day);
    return std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  }
  static int days_of(const CertificateFacts& facts) {
    return static_cast<int>((day_of(facts.not_after) - day_of(facts.not_before)).count());
  }
  template <typename Action>
  static std::string refusal_of(Action action) {
    try {
      action();
    } catch (const CertificateError& error) {
      return error.what();
    }
    return "accepted";
  }

 private:
  TemporaryFolder root_;
};

TEST_F(Certificates, HaveTheNamesTheyWereAskedFor) {
  make({"localhost", "*.example.org", "127.0.0.1", "::1"});
  const CertificateFacts facts = read_certificate(path(kServerCertificateFile));
  EXPECT_THAT(facts.names, ElementsAre("localhost", "*.example.org", "127.0.0.1", "::1"));
  EXPECT_EQ(facts.subject, "localhost");
  EXPECT_FALSE(facts.authority);
}

TEST_F(Certificates, AreSignedByTheAuthorityBesideThem) {
  make({"localhost"});
  const CertificateFacts authority = read_certificate(path(kAuthorityCertificateFile));
  EXPECT_TRUE(authority.authority);
  EXPECT_EQ(authority.issuer, authority.subject);
  EXPECT_EQ(read_certificate(path(kServerCertificateFile)).issuer, authority.subject);
}

TEST_F(Certificates, LastAsLongAsTheyMay) {
  make({"localhost"});
  const CertificateFacts authority = read_certificate(path(kAuthorityCertificateFile));
  EXPECT_EQ(days_of(authority), 3652);
  const CertificateFacts server = read_certificate(path(kServerCertificateFile));
  EXPECT_EQ(days_of(server), 825);
  EXPECT_LT(server.days_left, days_of(server));
  EXPECT_GT(server.days_left, 820);
}

TEST_F(Certificates, KeepTheirKeysToTheirOwner) {
  const mode_t before = ::umask(0);
  make({"localhost"});
  ::umask(before);
  EXPECT_EQ(mode(folder()), 0700u);
  EXPECT_EQ(mode(path(kAuthorityKeyFile)), 0600u);
  EXPECT_EQ(mode(path(kServerKeyFile)), 0600u);
  EXPECT_EQ(mode(path(kServerCertificateFile)), 0644u);
}

TEST_F(Certificates, LeaveNothingButFourFiles) {
  make({"localhost"});
  renew();
  const std::filesystem::directory_iterator files(folder());
  EXPECT_EQ(std::distance(begin(files), end(files)), 4);
}

TEST_F(Certificates, AreNeverOverwrittenUnasked) {
  make({"localhost"});
  const std::string before = content(kAuthorityKeyFile);
  EXPECT_THAT(refusal_of([&] { make({"localhost"}); }),
              HasSubstr("ca.crt is there already: otter certs renew"));
  EXPECT_EQ(content(kAuthorityKeyFile), before);
  make({"localhost"}, true);
  EXPECT_NE(content(kAuthorityKeyFile), before);
}

TEST_F(Certificates, AreNotOverwrittenWhereThereIsAServerKeyAlone) {
  std::filesystem::create_directories(folder());
  std::ofstream(path(kServerKeyFile)) << "somebody's";
  EXPECT_THAT(refusal_of([&] { make({"localhost"}); }), HasSubstr("server.key is there already"));
}

TEST_F(Certificates, KeepPinAndNamesWhenRenewed) {
  make({"localhost", "10.0.0.1"});
  const CertificateFacts before = read_certificate(path(kServerCertificateFile));
  const std::string authority = content(kAuthorityCertificateFile);
  renew();
  const CertificateFacts after = read_certificate(path(kServerCertificateFile));
  EXPECT_EQ(after.pin, before.pin);
  EXPECT_EQ(after.names, before.names);
  EXPECT_NE(after.serial, before.serial);
  EXPECT_EQ(content(kAuthorityCertificateFile), authority);
}

TEST_F(Certificates, TakeNewNamesWhenRenewed) {
  make({"localhost"});
  renew({"example.org"});
  EXPECT_THAT(read_certificate(path(kServerCertificateFile)).names, ElementsAre("example.org"));
}

TEST_F(Certificates, AreNotRenewedWithoutTheirAuthority) {
  EXPECT_THAT(refusal_of([&] { renew(); }), HasSubstr("ca.crt: No such file or directory"));
  make({"localhost"});
  std::filesystem::copy_file(path(kServerKeyFile), path(kAuthorityKeyFile),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(refusal_of([&] { renew(); }), HasSubstr("ca.key is not the key of"));
}

TEST_F(Certificates, NeedNamesThatAreNames) {
  EXPECT_THAT(refusal_of([&] { make({}); }), HasSubstr("needs a name"));
  for (const std::string name : {"", "a b", "a,DNS:b", "a\nb", ".a", "a.", "a..b", "*", "*.", "a*",
                                 "https://a", "a:8443", "\xc3\xa4.org"}) {
    EXPECT_THAT(refusal_of([&] { make({"localhost", name}); }), HasSubstr("is neither a DNS name"))
        << name;
  }
  EXPECT_FALSE(std::filesystem::exists(folder()));
}

TEST_F(Certificates, SayWhenTheFolderCantBeMade) {
  EXPECT_THAT(
      refusal_of([] { make_certificates({.names = {"localhost"}, .folder = "/proc/nowhere"}); }),
      HasSubstr("cannot make the folder /proc/nowhere: "));
}

TEST_F(Certificates, HaveAPinThatOthersComputeToo) {
  std::filesystem::create_directories(folder());
  std::ofstream(path("known.crt")) << kKnownCertificate;
  EXPECT_EQ(spki_pin(path("known.crt")), "tiQXHUE/Gee8Z+tTbLwQAugzeQBdwoq25a2PfOniQcI=");
}

TEST_F(Certificates, SayWhenAFileHoldsNone) {
  EXPECT_THAT(refusal_of([] { spki_pin("/nonexistent.crt"); }),
              HasSubstr("cannot read /nonexistent.crt: No such file or directory"));
  make({"localhost"});
  EXPECT_THAT(refusal_of([&] { spki_pin(path(kServerKeyFile)); }),
              HasSubstr("holds no PEM certificate"));
}

}  // namespace
}  // namespace otter
