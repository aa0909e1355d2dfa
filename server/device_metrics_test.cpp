#include "server/device_metrics.h"

#include <gmock/gmock.h>

#include "ota/wire/device_metrics.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

bool is_read(const std::string& header) { return parse_device_metrics(header).has_value(); }

double value_of(const std::string& number) {
  return parse_device_metrics("m=" + number).value().at(0).value;
}

std::vector<std::string> numbered(int count) {
  std::vector<std::string> members;
  for (int number = 0; number < count; ++number) {
    members.push_back("m" + std::to_string(number) + "=" + std::to_string(number));
  }
  return members;
}

std::string joined(const std::vector<std::string>& members) {
  std::string header;
  for (const std::string& member : members) header += (header.empty() ? "" : ", ") + member;
  return header;
}

TEST(DeviceMetrics, AreReadInTheirOrder) {
  EXPECT_THAT(
      parse_device_metrics("latency_ms=41, battery_mv=3700").value(),
      ElementsAre(fleet::MetricValue{"latency_ms", 41}, fleet::MetricValue{"battery_mv", 3700}));
}

TEST(DeviceMetrics, MayHaveSpaceAroundTheirCommas) {
  EXPECT_TRUE(is_read("a=1,b=2"));
  EXPECT_TRUE(is_read(" a=1 \t,\t b=2 "));
}

TEST(DeviceMetrics, AreNumbersOfRfc8941) {
  EXPECT_EQ(value_of("0"), 0);
  EXPECT_EQ(value_of("-7"), -7);
  EXPECT_EQ(value_of("999999999999999"), 999999999999999);
  EXPECT_EQ(value_of("-999999999999.125"), -999999999999.125);
  EXPECT_EQ(value_of("21.5"), 21.5);
}

TEST(DeviceMetrics, AreNoOtherNumbers) {
  for (const char* number : {"",
                             "-",
                             "+1",
                             "--1",
                             "1e3",
                             "0x10",
                             "inf",
                             "nan",
                             ".5",
                             "1.",
                             "1.2345",
                             "1.2.3",
                             "1 2",
                             "1000000000000000",
                             "1234567890123.5",
                             "?1",
                             "\"1\"",
                             ":AA==:",
                             "(1 2)",
                             "1;q=1"}) {
    EXPECT_FALSE(is_read("m=" + std::string(number))) << number;
  }
}

TEST(DeviceMetrics, HaveNamesThatAreKeysAndIds) {
  EXPECT_TRUE(is_read("a.b-c_9=1"));
  EXPECT_TRUE(is_read(std::string(64, 'a') + "=1"));
  for (const char* name : {"", "Battery", "9lives", "_a", "*a", "a:b", "a b"}) {
    EXPECT_FALSE(is_read(std::string(name) + "=1")) << name;
  }
  EXPECT_FALSE(is_read(std::string(65, 'a') + "=1"));
}

TEST(DeviceMetrics, AreAtMostSixteen) {
  EXPECT_EQ(parse_device_metrics(joined(numbered(16))).value().size(), 16U);
  EXPECT_FALSE(is_read(joined(numbered(17))));
}

TEST(DeviceMetrics, AreAllPassedOverWhereOneCannotBeRead) {
  for (const char* header : {"", " ", ",", "a=1,", ",a=1", "a=1,,b=2", "a", "a=1, b", "a=1 b=2",
                             "a=1, a=2", "a=1\n, b=2"}) {
    EXPECT_FALSE(is_read(header)) << header;
  }
}

TEST(DeviceMetrics, AreNoMoreThanTheHeaderHolds) {
  std::vector<std::string> long_ones = numbered(8);
  for (std::string& member : long_ones) member = std::string(61, 'a') + member;
  EXPECT_TRUE(is_read(joined(long_ones)));
  EXPECT_FALSE(is_read(joined(long_ones) + std::string(kDeviceMetricsSizeMax, ' ')));
}

TEST(DeviceMetrics, AreReadAsTheDeviceWritesThem) {
  const Metric measured[] = {{"battery_mv", 3700}, {"least", 1 - kMetricMax}};
  uint8_t buffer[kDeviceMetricsSizeMax];
  const Text header = write_device_metrics(measured, 2, buffer);
  EXPECT_THAT(parse_device_metrics({header.data, header.size}).value(),
              ElementsAre(fleet::MetricValue{"battery_mv", 3700},
                          fleet::MetricValue{"least", static_cast<double>(1 - kMetricMax)}));
}

class MetricsOfACheckin : public testing::Test {
 protected:
  uint32_t status_with(const std::string& metrics) {
    return server_
        .send(request_of(
            "GET", "/firmware/manifest",
            {{"X-API-Key", key_},
             {"Accept", kCheckinType},
             {kDeviceFactsHeader,
              "id=\"lamp-7\", ver=\"0.9.0\", product=\"lamp\", chip=\"esp32c3\", slot=1048576, "
              "nonce=:AAECAwQFBgcICQoLDA0ODw==:"},
             {kDeviceMetricsHeader, metrics}}))
        .status;
  }
  std::string counted() { return server_.metrics.text(); }

  OfflineServer server_;
  std::string key_ = server_.enroll("lamp-7");
};

constexpr char kUnreadable[] = "otter_device_metrics_unreadable_total{product=\"lamp\"} 2\n";

TEST_F(MetricsOfACheckin, ThatCannotBeReadKeepNobodyFromItsUpdate) {
  EXPECT_EQ(status_with("latency_ms=fast"), 200U);
  EXPECT_EQ(status_with(std::string(2000, 'x')), 200U);
  EXPECT_THAT(counted(), HasSubstr(kUnreadable));
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("X-Otter-Metrics can't be read"));
}

TEST_F(MetricsOfACheckin, ThatCanBeReadAreNotCountedAsUnreadable) {
  EXPECT_EQ(status_with("latency_ms=41"), 200U);
  EXPECT_THAT(counted(), Not(HasSubstr("otter_device_metrics_unreadable_total")));
}

TEST_F(MetricsOfACheckin, AreShownOfTheDeviceUntilItsNext) {
  const auto shown = [this] {
    return json_of(server_.admin("GET", "/api/v1/devices/lamp-7")).at("metrics");
  };
  EXPECT_TRUE(shown().is_null());
  status_with("latency_ms=41, celsius=-2.5");
  EXPECT_EQ(shown(), boost::json::value({{"latency_ms", 41}, {"celsius", -2.5}}));
  status_with("latency_ms=fast");
  EXPECT_TRUE(shown().is_null());
}

}  // namespace
}  // namespace otter::server
