// A server that is the fuzzer, and a whole board with the real engine in front of it: root
// metadata, trust payload, configuration, enrolment, check-ins, image and reports; as the first
// byte chooses also patches, logs and core dumps, or the plain mode. The input says what becomes of
// each answer; what it says nothing of is answered honestly. Whatever the server does: an image
// that the publisher signed boots, nothing is written where it should not be, no secret leaves.
#include <array>
#include <memory>
#include <string>

#include "fuzz/require.h"
#include "publish/core_dump_maker.h"
#include "publish/partition_csv.h"
#include "publish/trust_builder.h"
#include "sim/checker.h"
#include "sim/fixed_publisher.h"
#include "sim/memo_crypto.h"
#include "sim/memory_settings.h"
#include "sim/world.h"

namespace otter::sim {
namespace {

constexpr int kStepsMax = 800;         // of the device
constexpr size_t kMemoMax = 100000;    // verifications that are remembered
constexpr size_t kBodySizeMax = 8192;  // [bytes] of an answer that is all the fuzzer's own
constexpr char kHmacSecret[] = "a secret of the plain mode";
constexpr uint32_t kDumpOffset = 0x80000;  // [bytes] behind the slots of a stage
constexpr uint32_t kDumpSize = 0x10000;    // [bytes]

// What the board does besides; the highest bits of the first byte.
enum class Scenery : uint8_t {
  usual,
  patches,  // the release comes as a patch
  dumps,    // no release, but a core dump is there, and the server asks for the log
  plain,    // the plain mode
};

StageOptions options_of(Scenery scenery) {
  StageOptions options;
  if (scenery == Scenery::patches) options.scenario = Scenario::patch;
  return options;
}

// What is the same in each run.
struct Scene {
  explicit Scene(Scenery scenery)
      : stage(options_of(scenery)),
        server(stage.server(scenery == Scenery::dumps ? std::optional<size_t>() : 0)),
        config(stage.config()),
        flash(stage.factory_state().fork()),
        secrets(stage.secrets()) {
    if (scenery == Scenery::plain) {
      use_plain_mode();
    } else {
      add_documents();
    }
    if (scenery == Scenery::dumps) add_dump();
  }
  void use_plain_mode() {
    config.updater.mode = UpdateMode::plain;
    config.updater.hmac_secret = as_bytes(Text(kHmacSecret));
    server.set_hmac_secret(kHmacSecret);
    secrets.emplace_back(kHmacSecret);
  }
  void add_documents() {
    RootDocument root;
    root.root_keys = {point_of(root_key)};
    root.release_keys = {{point_of(FixedKey("release")), {}, {}}};
    built_in_root = build_root(root);
    server.add_root(frame_of(kRootType, built_in_root, {&root_key}));
    root.version = 2;
    server.add_root(frame_of(kRootType, build_root(root), {&root_key}));
    TrustDocument trust;
    trust.anchors = {{0x30, 0x01, 0x00}};
    server.set_trust(1, frame_of(kTrustType, build_trust(trust), {&root_key}));
    server.configure(1, "{\"version\":1,\"values\":{}}");
    config.updater.root = built_in_root;
  }
  void add_dump() {
    PartitionTable table = stage.table();
    Partition& row = table.partitions[table.count++];
    row.type = kTypeData;
    row.subtype = kSubtypeCoredump;
    row.offset = kDumpOffset;
    row.size_bytes = kDumpSize;
    memcpy(row.label, "coredump", sizeof("coredump"));
    DumpRecipe recipe;
    recipe.chip = config.boot.chip.chip;
    recipe.stack_size = 6000;  // two pieces
    FlashPartition place(flash, kDumpOffset, kDumpSize);
    const bool is_there =
        flash.erase(kPartitionTableOffset, kSectorSize) == Error::ok &&
        flash.program(kPartitionTableOffset, write_partition_table(table)) == Error::ok &&
        VirtualCoreDump(place).write(make_core_dump(recipe)) == Error::ok;
    require(is_there, "the board is made");
    config.keeps_core_dumps = true;
    server.command = "send_logs";
    steps_min = 60;
  }
  bool is_dump(const FlashOperation& operation) const {
    return config.keeps_core_dumps && operation.offset >= kDumpOffset &&
           operation.offset + operation.size <= kDumpOffset + kDumpSize;
  }
  const FixedKey root_key{"root"};
  const Stage stage;
  ScriptedServer server;
  std::string built_in_root;
  VirtualDeviceConfig config;
  NorFlash flash;
  std::vector<std::string> secrets;
  int steps_min = 0;  // until all is sent, though it is at rest in between
};

// The one that an input begins with; none is made before it is asked for.
const Scene& scene_of(uint8_t first) {
  static std::array<std::unique_ptr<Scene>, 4> scenes;
  std::unique_ptr<Scene>& scene = scenes[first >> 6];
  if (scene == nullptr) scene = std::make_unique<Scene>(static_cast<Scenery>(first >> 6));
  return *scene;
}

// The input, as decisions. At its end each is 0.
class Decisions {
 public:
  explicit Decisions(Bytes input) : cursor_(input) {}
  bool are_over() const { return cursor_.left() == 0; }
  uint8_t byte() { return cursor_.u8(); }
  uint16_t word() { return cursor_.le16(); }
  Bytes take_up_to(size_t size) {
    return cursor_.take(size < cursor_.left() ? size : cursor_.left());
  }

 private:
  Cursor cursor_;
};

// Passes requests on to the honest server, and makes of each answer what the input says.
class FuzzedHttp : public Http {
 public:
  FuzzedHttp(std::unique_ptr<Http> honest, Decisions& decisions,
             const std::vector<std::string>& secrets)
      : honest_(std::move(honest)), decisions_(decisions), secrets_(secrets) {}

  Error open(const HttpRequest& request, HttpResponse* response) override {
    keeps_secrets(request);
    body_.clear();
    at_ = 0;
    const uint8_t what = decisions_.byte() % 8;
    if (what == 1) return static_cast<Error>(decisions_.byte() % 6);  // of the network, or none
    *response = HttpResponse();
    Error error = honest_->open(request, response);
    if (request.origin.size > 0 && what != 0) error = Error::ok;  // a mirror that is there
    OTTER_TRY(error);
    if (what >= 2) read_honest_body();
    if (what == 2 || what == 3) spoil_head(response);
    if (what == 3 || what == 4 || what == 5) spoil_body();
    if (what == 6) invent_body(response);
    if (what == 7) body_.resize(decisions_.word() % (body_.size() + 1));
    is_fuzzed_ = what >= 2;
    return Error::ok;
  }

  Result<size_t> read(MutableBytes out) override {
    if (!is_fuzzed_) return honest_->read(out);
    const size_t left = body_.size() - at_;
    const size_t size = left < out.size ? left : out.size;
    if (size > 0) memcpy(out.data, body_.data() + at_, size);
    at_ += size;
    return size;
  }
  void close() override {
    is_fuzzed_ = false;
    honest_->close();
  }
  void use_trust(const TlsTrust& trust) override { honest_->use_trust(trust); }

 private:
  void keeps_secrets(const HttpRequest& request) const {
    const bool may_know = request.origin.empty() && request.verify_peer;
    for (size_t i = 0; i < request.header_count && !may_know; ++i) {
      const std::string value(request.headers[i].value.data, request.headers[i].value.size);
      require(!check_log(value, secrets_), "no secret leaves for another host");
    }
  }

  void read_honest_body() {
    uint8_t piece[1024];
    while (body_.size() < 256 * 1024) {
      const Result<size_t> size = honest_->read(piece);
      if (!size.ok() || size.value == 0) return;
      body_.insert(body_.end(), piece, piece + size.value);
    }
  }

  void spoil_head(HttpResponse* response) {
    constexpr uint16_t kStatuses[] = {200, 206, 301, 302, 307, 401, 404, 416, 429, 500, 503, 0};
    response->status = kStatuses[decisions_.byte() % std::size(kStatuses)];
    response->content_length = decisions_.byte() % 2 == 0 ? body_.size() : decisions_.word();
    response->range_start = decisions_.word();
    response->retry_after_s = decisions_.word();
    put_text(response->etag, kEtagSizeMax);
    put_text(response->location, kLocationSizeMax);
  }
  void put_text(char* out, size_t size_max) {
    const Bytes text = decisions_.take_up_to(decisions_.byte() % (size_max + 1));
    memset(out, 0, size_max + 1);
    for (size_t i = 0; i < text.size; ++i) {
      const bool is_visible = text.data[i] > 0x20 && text.data[i] < 0x7F;  // as a port lets through
      out[i] = is_visible ? static_cast<char>(text.data[i]) : 'x';
    }
  }
  void spoil_body() {
    for (int edits = decisions_.byte() % 8; edits > 0 && !body_.empty(); --edits) {
      body_[decisions_.word() % body_.size()] ^= decisions_.byte();
    }
  }
  void invent_body(HttpResponse* response) {
    const Bytes body = decisions_.take_up_to(decisions_.word() % kBodySizeMax);
    body_.assign(body.data, body.data + body.size);
    response->status = 200;
    response->content_length = body_.size();
  }

  std::unique_ptr<Http> honest_;
  Decisions& decisions_;
  const std::vector<std::string>& secrets_;
  std::vector<uint8_t> body_;
  size_t at_ = 0;
  bool is_fuzzed_ = false;
};

// A board and its server for one input.
class Run : public FlashFault {
 public:
  Run(const Scene& scene, SignatureMemo& memo, Bytes input)
      : scene_(scene),
        server_(scene.server),
        flash_(scene.flash.fork()),
        crypto_(memo, 1),
        decisions_(input) {
    // Whoever has the server's own key can state anything; the lowest bit of the first byte.
    if (decisions_.byte() % 2 == 1) {
      server_.faults.statement = [this](std::string& text) { spoil_statement(text); };
    }
    flash_.set_fault(this);
    device_.emplace(scene.config, ports());
  }
  ~Run() override { flash_.set_fault(nullptr); }

  void play() {
    uint64_t now_ms = 0;
    for (int steps = 0; steps < kStepsMax; ++steps) {
      const bool was_booting = !device_->running_index();
      const uint64_t wake_ms = device_->step(now_ms);
      require(wake_ms != kNever, "the board goes on");
      if (was_booting) after_boot();
      now_ms = wake_ms > now_ms ? wake_ms : now_ms;
      const bool may_end = decisions_.are_over() && steps >= scene_.steps_min;
      if (may_end && device_->is_at_rest()) return;
    }
  }

  FlashDecision decide(const FlashOperation& operation) override {
    require(scene_.is_dump(operation) ||
                !check_place(operation, scene_.stage, device_->running_index()),
            "only target slot, otadata, journal and core dump are written");
    return FlashDecision();
  }

 private:
  VirtualDevicePorts ports() {
    const auto connect = [this] {
      return std::make_unique<FuzzedHttp>(server_.connect(), decisions_, scene_.secrets);
    };
    const auto log = [this](LogLevel, const std::string& line) {
      require(!check_log(line, scene_.secrets), "no secret is in a log line");
    };
    return {flash_, crypto_, settings_, connect, log};
  }

  void spoil_statement(std::string& text) {
    for (int edits = decisions_.byte() % 8; edits > 0; --edits) {
      text[decisions_.word() % text.size()] = static_cast<char>(decisions_.byte());
    }
  }

  void after_boot() {
    const std::optional<int> index = device_->running_index();
    require(index.has_value(), "an image boots");
    const uint32_t offset = scene_.stage.slot(*index).offset;
    for (const KnownImage& image : scene_.stage.images()) {
      std::vector<uint8_t> held(image.bytes.size());
      if (flash_.read(offset, held) == Error::ok && held == image.bytes) return;
    }
    require(false, "what runs was signed by the publisher");
  }

  const Scene& scene_;
  ScriptedServer server_;
  NorFlash flash_;
  MemoCrypto crypto_;
  MemorySettings settings_;
  Decisions decisions_;
  std::optional<VirtualDevice> device_;
};

}  // namespace
}  // namespace otter::sim

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  using namespace otter::sim;
  static std::unique_ptr<SignatureMemo> memo = std::make_unique<SignatureMemo>();
  if (memo->computed() > kMemoMax) memo = std::make_unique<SignatureMemo>();
  Run run(scene_of(size > 0 ? data[0] : 0), *memo, Bytes(data, size));
  run.play();
  return 0;
}
