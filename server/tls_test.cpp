#include "server/tls.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "server/tls_fixture.h"

namespace otter::server {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

constexpr int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

bool accepts(const Offer& offer) {
  EchoServer server;
  return OfferingClient(offer).talk(server);
}

// Why the server can't take its files anew; "": it can.
std::string reload(EchoServer& server) {
  try {
    server.server().reload_certificates();
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

void overwrite(const std::string& file, const std::string& content) {
  std::ofstream(file, std::ios::binary) << content;
}

TEST(Tls, SpeaksTwoVersions) {
  EXPECT_TRUE(accepts({.version = TLS1_2_VERSION}));
  EXPECT_TRUE(accepts({.version = TLS1_3_VERSION}));
  EXPECT_FALSE(accepts({.version = TLS1_1_VERSION}));
  EXPECT_FALSE(accepts({.version = TLS1_VERSION}));
}

TEST(Tls, TakesForwardSecretCiphersWithAuthenticationAlone) {
  for (const char* ciphers : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    EXPECT_TRUE(accepts({.version = TLS1_2_VERSION, .ciphers = ciphers})) << ciphers;
  }
  for (const char* ciphers : {"ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256", "aNULL", "eNULL"}) {
    EXPECT_FALSE(accepts({.version = TLS1_2_VERSION, .ciphers = ciphers})) << ciphers;
  }
}

TEST(Tls, CountsHandshakes) {
  EchoServer server;
  OfferingClient client({.version = TLS1_3_VERSION});
  EXPECT_TRUE(client.talk(server));
  EXPECT_TRUE(client.talk(server));
  EXPECT_FALSE(OfferingClient({.version = TLS1_1_VERSION}).talk(server));
  const std::string failed = "{version=\"\",result=\"failed\"} 1\n";
  std::string text;
  // The client hears of the refusal before the server has counted it.
  for (int i = 0; i < 1000 && text.find(failed) == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    text = server.metrics().text();
  }
  EXPECT_THAT(text, HasSubstr("{version=\"TLSv1.3\",result=\"full\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{version=\"TLSv1.3\",result=\"resumed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(failed));
}

TEST(TlsTickets, ResumeASession) {
  EchoServer server;
  for (const int version : kVersions) {
    OfferingClient client({.version = version});
    EXPECT_TRUE(client.talk(server));
    EXPECT_FALSE(client.resumed());
    EXPECT_TRUE(client.talk(server));
    EXPECT_TRUE(client.resumed()) << version;
  }
}

// A client that uses each ticket once.
TEST(TlsTickets, ComeAnewWithEachConnection) {
  EchoServer server;
  OfferingClient client({.version = TLS1_3_VERSION});
  EXPECT_TRUE(client.talk(server));
  std::string ticket = client.ticket();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(client.talk(server));
    EXPECT_TRUE(client.resumed()) << i;
    EXPECT_NE(client.ticket(), ticket) << i;
    ticket = client.ticket();
  }
}

TEST(TlsTickets, AreGoodUntilTheirKeyIsRotatedOut) {
  for (const int version : kVersions) {
    EchoServer server;
    OfferingClient client({.version = version});
    EXPECT_TRUE(client.talk(server));
    server.server().rotate_ticket_keys();
    server.server().rotate_ticket_keys();
    EXPECT_TRUE(client.talk(server));
    EXPECT_FALSE(client.resumed()) << version;
  }
}

TEST(TlsTickets, AreRenewedUnderTheCurrentKey) {
  for (const int version : kVersions) {
    EchoServer server;
    OfferingClient client({.version = version});
    EXPECT_TRUE(client.talk(server));
    for (int i = 0; i < 3; ++i) {
      server.server().rotate_ticket_keys();
      EXPECT_TRUE(client.talk(server));
      EXPECT_TRUE(client.resumed()) << version << " " << i;
    }
  }
}

TEST(TlsReload, ShowsTheNewCertificateToNewConnections) {
  const TestCertificates certificates({"127.0.0.1"});
  EchoServer server({}, certificates);
  OfferingClient client({});
  EXPECT_TRUE(client.talk(server));
  const long old = client.serial_hash();
  RawClient open(server);
  renew_server_certificate({.names = {"127.0.0.1"}, .folder = certificates.folder()});
  EXPECT_EQ(reload(server), "");
  OfferingClient other({});
  EXPECT_TRUE(other.talk(server));
  EXPECT_NE(other.serial_hash(), old);
  EXPECT_TRUE(client.talk(server));
  EXPECT_TRUE(client.resumed());
  EXPECT_THAT(open.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              EndsWith("GET / "));
}

TEST(TlsReload, KeepsTheOldCertificateWhenTheNewOneWontDo) {
  const TestCertificates certificates({"127.0.0.1"});
  EchoServer server({}, certificates);
  OfferingClient client({});
  EXPECT_TRUE(client.talk(server));
  const long old = client.serial_hash();
  const TestCertificates others({"127.0.0.1"});
  std::filesystem::copy_file(others.file(kServerCertificateFile),
                             certificates.file(kServerCertificateFile),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(reload(server), HasSubstr("does not belong to the certificate"));
  overwrite(certificates.file(kServerCertificateFile), "nonsense");
  EXPECT_THAT(reload(server), HasSubstr("is not a PEM certificate"));
  OfferingClient other({});
  EXPECT_TRUE(other.talk(server));
  EXPECT_EQ(other.serial_hash(), old);
}

TEST(TlsReload, TellsWhenTheCertificateEnds) {
  EchoServer server;
  const int64_t days = (server.server().certificate_expires_s() - std::time(nullptr)) / (24 * 3600);
  EXPECT_EQ(days, read_certificate(local_certificates().file(kServerCertificateFile)).days_left);
}

TEST(TlsRecords, AreNoLargerThanTheSettingSays) {
  EchoServer server([](HttpSettings& settings) { settings.tls.record_bytes_max = 2048; });
  OfferingClient client({});
  EXPECT_TRUE(client.talk(server, "/file/0-100000"));
  EXPECT_THAT(client.record_size_max(), AllOf(Ge(2048U), Le(2048U + 256)));
}

// A device that has memory for 4 KiB asks for it, and its answer, after a resumption too.
TEST(TlsRecords, AreNoLargerThanTheClientAsksFor) {
  EchoServer server;
  for (const int version : kVersions) {
    OfferingClient client({.version = version, .fragment_code = TLSEXT_max_fragment_length_4096});
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(client.talk(server, "/file/0-100000")) << version;
      EXPECT_EQ(client.resumed(), i == 1);
      EXPECT_THAT(client.record_size_max(), AllOf(Ge(4096U), Le(4096U + 256))) << version;
    }
  }
}

EchoServer::Tweak asking_for(const TestCertificates& authority) {
  return [&](HttpSettings& settings) { settings.tls.client_ca_file = authority.authority(); };
}

TEST(TlsClientCertificate, NamesTheClient) {
  const TestCertificates devices({"devices.example"});
  const ClientIdentity lamp(devices, "lamp-7");
  EchoServer server(asking_for(devices));
  for (const int version : kVersions) {
    OfferingClient client({.version = version, .identity = &lamp});
    for (int i = 0; i < 2; ++i) {  // the second time from the ticket
      EXPECT_TRUE(client.talk(server, "/certified"));
      EXPECT_EQ(client.resumed(), i == 1);
      EXPECT_THAT(client.answer(), EndsWith("\r\n\r\nlamp-7 lamp-7.devices.example "));
    }
  }
}

TEST(TlsClientCertificate, IsNotDemanded) {
  const TestCertificates devices({"devices.example"});
  EchoServer server(asking_for(devices));
  OfferingClient client({});
  EXPECT_TRUE(client.talk(server, "/certified"));
  EXPECT_THAT(client.answer(), EndsWith("\r\n\r\n"));
}

TEST(TlsClientCertificate, IsRefusedOfAnotherAuthority) {
  const TestCertificates devices({"devices.example"});
  const ClientIdentity stranger(local_certificates(), "lamp-7");
  EchoServer server(asking_for(devices));
  for (const int version : kVersions) {
    EXPECT_FALSE(OfferingClient({.version = version, .identity = &stranger}).talk(server));
  }
  EXPECT_EQ(server.handled(), 0);
}

TEST(TlsClientCertificate, IsJudgedAnewAfterAReload) {
  const TestCertificates devices({"devices.example"});
  const ClientIdentity lamp(devices, "lamp-7");
  EchoServer server(asking_for(devices));
  OfferingClient client({.identity = &lamp});
  EXPECT_TRUE(client.talk(server));
  std::filesystem::copy_file(local_certificates().authority(), devices.authority(),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(reload(server), "");
  EXPECT_FALSE(client.talk(server));
}

TEST(TlsClientCertificate, NeedsAnAuthorityThatCanBeRead) {
  const TestCertificates devices({"devices.example"});
  EchoServer server(asking_for(devices));
  overwrite(devices.authority(), "nonsense");
  EXPECT_THAT(reload(server), HasSubstr("clients' authority"));
}

}  // namespace
}  // namespace otter::server
