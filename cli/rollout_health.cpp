#include "cli/rollout_health.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/table.h"

namespace otter::cli {
namespace {

std::string text_of(const char* format, double number) {
  char text[64];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

// Of these the server counts what goes beyond the loss that is allowed.
std::string beside_allowed(const char* format, double difference) {
  const char* const side = difference > 0 ? " beyond what is allowed" : " within what is allowed";
  return text_of(format, std::abs(difference)) + side;
}

std::string difference_text(const std::string& metric, double difference) {
  if (metric == "resets") return text_of("%+.2f a device", difference);
  if (metric == "silence") return text_of("%+.1f %% of devices", 100 * difference);
  if (metric == "heap") return beside_allowed("%.1f KiB", difference);
  return beside_allowed("%.1f dB", difference);
}

std::string application_text(const std::string&, double difference) {
  return beside_allowed("%.1f %% of the larger value", 100 * difference);
}

// Of one kind of metrics.
struct Words {
  const char* owner;  // before a metric's name
  std::string (*difference)(const std::string& metric, double difference);
};
constexpr Words kDeviceWords = {"", difference_text};
constexpr Words kApplicationWords = {"application's ", application_text};

void add_figures(const boost::json::object& metrics, double limit, const Words& words,
                 std::vector<HealthFigure>& figures) {
  for (const auto& [name, value] : metrics) {
    const boost::json::object& metric = value.as_object();
    HealthFigure figure;
    figure.name = words.owner + printable(std::string(name));
    figure.pairs = metric.at("pairs").to_number<int64_t>();
    figure.evidence = metric.at("log_evidence").to_number<double>() / limit;
    figure.difference =
        figure.pairs == 0
            ? "-"
            : words.difference(figure.name, metric.at("mean_difference").to_number<double>());
    figures.push_back(std::move(figure));
  }
}

}  // namespace

std::vector<HealthFigure> health_figures(const boost::json::object& rollout) {
  std::vector<HealthFigure> figures;
  const boost::json::object& health = rollout.at("health").as_object();
  const double limit = health.at("log_evidence_limit").to_number<double>();
  if (limit <= 0) return figures;
  add_figures(health.at("metrics").as_object(), limit, kDeviceWords, figures);
  const boost::json::value* application = health.if_contains("application_metrics");
  if (application == nullptr) return figures;  // an older server's
  add_figures(application->as_object(), limit, kApplicationWords, figures);
  return figures;
}

void print_health(std::ostream& out, const boost::json::object& rollout) {
  const std::vector<HealthFigure> figures = health_figures(rollout);
  if (figures.empty()) return;
  Table table({"HEALTH", "PAIRS", "UPDATED BESIDE NOT UPDATED", "EVIDENCE OF HARM"});
  for (const HealthFigure& figure : figures) {
    const std::string evidence =
        text_of("%.0f %% of what halts it", 100 * std::max(0.0, figure.evidence));
    table.add({figure.name, std::to_string(figure.pairs), figure.difference, evidence});
  }
  table.print(out, wants_colour());
}

}  // namespace otter::cli
