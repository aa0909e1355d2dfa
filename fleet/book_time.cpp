// What time does to rollouts.
#include <algorithm>

#include "fleet/book_entry.h"

namespace otter::fleet {
namespace {

constexpr int64_t kMembersKept = 600;     // [s] then the group is asked for anew
constexpr size_t kPairsAtOnceMax = 1000;  // of one rollout, in one propose()
constexpr size_t kControlsSpare = 16;     // tried beside those that are needed
constexpr int64_t kIntervalsHeardOf = 2;  // a control has to be alive

}  // namespace

// What has to be asked of the roster, without holding up who checks in.
struct Book::Errand {
  std::string rollout;
  std::optional<Plan> members_of;  // asked for anew
  std::vector<Member> members;
  std::vector<std::string> closing;   // devices whose pairs are due
  std::vector<std::string> opening;   // devices that get a control
  std::vector<std::string> controls;  // who might be one
  std::vector<std::string> asked;     // of whom vitals are needed
  std::unordered_map<std::string, Vitals> vitals;
};

void Book::lose_overdue(Entry& entry, int64_t now_s) {
  std::vector<std::string> overdue;
  for (const std::string& device : entry.open) {
    const Part& part = entry.parts.at(device).part;
    if (now_s - part.started_s >= entry.plan().time_limit_s) overdue.push_back(device);
  }
  for (const std::string& device : overdue) {
    PartRecord& record = entry.parts.at(device);
    Part part = record.part;
    part.end = End::lost;
    part.ended_s = now_s;
    set_part(entry, record, part);
  }
}

Book::Errand Book::errand_of(const Entry& entry, int64_t now_s) const {
  Errand errand;
  errand.rollout = entry.plan().id;
  const bool is_stale = entry.members_at_s == 0 || now_s < entry.members_at_s ||
                        now_s - entry.members_at_s >= kMembersKept;
  if (is_stale) errand.members_of = entry.plan();
  for (const std::string& device : entry.paired) {
    const Pair& pair = entry.parts.at(device).pair;
    if (pair.until_s > now_s) continue;
    errand.closing.push_back(device);
    errand.asked.push_back(pair.control);
  }
  const size_t opening = std::min(entry.unpaired.size(), kPairsAtOnceMax);
  errand.opening.assign(entry.unpaired.begin(),
                        entry.unpaired.begin() + static_cast<std::ptrdiff_t>(opening));
  const size_t wanted = opening == 0 ? 0 : opening + kControlsSpare;
  for (size_t tried = entry.controls_tried;
       tried < entry.members.size() && errand.controls.size() < wanted; ++tried) {
    const Member& member = entry.members[entry.members.size() - 1 - tried];
    if (member.place <= entry.state().bound) break;
    errand.controls.push_back(member.id);
  }
  for (const auto* list : {&errand.closing, &errand.opening, &errand.controls}) {
    errand.asked.insert(errand.asked.end(), list->begin(), list->end());
  }
  return errand;
}

std::vector<Book::Errand> Book::begin_errands(int64_t now_s) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<Errand> errands;
  for (const auto& [id, entry] : entries_) {
    if (is_over(entry->state().phase)) continue;
    lose_overdue(*entry, now_s);
    errands.push_back(errand_of(*entry, now_s));
  }
  return errands;
}

void Book::run(Errand& errand) {
  if (errand.members_of.has_value()) {
    errand.members = roster_.members(*errand.members_of);
    std::ranges::sort(errand.members, {}, &Member::place);
  }
  const std::vector<Vitals> vitals = roster_.vitals(errand.asked);
  for (size_t index = 0; index < vitals.size(); ++index) {
    errand.vitals[errand.asked[index]] = vitals[index];
  }
}

// Adds what became of the pairs whose time is over.
void Book::close_pairs(Entry& entry, const Errand& errand, int64_t now_s) {
  for (const std::string& device : errand.closing) {
    PartRecord& record = entry.parts.at(device);
    if (record.pair.is_over) continue;
    add_pair(entry.record.health, record.pair,
             {now_s, check_interval_s_, errand.vitals.at(device),
              errand.vitals.at(record.pair.control)});
    record.pair.is_over = true;
    entry.paired.erase(device);
    note_change(entry, record);
  }
}

// Gives confirmed devices their controls: those whose turn is furthest away, each once.
void Book::open_pairs(Entry& entry, const Errand& errand, int64_t now_s) {
  size_t next = 0;
  for (const std::string& device : errand.opening) {
    if (entry.unpaired.empty() || entry.unpaired.front() != device) return;
    while (next < errand.controls.size() && !can_control(entry, errand, next, now_s)) ++next;
    if (next == errand.controls.size()) break;
    const std::string& control = errand.controls[next++];
    PartRecord& record = entry.parts.at(device);
    record.pair = {control,
                   now_s,
                   now_s + entry.plan().gates.health_window_s,
                   errand.vitals.at(device).resets,
                   errand.vitals.at(control).resets,
                   false};
    entry.controls.emplace(control, device);
    entry.paired.insert(device);
    entry.unpaired.pop_front();
    note_change(entry, record);
  }
  entry.controls_tried += next;
}

bool Book::can_control(const Entry& entry, const Errand& errand, size_t index,
                       int64_t now_s) const {
  const std::string& device = errand.controls[index];
  if (entry.parts.contains(device) || entry.controls.contains(device)) return false;
  const int64_t seen_s = errand.vitals.at(device).seen_s;
  return seen_s != 0 && now_s - seen_s <= kIntervalsHeardOf * check_interval_s_;
}

std::vector<RolloutRecord> Book::propose(int64_t now_s) {
  std::vector<Errand> errands = begin_errands(now_s);
  for (Errand& errand : errands) run(errand);
  const std::lock_guard<std::mutex> lock(lock_);
  std::vector<RolloutRecord> proposed;
  for (Errand& errand : errands) {
    Entry& entry = *find(errand.rollout);
    if (errand.members_of.has_value()) {
      entry.members = std::move(errand.members);
      entry.members_at_s = now_s;
      entry.controls_tried = 0;
    }
    const bool changes_health = !errand.closing.empty();
    close_pairs(entry, errand, now_s);
    open_pairs(entry, errand, now_s);
    RolloutRecord next = entry.record;
    next.state = step(next.plan, next.state, facts_of(entry, now_s));
    if (!changes_health && next.state == entry.state()) continue;
    ++next.revision;
    proposed.push_back(std::move(next));
  }
  return proposed;
}

Facts Book::facts_of(const Entry& entry, int64_t now_s) const {
  Facts facts;
  facts.now_s = now_s;
  facts.members = static_cast<uint32_t>(entry.members.size());
  facts.all = entry.all;
  if (entry.stages.size() > entry.state().stage) facts.stage = entry.stages[entry.state().stage];
  const Evidence evidence = strongest(entry.record.health);
  facts.log_evidence = evidence.log_evidence;
  facts.health_tests = kHealthMetrics;
  facts.health_metric = name(evidence.metric);
  facts.place_at = [&entry](uint32_t rank) { return entry.members[rank].place; };
  return facts;
}

Book::View Book::view_of(const Entry& entry, int64_t now_s) const {
  View view;
  view.record = entry.record;
  const Facts facts = facts_of(entry, now_s);
  view.all = facts.all;
  view.stage = facts.stage;
  view.members = facts.members;
  view.quota = quota(entry.plan().stages.at(entry.state().stage), facts.members);
  view.evidence = strongest(entry.record.health);
  return view;
}

}  // namespace otter::fleet
