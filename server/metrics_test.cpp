#include "server/metrics.h"

#include <gmock/gmock.h>

#include <thread>

namespace otter::server {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr MetricName kEaten = {"eaten_total", "Fish that were eaten"};
constexpr MetricName kHungry = {"hungry", "Otters that are hungry"};
constexpr MetricName kMeal = {"meal_seconds", "How long a meal took"};

TEST(Metrics, WritesNothingOfNothing) { EXPECT_EQ(Metrics().text(), ""); }

TEST(Metrics, WritesCountersAndGaugesByName) {
  Metrics metrics;
  metrics.gauge(kHungry).set(7);
  metrics.gauge(kHungry).add(-9);
  metrics.counter(kEaten, {{"fish", "eel"}}).add(2);
  metrics.counter(kEaten, {{"fish", "carp"}}).add();
  EXPECT_EQ(metrics.text(),
            "# HELP eaten_total Fish that were eaten\n# TYPE eaten_total counter\n"
            "eaten_total{fish=\"carp\"} 1\neaten_total{fish=\"eel\"} 2\n"
            "# HELP hungry Otters that are hungry\n# TYPE hungry gauge\nhungry -2\n");
}

TEST(Metrics, GivesTheSameSeriesForTheSameLabels) {
  Metrics metrics;
  Counter& first = metrics.counter(kEaten, {{"fish", "eel"}, {"size", "1"}});
  EXPECT_EQ(&metrics.counter(kEaten, {{"fish", "eel"}, {"size", "1"}}), &first);
  EXPECT_NE(&metrics.counter(kEaten, {{"fish", "eel"}, {"size", "2"}}), &first);
}

TEST(Metrics, RefusesANameOfAnotherKind) {
  Metrics metrics;
  metrics.counter(kEaten);
  EXPECT_THROW(metrics.gauge(kEaten), std::logic_error);
}

TEST(Metrics, EscapesWhatALabelSays) {
  Metrics metrics;
  metrics.counter(kEaten, {{"fish", "a\"b\\c\nd\xff\x01 e"}}).add();
  EXPECT_THAT(metrics.text(), HasSubstr("eaten_total{fish=\"a\\\"b\\\\c\\nd?? e\"} 1\n"));
}

TEST(Metrics, AsksForAGaugeWhenItIsWritten) {
  Metrics metrics;
  double answer = 0.5;
  metrics.ask(kHungry, {{"river", "Kennet"}}, [&answer] { return answer; });
  EXPECT_THAT(metrics.text(), HasSubstr("hungry{river=\"Kennet\"} 0.5\n"));
  answer = 3;
  EXPECT_THAT(metrics.text(), HasSubstr("hungry{river=\"Kennet\"} 3\n"));
  metrics.ask(kHungry, {{"river", "Kennet"}}, [] { return 8.0; });
  EXPECT_THAT(metrics.text(), HasSubstr("hungry{river=\"Kennet\"} 8\n"));
}

TEST(Metrics, CountsDurationsUpToEachBound) {
  Metrics metrics;
  Histogram& meal = metrics.histogram(kMeal, {{"fish", "eel"}});
  for (const microseconds duration :
       {microseconds(100), microseconds(101), microseconds(2'000'000)}) {
    meal.observe(duration);
  }
  meal.observe(seconds(1000));
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# TYPE meal_seconds histogram\n"
                              "meal_seconds_bucket{fish=\"eel\",le=\"1e-04\"} 1\n"
                              "meal_seconds_bucket{fish=\"eel\",le=\"0.00025\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("le=\"1\"} 2\nmeal_seconds_bucket{fish=\"eel\",le=\"2.5\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("le=\"100\"} 3\nmeal_seconds_bucket{fish=\"eel\",le=\"+Inf\"} 4\n"
                              "meal_seconds_sum{fish=\"eel\"} 1002.000201\n"
                              "meal_seconds_count{fish=\"eel\"} 4\n"));
}

TEST(Metrics, TakesALongerNanosecondForTheNextBound) {
  Histogram histogram;
  histogram.observe(microseconds(100) + std::chrono::nanoseconds(1));
  EXPECT_EQ(histogram.count_up_to(0), 0U);
  EXPECT_EQ(histogram.count_up_to(1), 1U);
}

TEST(Metrics, WritesAHistogramWithoutLabels) {
  Metrics metrics;
  metrics.histogram(kMeal).observe(seconds(3));
  EXPECT_THAT(metrics.text(), HasSubstr("meal_seconds_bucket{le=\"10\"} 1\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("meal_seconds_sum 3\nmeal_seconds_count 1\n"));
}

TEST(Metrics, PutsWhatIsTooManyIntoOneSeries) {
  Metrics metrics;
  for (size_t i = 0; i < Metrics::kSeriesMax + 5; ++i) {
    metrics.counter(kEaten, {{"fish", std::to_string(i)}}).add();
  }
  EXPECT_THAT(metrics.text(), HasSubstr("eaten_total{fish=\"other\"} 5\n"));
  EXPECT_THAT(metrics.text(), Not(HasSubstr("{fish=\"1000\"}")));
  metrics.counter(kEaten, {{"fish", "0"}}).add();
  EXPECT_THAT(metrics.text(), HasSubstr("eaten_total{fish=\"0\"} 2\n"));
}

TEST(Stopwatch, ObservesOnceAndOnlyIfSomebodyWantsToKnow) {
  Histogram histogram;
  {
    const Stopwatch stopwatch(&histogram);
  }
  {
    const Stopwatch stopwatch(nullptr);
  }
  EXPECT_EQ(histogram.count(), 1U);
}

TEST(Metrics, LosesNoCountOfAnyThread) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      for (int k = 0; k < 1000; ++k) {
        metrics.counter(kEaten, {{"fish", std::to_string(k % 7)}}).add();
        metrics.histogram(kMeal).observe(microseconds(k));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(metrics.text(), HasSubstr("eaten_total{fish=\"0\"} 572\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("meal_seconds_count 4000\n"));
}

}  // namespace
}  // namespace otter::server
