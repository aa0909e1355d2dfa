#include "sim/world_life.h"

#include "publish/text.h"

namespace otter::sim {
namespace {

constexpr uint64_t kLifeTime = 6 * 3600 * 1000;  // [ms] of virtual time
constexpr uint32_t kStepsMax = 50000;
constexpr uint32_t kBootsFailedMax = 3;  // of one life: what does not boot then never will

std::string member(const Json& report, Text name) {
  const Result<Json> value = report.member(name);
  const Result<Text> string = value.ok() ? value.value.plain_string() : Result<Text>(value.error);
  return string.ok() ? string_of(string.value) : "";
}

Phase phase_named(const std::string& word) {
  for (const Phase phase : {Phase::confirmed, Phase::rolled_back, Phase::refused, Phase::failed}) {
    if (Text(word) == name(phase)) return phase;
  }
  return Phase::none;
}

Told told_by(const std::string& body) {
  Told told;
  const Result<Json> report = Json::parse(Text(body));
  if (!report.ok()) return told;
  told.phase = phase_named(member(report.value, "phase"));
  told.error = error_named(Text(member(report.value, "error")));
  told.version = member(report.value, "version");
  told.report_id = member(report.value, "report_id");
  told.running = member(report.value, "running_version");
  return told;
}

}  // namespace

World::Life::Life(World& world, const LifePlan& plan)
    : world_(world),
      plan_(plan),
      first_operation_(world.flash_.operation_count()),
      server_(world.stage_->server(world.offered_)),
      crypto_(world.workshop_->memo, mix(world.seed_, world.ledger_.lives)),
      settings_(world.flash_, world.stage_->partition(kTypeData, kSubtypeNvs)) {
  server_.identity = world.stage_->identity(world.offered_, world.ledger_.lives);
  server_.faults.wrong_image_times = world.wrong_blocks_;
  if (world.is_rollback_commanded_) server_.command = string_of(name(Command::rollback));
  prepare_wire();
  world_.flash_.set_fault(this);
  device_.emplace(world_.stage_->config(), ports());
  ++world_.ledger_.lives;
}

World::Life::~Life() {
  world_.flash_.set_fault(nullptr);
  note_server();
  Ledger& ledger = world_.ledger_;
  ledger.erases_most = std::max(ledger.erases_most, erases_);
  world_.find(8, check_budget(erases_, plan_.failing_operation.has_value()));
}

// Before the world can be copied: what the server has served and heard in this life counts in the
// copy too.
void World::Life::note_server() {
  note_reports();
  world_.wrong_blocks_ = server_.faults.wrong_image_times;
  if (server_.last_checkin) world_.ledger_.checkin = server_.last_checkin;
}

void World::Life::prepare_wire() {
  wire_.fault = plan_.wire;
  wire_.has_power = [this] { return world_.flash_.has_power(); };
  wire_.on_request = [this](const HttpRequest& request) {
    world_.ledger_.trace.add(as_bytes(request.target));
    world_.find(7, check_request(request, world_.stage_->secrets()));
  };
  wire_.on_answer = [this](uint32_t number, const HttpResponse& response) {
    world_.ledger_.trace.add(response.status);
    if (plan_.on_answer) plan_.on_answer(number, response);
  };
}

VirtualDevicePorts World::Life::ports() {
  const auto connect = [this] { return std::make_unique<CutWire>(server_.connect(), wire_); };
  VirtualDevicePorts ports{
      world_.flash_, crypto_, settings_, connect,
      [this](LogLevel level, const std::string& line) { on_log(level, line); }};
  ports.on_configure = [this](Text values) { on_configure(values); };
  return ports;
}

// What an engine does without power, on its way out, is not told to anybody.
void World::Life::on_configure(Text values) {
  if (!world_.flash_.has_power()) return;
  note_server();
  Ledger& ledger = world_.ledger_;
  const std::optional<int> index = device_->running_index();
  const std::vector<KnownDocument>& known = world_.stage_->configurations();
  ConfigurationFacts facts;
  facts.values = string_of(values);
  facts.was_confirmed = ledger.checkin && ledger.checkin->config_version != 0;
  facts.known = &known;
  if (index && !known.empty()) facts.running = image_in(*index);
  world_.find(10, check_configuration(facts));
  ledger.in_force = facts.values;
  ledger.trace.add(as_bytes(values));
}

void World::Life::on_log(LogLevel level, const std::string& line) {
  world_.find(7, check_log(line, world_.stage_->secrets()));
  if (plan_.log) plan_.log(level, line);
}

LifeEnd World::Life::run() {
  const uint64_t start_ms = world_.now_ms_;
  uint64_t uptime_ms = 0;
  for (uint32_t steps = 0; steps < kStepsMax && uptime_ms < kLifeTime; ++steps) {
    const bool was_booting = !device_->running_index();
    const uint64_t busy_ms = world_.flash_.busy_us() / 1000;
    const uint64_t wake_ms = device_->step(uptime_ms);
    if (!world_.flash_.has_power()) return power_failed();
    if (was_booting) after_boot();
    if (was_booting && !device_->running_index() && ++boots_failed_ == kBootsFailedMax) break;
    note_server();
    if (is_settled()) return LifeEnd::settled;
    uptime_ms = std::max(uptime_ms + world_.flash_.busy_us() / 1000 - busy_ms, wake_ms);
    world_.now_ms_ = start_ms + uptime_ms;
  }
  return LifeEnd::timed_out;
}

bool World::Life::is_settled() const {
  if (plan_.is_over && plan_.is_over()) return true;
  if (!device_->is_at_rest()) return false;
  if (!world_.offered_) return true;
  const std::string& offered = world_.stage_->releases()[*world_.offered_].version;
  for (const Told& told : world_.ledger_.told) {
    if (told.version != offered || !is_final(told.phase)) continue;
    return !check_facts(world_.end_facts(false));
  }
  return false;
}

// I8 is of what the engine writes itself.
bool World::Life::is_counted(const FlashOperation& operation) const {
  const uint32_t first = world_.stage_->partition(kTypeData, kSubtypeDataOta).offset;
  return operation.action == FlashAction::erase && operation.offset >= first &&
         operation.offset < world_.stage_->slot(0).offset;
}

FlashDecision World::Life::decide(const FlashOperation& operation) {
  const uint64_t number = operation.number - first_operation_;
  note_server();
  TraceHash& trace = world_.ledger_.trace;
  trace.add(uint64_t{operation.offset} << 32 | operation.size << 1 |
            (operation.action == FlashAction::erase ? 1 : 0));
  world_.find(9, check_place(operation, *world_.stage_, device_->running_index()));
  if (is_counted(operation)) {
    ++erases_;
    ++world_.ledger_.erases;
  }
  if (plan_.on_operation) plan_.on_operation(world_, operation);
  FlashDecision decision;
  decision.fails = plan_.failing_operation == number;
  if (!plan_.cut || plan_.cut->operation != number) return decision;
  cut_operation_ = operation;
  before_cut_.resize(operation.size);
  const Error error = world_.flash_.read_cells(operation.offset, before_cut_);
  if (error != Error::ok) before_cut_.clear();
  decision.cut = plan_.cut->kind == TearKind::before ? PowerCut::before : PowerCut::after;
  return decision;
}

LifeEnd World::Life::power_failed() {
  note_server();
  world_.flash_.set_fault(nullptr);
  world_.flash_.restore_power();
  std::vector<uint8_t> after(cut_operation_.size);
  const Error error = world_.flash_.read_cells(cut_operation_.offset, after);
  const std::vector<uint8_t> torn = tear(*plan_.cut, before_cut_, after);
  if (error == Error::ok && torn != after) world_.flash_.tear(cut_operation_.offset, torn);
  const bool is_torn = plan_.cut->kind != TearKind::before && plan_.cut->kind != TearKind::after;
  if (is_torn && cut_operation_.action == FlashAction::erase) {
    world_.flash_.unsettle(cut_operation_.offset, before_cut_);
  }
  world_.flash_.lose_last();
  world_.ledger_.trace.add(world_.flash_.hash());
  ++world_.ledger_.cuts;
  return LifeEnd::cut;
}

const KnownImage* World::Life::image_in(int index) const {
  const uint32_t offset = world_.stage_->slot(index).offset;
  std::vector<uint8_t> held;
  for (const KnownImage& image : world_.stage_->images()) {
    if (held.size() != image.bytes.size()) {
      held.resize(image.bytes.size());
      if (world_.flash_.read(offset, held) != Error::ok) return nullptr;
    }
    if (held == image.bytes) return &image;
  }
  return nullptr;
}

void World::Life::after_boot() {
  const std::optional<int> index = device_->running_index();
  world_.ledger_.trace.add(static_cast<uint64_t>(index.value_or(99)));
  world_.find(1, check_boots(index.has_value()));
  if (!index) return;
  const KnownImage* const image = image_in(*index);
  world_.find(2, check_image_known(image));
  world_.running_ = image != nullptr ? image->version : "unknown";
  check_running_floors(image);
}

void World::Life::check_running_floors(const KnownImage* running) {
  const Partition& partition = world_.stage_->partition(kTypeData, kSubtypeOtterJournal);
  FlashPartition flash(world_.flash_, partition.offset, partition.size_bytes);
  Journal journal(flash);
  if (journal.open() != Error::ok) return world_.find(3, "the journal can't be read");
  Ledger& ledger = world_.ledger_;
  const JournalState& state = journal.state();
  world_.find(3, check_floors({ledger.epoch_floor, ledger.sequence_floor, ledger.security_floor,
                               state.epoch, state.sequence_floor, state.security_floor, running,
                               ledger.may_go_back}));
  if (state.epoch > ledger.epoch_floor) ledger.sequence_floor = 0;
  ledger.epoch_floor = std::max(ledger.epoch_floor, state.epoch);
  ledger.sequence_floor = std::max(ledger.sequence_floor, state.sequence_floor);
  ledger.security_floor = std::max(ledger.security_floor, state.security_floor);
}

void World::Life::note_reports() {
  for (; reports_noted_ < server_.reports.size(); ++reports_noted_) {
    world_.ledger_.told.push_back(told_by(server_.reports[reports_noted_]));
    const Told& told = world_.ledger_.told.back();
    world_.ledger_.trace.add(static_cast<uint64_t>(told.phase));
    world_.ledger_.trace.add(static_cast<uint64_t>(told.error));
  }
}

}  // namespace otter::sim
