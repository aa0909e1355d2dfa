#include "cli/fleet_text.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "cli/table.h"
#include "fleet/time_units.h"

namespace otter::cli {
namespace {

namespace json = boost::json;

constexpr uint32_t kBarWidth = 50;

double share_of(uint32_t count, const sim::FleetPlan& plan) {
  return plan.devices == 0 ? 0 : static_cast<double>(count) / plan.devices;
}

std::string percent(double share) {
  char out[32];
  std::snprintf(out, sizeof(out), "%.1f %%", share * 100);
  return out;
}

std::string day_text(int64_t at_s) {
  char out[32];
  std::snprintf(out, sizeof(out), "day %.1f", static_cast<double>(at_s) / double{fleet::kDay});
  return out;
}

std::string fault_text(const sim::FleetRelease& release) {
  std::string text = name(release.fault);
  if (release.fault != sim::ReleaseFault::none && release.share < 1) {
    text += " on " + percent(release.share);
  }
  return text;
}

json::object tally_json(const fleet::Tally& tally) {
  return {{"started", tally.started},   {"confirmed", tally.confirmed},
          {"failing", tally.failing()}, {"rolled_back", tally.rolled_back},
          {"failed", tally.failed},     {"lost", tally.lost},
          {"refused", tally.refused},   {"returned", tally.returned},
          {"skipped", tally.skipped}};
}

json::object release_json(const sim::FleetRelease& plan, const sim::ReleaseOutcome& outcome) {
  json::object out = tally_json(outcome.tally);
  out["version"] = outcome.version;
  out["fault"] = name(plan.fault);
  out["phase"] = name(outcome.phase);
  out["ran"] = outcome.ran;
  out["spread_max"] = plan.spread_max;
  out["contained"] = outcome.is_contained;
  out["differing"] = outcome.differing;
  out["undelivered"] = outcome.undelivered;
  json::array halts, curve;
  for (const sim::FleetHalt& halt : outcome.halts) {
    halts.push_back({{"at", halt.at_s},
                     {"cause", name(halt.cause)},
                     {"detail", halt.detail},
                     {"started", halt.started}});
  }
  for (const sim::FleetDay& day : outcome.curve) {
    curve.push_back({{"day", day.day},
                     {"phase", name(day.phase)},
                     {"stage", day.stage + 1},
                     {"started", day.tally.started},
                     {"confirmed", day.tally.confirmed},
                     {"failing", day.tally.failing()}});
  }
  out["halts"] = std::move(halts);
  out["curve"] = std::move(curve);
  return out;
}

std::string bar(const fleet::Tally& tally, uint32_t devices) {
  const auto width = [devices](uint32_t count) {
    return static_cast<size_t>((uint64_t{count} * kBarWidth + devices - 1) / devices);
  };
  std::string text(width(tally.confirmed), '#');
  text += std::string(width(tally.failing()), 'x') + std::string(width(tally.open()), '.');
  text.resize(kBarWidth, ' ');
  return text;
}

}  // namespace

json::object fleet_json(const sim::FleetPlan& plan, const sim::FleetOutcome& outcome) {
  json::array releases, violations;
  for (size_t index = 0; index < outcome.releases.size(); ++index) {
    releases.push_back(release_json(plan.releases[index], outcome.releases[index]));
  }
  for (const std::string& violation : outcome.violations) {
    violations.push_back(json::string(violation));
  }
  return {{"devices", plan.devices},
          {"days", plan.days},
          {"interval", plan.interval_s},
          {"seed", plan.seed},
          {"check_ins", outcome.check_ins},
          {"messages", outcome.messages},
          {"messages_lost", outcome.messages_lost},
          {"messages_doubled", outcome.messages_doubled},
          {"releases", std::move(releases)},
          {"violations", std::move(violations)},
          {"fine", outcome.is_fine()}};
}

void print_fleet(std::ostream& out, const sim::FleetPlan& plan, const sim::FleetOutcome& outcome) {
  Table table({"RELEASE", "DOES", "PHASE", "OFFERED", "CONFIRMED", "FAILING", "EVER RAN", "MOST",
               "DIFFERING", "STOPPED"});
  for (size_t index = 0; index < outcome.releases.size(); ++index) {
    const sim::ReleaseOutcome& release = outcome.releases[index];
    const sim::FleetRelease& planned = plan.releases[index];
    const std::string stopped =
        release.halts.empty()
            ? "-"
            : day_text(release.halts.front().at_s) + ", " + name(release.halts.front().cause);
    table.add({release.version, fault_text(planned), name(release.phase),
               std::to_string(release.tally.started), std::to_string(release.tally.confirmed),
               std::to_string(release.tally.failing()), percent(share_of(release.ran, plan)),
               percent(planned.spread_max), std::to_string(release.differing), stopped});
  }
  table.print(out, wants_colour());
  out << plan.devices << " boards, " << plan.days << " days, seed " << plan.seed << ": "
      << outcome.check_ins << " check-ins, " << outcome.messages << " messages, "
      << outcome.messages_lost << " of them lost, " << outcome.messages_doubled << " doubled\n";
}

void print_curve(std::ostream& out, const sim::FleetPlan& plan, size_t release,
                 const sim::FleetOutcome& outcome) {
  const std::vector<sim::FleetDay>& curve = outcome.releases.at(release).curve;
  const size_t stages = plan.releases.at(release).plan.stages.size();
  size_t last = curve.size();
  while (last > 1 && curve[last - 1].phase == curve[last - 2].phase &&
         curve[last - 1].tally == curve[last - 2].tally) {
    --last;
  }
  const uint32_t devices = std::max(1u, plan.devices);
  for (size_t index = 0; index < last; ++index) {
    const sim::FleetDay& day = curve[index];
    char line[160];
    std::snprintf(line, sizeof(line), "day %3u  %-9s stage %u of %zu  |%s| %s\n", day.day,
                  name(day.phase), day.stage + 1, stages, bar(day.tally, devices).c_str(),
                  percent(share_of(day.tally.started, plan)).c_str());
    out << line;
  }
  out << "# confirmed, x failing, . at it\n";
}

}  // namespace otter::cli
