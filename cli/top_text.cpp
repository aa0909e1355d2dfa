#include "cli/top_text.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <sstream>

#include "cli/answer.h"
#include "cli/rollout_health.h"
#include "cli/rollout_watch.h"
#include "cli/table.h"
#include "fleet/rollout.h"
#include "ota/wire/reset_reason.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr size_t kBarWidth = 20;       // [characters]
constexpr size_t kVersionsShown = 10;  // of a product; the rest are summed up

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

double figure(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  return value == nullptr || !value->is_number() ? 0 : value->to_number<double>();
}

const boost::json::object* inner(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

void add_lines(std::vector<std::string>& lines, const std::string& text) {
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
}

std::vector<std::string> row_of(const FleetCount& product, const std::string& version,
                                int64_t devices) {
  const double share = product.devices == 0
                           ? 0
                           : static_cast<double>(devices) / static_cast<double>(product.devices);
  const auto filled = static_cast<size_t>(share * kBarWidth + 0.5);
  std::string bar(std::min(filled, kBarWidth), '#');
  bar.resize(kBarWidth, '.');
  return {product.product, version, std::to_string(devices), percent(share), bar};
}

using VersionRow = std::pair<std::string, int64_t>;

// The most devices first.
void add_versions(const FleetCount& product, Table& table) {
  std::vector<VersionRow> versions(product.versions.begin(), product.versions.end());
  std::ranges::stable_sort(versions, std::ranges::greater(), &VersionRow::second);
  int64_t others = product.other_versions;
  for (size_t i = 0; i < versions.size(); ++i) {
    const auto& [version, devices] = versions[i];
    if (i < kVersionsShown) {
      table.add(row_of(product, version.empty() ? "?" : printable(version), devices));
    } else {
      others += devices;
    }
  }
  if (versions.empty()) table.add(row_of(product, "-", 0));
  if (others > 0) table.add(row_of(product, "others", others));
}

std::string versions_table(const std::vector<FleetCount>& products) {
  Table table({"PRODUCT", "VERSION", "DEVICES", "SHARE", ""});
  for (const FleetCount& product : products) add_versions(product, table);
  std::ostringstream text;
  table.print(text, false);
  return text.str();
}

// The health gate's metric that is nearest to its limit; empty: none is judged.
std::string health_gate(const boost::json::object& rollout) {
  std::vector<HealthFigure> figures = health_figures(rollout);
  std::erase_if(figures, [](const HealthFigure& figure) { return figure.pairs == 0; });
  const auto nearest = std::ranges::max_element(figures, {}, &HealthFigure::evidence);
  if (nearest == figures.end()) return "";
  return ", health (" + nearest->name + ") at " + percent(std::max(0.0, nearest->evidence)) +
         " of its limit";
}

std::string gate_line(const boost::json::object& rollout) {
  const RolloutCounts counts = counts_of(rollout);
  const int64_t ended = counts.confirmed + counts.failing;
  const double share =
      ended == 0 ? 0 : static_cast<double>(counts.failing) / static_cast<double>(ended);
  const boost::json::object* plan = inner(rollout, "plan");
  const boost::json::object* gates = plan == nullptr ? nullptr : inner(*plan, "gates");
  const double failing_max = gates == nullptr ? 0 : figure(*gates, "failing_max");
  return "Gate: " + percent(share) + " failing of at most " + percent(failing_max / 100) +
         health_gate(rollout);
}

void add_rollouts(const boost::json::array& rollouts, std::vector<std::string>& lines) {
  if (rollouts.empty()) lines.emplace_back("No rollout under way.");
  for (const boost::json::value& item : rollouts) {
    std::ostringstream text;
    print_rollout(text, item.as_object());
    add_lines(lines, text.str());
    lines.push_back(gate_line(item.as_object()));
  }
}

void add_trouble(std::vector<std::string>& lines, int64_t devices, const FleetCount& product,
                 const std::string& what) {
  if (devices > 0) lines.push_back(std::to_string(devices) + " of " + product.product + what);
}

void add_troubles(const std::vector<FleetCount>& products, std::vector<std::string>& lines) {
  const size_t before = lines.size();
  for (const FleetCount& product : products) {
    const std::string& name = product.product;
    add_trouble(lines, product.failing, product,
                ": the last update failed (otter device list --product " + name +
                    " --outcome rolled_back, or failed)");
    add_trouble(lines, product.crashed, product, ": started last after a crash");
    add_trouble(lines, product.overdue, product,
                ": not seen for a day (otter device list --filter 'product = \"" + name +
                    "\" and seen_days > 1')");
  }
  if (lines.size() == before) lines.emplace_back("No device needs a look.");
}

std::string text_of(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  const boost::json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? "" : std::string(text->data(), text->size());
}

int64_t number(const json::object& object, const char* name) {
  return static_cast<int64_t>(figure(object, name));
}

// Each row of a table of counts, with its number of devices.
void each_row(const json::object& counts, const char* table,
              const std::function<void(const json::object&, int64_t)>& see) {
  const json::value* rows = counts.if_contains(table);
  if (rows == nullptr || !rows->is_array()) return;
  for (const json::value& row : rows->as_array()) {
    if (row.is_object()) see(row.as_object(), number(row.as_object(), "devices"));
  }
}

}  // namespace

FleetCount count_from_json(const json::object& counts) {
  FleetCount count;
  count.product = text_of(counts, "product");
  count.devices = number(counts, "devices");
  count.other_versions = number(counts, "other_versions");
  count.overdue = count.devices;
  each_row(counts, "versions", [&](const json::object& row, int64_t devices) {
    count.versions[text_of(row, "version")] += devices;
  });
  each_row(counts, "outcomes", [&](const json::object& row, int64_t devices) {
    const std::string outcome = text_of(row, "outcome");
    if (outcome == "rolled_back" || outcome == "failed") count.failing += devices;
  });
  each_row(counts, "reset_reasons", [&](const json::object& row, int64_t devices) {
    const std::string reason = text_of(row, "reset_reason");
    if (is_abnormal(reset_reason_named({reason.data(), reason.size()}))) count.crashed += devices;
  });
  each_row(counts, "seen", [&](const json::object& row, int64_t devices) {
    const int64_t within_s = number(row, "within_s");
    if (within_s > 0 && within_s <= kOverdueAfter) count.overdue -= devices;
  });
  return count;
}

std::vector<std::string> draw_fleet(const FleetPicture& picture) {
  std::vector<std::string> lines;
  if (picture.products.empty()) return {"There is no product: otter product add makes one."};
  add_lines(lines, versions_table(picture.products));
  lines.emplace_back("");
  add_rollouts(picture.rollouts, lines);
  lines.emplace_back("");
  add_troubles(picture.products, lines);
  return lines;
}

bool has_ended(const boost::json::object& rollout) {
  const std::optional<fleet::Phase> phase = fleet::phase_named(text_of(rollout, "phase"));
  return phase.has_value() && (fleet::is_over(*phase) || *phase == fleet::Phase::complete);
}

}  // namespace otter::cli
