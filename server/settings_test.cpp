#include "server/settings.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SettingsTest : public testing::Test {
 protected:
  std::string file() const { return folder_.file("otter.toml"); }
  void write(const std::string& content) { write_file(file(), content); }
  Settings load(SettingsSources sources = {}) {
    sources.config_file = file();
    return load_settings(sources);
  }
  static SettingsSources by_environment(const std::string& name, const std::string& value) {
    SettingsSources sources;
    sources.environment[name] = value;
    return sources;
  }
  // What loading `content` is refused with.
  std::string refusal(const std::string& content, SettingsSources sources = {}) {
    write(content);
    try {
      load(std::move(sources));
      return "taken";
    } catch (const SettingsError& error) {
      return error.what();
    }
  }
  TemporaryFolder folder_;
};

TEST_F(SettingsTest, HasDefaultsForAll) {
  write("");
  const Settings settings = load();
  EXPECT_EQ(settings.server.address, "127.0.0.1");
  EXPECT_EQ(settings.server.port, 8443);
  EXPECT_EQ(settings.server.check_interval_s, 3600U);
  EXPECT_EQ(settings.publish.server, "https://localhost:8443");
}

TEST_F(SettingsTest, ReadsTheFile) {
  write(
      "[server]\nlisten = \"[::1]:443\"\ncheck_interval_s = 60\n"
      "log = \"json\"\n[publish]\nserver = \"https://otter.example/\"\n");
  const Settings settings = load();
  EXPECT_EQ(settings.server.address, "::1");
  EXPECT_EQ(settings.server.port, 443);
  EXPECT_EQ(settings.server.check_interval_s, 60U);
  EXPECT_EQ(settings.server.log, LogFormat::json);
  EXPECT_EQ(settings.publish.server, "https://otter.example");
}

TEST_F(SettingsTest, TakesPathsFromTheFilesFolder) {
  write("[server]\ndata = \"d\"\nkey = \"/k.pem\"\n");
  const Settings settings = load();
  EXPECT_EQ(settings.server.data, folder_.file("d"));
  EXPECT_EQ(settings.server.certificate_file(), folder_.file("d/certs/server.crt"));
  EXPECT_EQ(settings.server.key_file(), "/k.pem");
}

TEST_F(SettingsTest, LetsTheLaterWin) {
  write("[server]\nlisten = \"127.0.0.1:1\"\ndata = \"file\"\nlog = \"json\"\n");
  SettingsSources sources;
  sources.environment = {{"OTTER_SERVER_LISTEN", "127.0.0.1:2"}, {"OTTER_SERVER_DATA", "env"}};
  sources.flags = {{"server.listen", "127.0.0.1:3"}};
  const Settings settings = load(sources);
  EXPECT_EQ(settings.server.port, 3);
  EXPECT_EQ(settings.server.data, "env");
  EXPECT_EQ(settings.server.log, LogFormat::json);
}

TEST_F(SettingsTest, FindsTheFileByTheEnvironment) {
  write("[server]\ncheck_interval_s = 7\n");
  SettingsSources sources;
  sources.environment = {{"OTTER_CONFIG", file()}};
  EXPECT_EQ(load_settings(sources).server.check_interval_s, 7U);
}

TEST_F(SettingsTest, NamesLineAndReasonOfAWrongValue) {
  EXPECT_THAT(
      refusal("[server]\n\nlisten = \"nowhere\"\n"),
      AllOf(HasSubstr(file() + " line 3"), HasSubstr("server.listen"), HasSubstr("address:port")));
  EXPECT_THAT(refusal("[server]\nlog = \"loud\"\n"), HasSubstr("\"human\" or \"json\""));
  EXPECT_THAT(refusal("[server]\npublic_url = \"http://x\"\n"), HasSubstr("https://"));
}

TEST_F(SettingsTest, KnowsWhoMayReadMetrics) {
  write("[server]\nmetrics = \"loopback\"\nmetrics_token_file = \"m\"\nthreads = 3\n");
  const ServerSettings settings = load().server;
  EXPECT_EQ(settings.metrics, MetricsReader::loopback);
  EXPECT_EQ(settings.metrics_token_file, folder_.file("m"));
  EXPECT_EQ(settings.threads, 3U);
  EXPECT_THAT(refusal("[server]\nmetrics = \"all\"\n"),
              HasSubstr("\"operators\", \"loopback\" or \"off\""));
  EXPECT_THAT(refusal("[server]\nthreads = 257\n"), HasSubstr("from 0 to 256"));
}

TEST_F(SettingsTest, KnowsWhatTlsGoesBy) {
  write("[server]\nclient_ca = \"c\"\ntls_record_bytes = 4096\nticket_rotation_s = 60\n");
  const ServerSettings settings = load().server;
  EXPECT_EQ(settings.client_ca, folder_.file("c"));
  EXPECT_EQ(settings.tls_record_bytes, 4096U);
  EXPECT_EQ(settings.ticket_rotation_s, 60U);
  EXPECT_THAT(refusal("[server]\ntls_record_bytes = 511\n"), HasSubstr("from 512 to 16384"));
  write("[server]\nhsts_s = 31536000\n");
  EXPECT_EQ(load().server.hsts_s, 31'536'000U);
  EXPECT_THAT(refusal("[server]\nhsts_s = 63072001\n"), HasSubstr("from 0 to 63072000"));
  EXPECT_THAT(refusal("[server]\nticket_rotation_s = 302401\n"), HasSubstr("from 60 to 302400"));
}

TEST_F(SettingsTest, KnowsHowMuchIsLogged) {
  write("[server]\naccess_log = \"on\"\nlog_delay_ms = 0\n");
  EXPECT_TRUE(load().server.access_log);
  EXPECT_EQ(load().server.log_delay_ms, 0U);
  EXPECT_THAT(refusal("[server]\naccess_log = \"yes\"\n"), HasSubstr("\"on\" or \"off\""));
  EXPECT_THAT(refusal("[server]\nlog_delay_ms = 1001\n"), HasSubstr("from 0 to 1000"));
}

TEST_F(SettingsTest, RefusesAddressesThatCantBe) {
  for (const char* listen : {"localhost", "otter.example:443", "127.0.0.1:65536", "::1:443",
                             "127.0.0.1:", "127.0.0.1:x", "[127.0.0.1]", "256.0.0.1:1"}) {
    EXPECT_THAT(refusal(std::string("[server]\nlisten = \"") + listen + "\"\n"),
                HasSubstr("server.listen"))
        << listen;
  }
}

TEST_F(SettingsTest, RefusesIntervalsOutOfRange) {
  for (const char* seconds : {"0", "-1", "31622401"}) {
    EXPECT_THAT(refusal(std::string("[server]\ncheck_interval_s = ") + seconds + "\n"),
                HasSubstr("whole number from 1"))
        << seconds;
  }
}

TEST_F(SettingsTest, RefusesSessionsThatEndTooSoonOrTooLate) {
  for (const char* wrong : {"session_idle_s = 119", "session_max_s = 2592001"}) {
    EXPECT_THAT(refusal(std::string("[server]\n") + wrong + "\n"),
                HasSubstr("must be a whole number from 120 to 2592000"));
  }
}

TEST_F(SettingsTest, RefusesWrongTypes) {
  EXPECT_THAT(refusal("[server]\nlisten = 8443\n"), HasSubstr("must be a string"));
  EXPECT_THAT(refusal("[server]\ncheck_interval_s = \"60\"\n"),
              HasSubstr("must be a whole number"));
  EXPECT_THAT(refusal("server = 1\n"), HasSubstr("unknown section server"));
}

TEST_F(SettingsTest, KnowsASettingOfFormerVersions) {
  write("[server]\nenrolment = \"open\"\n");
  EXPECT_NO_THROW(load());
  EXPECT_THAT(refusal("[server]\nenrolment = \"closed\"\n"),
              AllOf(HasSubstr("line 2"), HasSubstr("otter product set NAME --enrolment listed")));
}

TEST_F(SettingsTest, RefusesUnknownNames) {
  EXPECT_THAT(refusal("[server]\nlissen = \"x\"\n"),
              AllOf(HasSubstr("line 2"), HasSubstr("unknown setting server.lissen")));
  EXPECT_THAT(refusal("[sever]\n"), HasSubstr("unknown section sever"));
  SettingsSources sources;
  for (const char* variable : {"OTTER_SERVER_LISSEN", "OTTER_LIMITS_SKY"}) {
    sources.environment = {{variable, "x"}};
    EXPECT_THAT(refusal("", sources), HasSubstr(variable));
  }
}

TEST_F(SettingsTest, SaysWhereTheFileIsNoToml) {
  EXPECT_THAT(refusal("[server]\nlisten = \n"), HasSubstr(file() + " line 2"));
}

TEST_F(SettingsTest, SaysWhichFileCantBeRead) {
  SettingsSources sources;
  sources.config_file = folder_.file("none.toml");
  EXPECT_THROW(
      {
        try {
          load_settings(sources);
        } catch (const SettingsError& error) {
          EXPECT_THAT(error.what(), HasSubstr("none.toml"));
          throw;
        }
      },
      SettingsError);
}

TEST_F(SettingsTest, ReadsListsFromFileAndEnvironment) {
  const std::vector<std::string> both = {"https://a.example", "http://b:8080"};
  write("[server]\nmirrors = [\"https://a.example\", \"http://b:8080\"]\n");
  EXPECT_EQ(load().server.mirrors, both);
  EXPECT_THAT(print_settings(load()),
              HasSubstr("mirrors = [\"https://a.example\", \"http://b:8080\"]  # "));
  write("");
  EXPECT_TRUE(load().server.mirrors.empty());
  SettingsSources sources;
  sources.environment = {{"OTTER_SERVER_MIRRORS", "https://a.example, http://b:8080"}};
  EXPECT_EQ(load(sources).server.mirrors, both);
}

TEST_F(SettingsTest, RefusesMirrorsThatNoDeviceWouldAsk) {
  for (const char* mirrors : {"[\"a.example\"]", "[\"https://a/b\"]", "[\"https://a/\"]",
                              "[\"https://u@a\"]", "[\"ftp://a\"]"}) {
    EXPECT_THAT(refusal(std::string("[server]\nmirrors = ") + mirrors + "\n"),
                HasSubstr("nothing behind"))
        << mirrors;
  }
  EXPECT_THAT(refusal("[server]\nmirrors = \"https://a\"\n"), HasSubstr("a list of strings"));
  EXPECT_THAT(refusal("[server]\nmirrors = [1]\n"), HasSubstr("a list of strings"));
  SettingsSources sources;
  sources.environment = {{"OTTER_SERVER_MIRRORS", "http://1 http://2 http://3 http://4 http://5"}};
  EXPECT_THAT(refusal("", sources), HasSubstr("at most 4"));
}

TEST_F(SettingsTest, ReadsHowLongThingsAreKept) {
  write(
      "[server]\nkeep_reports_days = 0\nkeep_counts_days = 36525\nkeep_samples_days = 3\n"
      "keep_history_days = 4\nkeep_dumps_days = 5\n");
  const ServerSettings read = load().server;
  EXPECT_EQ(read.keep_reports_days, 0U);
  EXPECT_EQ(read.keep_counts_days, 36525U);
  EXPECT_EQ(read.keep_samples_days, 3U);
  EXPECT_EQ(read.keep_history_days, 4U);
  EXPECT_EQ(read.keep_dumps_days, 5U);
  for (const char* name : {"keep_reports_days", "keep_counts_days", "keep_samples_days",
                           "keep_history_days", "keep_dumps_days"}) {
    EXPECT_THAT(refusal(std::string("[server]\n") + name + " = 36526\n"),
                HasSubstr("a whole number from 0 to 36525"));
    EXPECT_THAT(refusal(std::string("[server]\n") + name + " = -1\n"), HasSubstr(name));
  }
}

TEST_F(SettingsTest, NamesTheVariableAtFault) {
  SettingsSources sources;
  sources.environment = {{"OTTER_SERVER_LOG", "loud"}};
  EXPECT_THAT(refusal("", sources), HasSubstr("environment OTTER_SERVER_LOG"));
}

TEST_F(SettingsTest, PrintsWhatHoldsAndWhereItIsFrom) {
  write("[server]\nlisten = \"0.0.0.0:443\"\n");
  SettingsSources sources;
  sources.environment = {{"OTTER_SERVER_LOG", "json"}};
  const std::string text = print_settings(load(sources));
  EXPECT_THAT(text, HasSubstr("listen = \"0.0.0.0:443\"  # " + file() + " line 2"));
  EXPECT_THAT(text, HasSubstr("log = \"json\"  # environment OTTER_SERVER_LOG"));
  EXPECT_THAT(text, HasSubstr("check_interval_s = 3600  # default"));
}

TEST_F(SettingsTest, PrintsWhatItCanRead) {
  write("[server]\ndata = 'a \"b\\c'\n");
  const std::string first = print_settings(load());
  write(first);
  EXPECT_EQ(load().server.data, folder_.file("a \"b\\c"));
}

TEST_F(SettingsTest, RefusesUrlsWithoutAHost) {
  for (const char* url : {"https://", "https:///", "https:////", "https:///a", "https://a//"}) {
    EXPECT_THAT(refusal(std::string("[server]\npublic_url = \"") + url + "\"\n"),
                HasSubstr("https://host[:port]"))
        << url;
  }
  write("[server]\npublic_url = \"https://a/\"\n");
  EXPECT_EQ(load().server.public_url, "https://a");
}

TEST_F(SettingsTest, PrintsControlCharactersSoThatItCanReadThem) {
  write("[server]\ndata = \"/a\\r\\n[publish]\\u007f\"\n");
  write(print_settings(load()));
  EXPECT_EQ(load().server.data, "/a\r\n[publish]\x7f");
}

TEST_F(SettingsTest, ReadsWhoGivesRolesToWhom) {
  write(
      "[openid]\nissuer = \"https://login.example/a/\"\nclient_id = \"otter\"\nca = \"ca.crt\"\n"
      "admin = [\"CN=Ops,DC=example\", \"On call\"]\nscopes = [\"openid\", \"groups\"]\n");
  const OpenIdSettings openid =
      load(by_environment("OTTER_OPENID_VIEWER", " staff , On call,,")).server.openid;
  EXPECT_EQ(openid.issuer, "https://login.example/a/");
  EXPECT_EQ(openid.ca, folder_.file("ca.crt"));
  EXPECT_EQ(openid.admin, (std::vector<std::string>{"CN=Ops,DC=example", "On call"}));
  EXPECT_EQ(openid.viewer, (std::vector<std::string>{"staff", "On call"}));
  EXPECT_EQ(openid.scopes, (std::vector<std::string>{"openid", "groups"}));
  EXPECT_TRUE(openid.is_on());
}

TEST_F(SettingsTest, PrintsNamesAsItReadsThem) {
  write("[openid]\nadmin = [\"CN=Ops,DC=example\"]\nviewer = [\"a\", \"b c\"]\n");
  write(print_settings(load()));
  EXPECT_EQ(load().server.openid.admin, (std::vector<std::string>{"CN=Ops,DC=example"}));
  EXPECT_EQ(load().server.openid.viewer, (std::vector<std::string>{"a", "b c"}));
  EXPECT_TRUE(load().server.openid.operator_.empty());
}

TEST_F(SettingsTest, LetsNobodySignInElsewhereByItself) {
  write("");
  const OpenIdSettings openid = load().server.openid;
  EXPECT_FALSE(openid.is_on());
  EXPECT_TRUE(openid.admin.empty() && openid.publisher.empty());
  EXPECT_TRUE(openid.operator_.empty() && openid.viewer.empty());
}

TEST_F(SettingsTest, RefusesAProviderThatCantBeAsked) {
  for (const char* issuer :
       {"http://login.example", "login.example", "https://a?b", "https://u@a"}) {
    EXPECT_THAT(refusal("[openid]\nclient_id = \"o\"\nissuer = \"" + std::string(issuer) + "\"\n"),
                HasSubstr("must be https://host[:port][/path]"))
        << issuer;
  }
  EXPECT_THAT(refusal("[openid]\nissuer = \"https://login.example\"\n"),
              HasSubstr("openid.client_id is missing"));
  EXPECT_THAT(refusal("[openid]\nscopes = [\"email\"]\n"), HasSubstr("must have \"openid\""));
  EXPECT_THAT(refusal("", by_environment("OTTER_OPENID_ISSUR", "x")),
              HasSubstr("there is no such setting"));
}

}  // namespace
}  // namespace otter::server
