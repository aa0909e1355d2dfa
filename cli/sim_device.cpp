// `otter sim device`: one virtual board with its flash in a file, real sockets, the real clock.
// SIGTERM ends it at any place, as a power cut would; every flash operation that was reported done
// is in the file by then.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "cli/board_options.h"
#include "cli/sim_verbs.h"
#include "publish/host_crypto.h"
#include "sim/file_settings.h"
#include "sim/host_http.h"
#include "sim/sim_error.h"

namespace otter::cli {
namespace {

using sim::SimError;

constexpr int kExitNotReached = 3;  // --run-for is over, or a signal came
constexpr int kExitOtherwise = 4;   // the update ended in another way than --until says

struct DeviceOptions {
  BoardOptions board;
  std::string flash_path;
  bool create = false;
  std::string id;
  std::string until;
  bool prefix = false, quiet = false, verbose = false;
};

// Whole lines in one write each: several boards may share a terminal.
class LinePrinter {
 public:
  explicit LinePrinter(const DeviceOptions& options)
      : prefix_(options.prefix ? options.id + " " : ""),
        most_(options.quiet ? LogLevel::error
                            : (options.verbose ? LogLevel::debug : LogLevel::info)) {}
  void operator()(LogLevel level, const std::string& line) const {
    if (level <= most_) std::cout << prefix_ + line + "\n" << std::flush;
  }

 private:
  std::string prefix_;
  LogLevel most_;
};

// All that a running board refers to.
class DeviceSession {
 public:
  explicit DeviceSession(const DeviceOptions& options)
      : options_(options),
        terms_(options.board),
        flash_(open_flash(options)),
        settings_(options.flash_path + ".nvs"),
        print_(options) {}

  sim::VirtualDevice make_device() {
    sim::VirtualDeviceConfig config = terms_.device_config();
    config.updater.device_id = options_.id;
    config.boot.chip = sim::read_chip_facts(sim::efuse_path(options_.flash_path));
    const auto connect = [this]() -> std::unique_ptr<Http> {
      return std::make_unique<sim::HostHttp>(terms_.https(), [this](const std::string& detail) {
        print_(LogLevel::info, "[NET] " + detail);
      });
    };
    return sim::VirtualDevice(config, {flash_, crypto_, settings_, connect, print_});
  }

 private:
  static sim::NorFlash open_flash(const DeviceOptions& options) {
    const bool exists = std::filesystem::exists(options.flash_path);
    if (options.create && !exists) {
      sim::create_board(options.flash_path, board_spec(options.board),
                        read_firmware(options.board));
    }
    return sim::NorFlash::open_file(options.flash_path);
  }

  const DeviceOptions& options_;
  BoardTerms terms_;
  sim::NorFlash flash_;
  HostCrypto crypto_;
  sim::FileSettings settings_;
  LinePrinter print_;
};

// The exit code, once there is one.
std::optional<int> judge(const sim::VirtualDevice& device, const std::string& until) {
  if (until.empty()) return std::nullopt;
  if (until == "idle") return device.is_at_rest() ? std::optional<int>(0) : std::nullopt;
  if (!device.delivered()) return std::nullopt;
  const Phase phase = device.delivered()->phase;
  if (Text(until) == name(phase)) return 0;
  // A download that failed is tried again; every other end is one.
  return phase == Phase::failed ? std::nullopt : std::optional<int>(kExitOtherwise);
}

int run_device(const DeviceOptions& options) {
  using Clock = std::chrono::steady_clock;
  DeviceSession session(options);
  sim::VirtualDevice device = session.make_device();
  const uint64_t end_ms =
      options.board.run_for_s > 0 ? uint64_t{options.board.run_for_s} * 1000 : sim::kNever;
  const Clock::time_point start = Clock::now();
  for (;;) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
    const uint64_t now_ms = static_cast<uint64_t>(now.count());
    if (now_ms >= end_ms) return options.until.empty() ? 0 : kExitNotReached;
    const uint64_t wake_ms = std::min(device.step(now_ms), end_ms);
    if (const std::optional<int> code = judge(device, options.until)) return *code;
    std::this_thread::sleep_until(start + std::chrono::milliseconds(wake_ms));
  }
}

void exit_as_asked(int) { _exit(0); }
void exit_too_early(int) { _exit(kExitNotReached); }

void run(const DeviceOptions& options) {
  const auto handler = options.until.empty() ? exit_as_asked : exit_too_early;
  signal(SIGTERM, handler);
  signal(SIGINT, handler);
  const int code = run_device(options);
  if (code != 0) throw CLI::RuntimeError(code);
}

}  // namespace

void add_sim_device(CLI::App& sim) {
  CLI::App* device = sim.add_subcommand("device", "Run one virtual board against a server");
  auto options = std::make_shared<DeviceOptions>();
  device->add_option("--flash", options->flash_path, "flash file; beside it .efuse and .nvs")
      ->required();
  device->add_flag("--create", options->create, "make the board if the flash file is not there");
  add_factory_options(*device, options->board);
  device->add_option("--id", options->id, "device id")->required();
  add_server_options(*device, options->board);
  device->get_option("--server")->required();
  add_timing_options(*device, options->board);
  device
      ->add_option("--until", options->until,
                   "end when an update came to that: exit code 0; 3: it did not in time; 4: it "
                   "ended otherwise")
      ->check(CLI::IsMember({"confirmed", "rolled_back", "refused", "failed", "idle"}));
  device->add_flag("--prefix", options->prefix, "the device id in front of each line");
  CLI::Option* quiet = device->add_flag("--quiet", options->quiet, "errors only");
  device->add_flag("--verbose", options->verbose, "the bootloader's lines as well")
      ->excludes(quiet);
  device->callback([options] { run(*options); });
}

}  // namespace otter::cli
