#include "cli/sim_crowd.h"

#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>

#include "cli/answer.h"
#include "publish/text.h"
#include "sim/board_crowd.h"
#include "sim/host_http.h"
#include "sim/lossy_http.h"
#include "sim/sim_error.h"

namespace otter::cli {
namespace {

using sim::BoardCrowd;
using sim::CrowdFact;
using sim::SimError;

namespace json = boost::json;

constexpr uint64_t kPowerOnSpreadMs = 2000;  // [ms] the first and the last board are so far apart

// A connection of each board stays open.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// All boards' lines in one file, a board's id in front of each.
class CrowdLog {
 public:
  explicit CrowdLog(const std::string& path) {
    if (path.empty()) return;
    file_.open(path, std::ios::app);
    if (!file_) throw SimError("--log " + path + ": can't be written");
  }
  sim::LogSink sink(const std::string& id) {
    if (!file_.is_open()) return {};
    return [this, id](LogLevel level, const std::string& line) {
      if (level > LogLevel::info) return;
      const std::lock_guard<std::mutex> guard(lock_);
      file_ << id << ' ' << line << '\n' << std::flush;
    };
  }

 private:
  std::mutex lock_;
  std::ofstream file_;
};

std::string board_id(const CrowdOptions& options, uint32_t number) {
  const size_t digits = std::to_string(options.devices).size();
  std::string text = std::to_string(number);
  return options.prefix + std::string(digits - text.size(), '0') + text;
}

void add_boards(const CrowdOptions& options, const BoardTerms& terms, CrowdLog& log,
                BoardCrowd& crowd) {
  sim::VirtualDeviceConfig config = terms.device_config();
  config.boot.chip = board_spec(options.board).chip;
  sim::NorFlash from_factory(options.board.flash_size);
  sim::write_factory_state(from_factory, read_firmware(options.board));
  for (uint32_t number = 1; number <= options.devices; ++number) {
    const std::string id = board_id(options, number);
    const sim::LogSink sink = log.sink(id);
    const sim::LossRates rates{options.loss, options.duplication};
    auto seed = std::make_shared<sim::FleetDice>(options.seed * 0x10001 + number);
    const auto connect = [&terms, sink, rates, seed]() -> std::unique_ptr<Http> {
      auto http = std::make_unique<sim::HostHttp>(terms.https(), [sink](const std::string& detail) {
        if (sink) sink(LogLevel::info, "[NET] " + detail);
      });
      return std::make_unique<sim::LossyHttp>(std::move(http), rates, seed->next());
    };
    crowd.add({id, config, from_factory.fork(), connect, sink},
              kPowerOnSpreadMs * number / options.devices);
  }
}

// Such as "1.0.0: 150, 1.0.1: 50; 48 confirmed".
std::string summary(const std::vector<CrowdFact>& facts) {
  std::map<std::string, size_t> versions, ends;
  for (const CrowdFact& fact : facts) {
    ++versions[fact.version.empty() ? "not started" : fact.version];
    if (fact.ended) ++ends[string_of(name(fact.ended->phase)) + " " + fact.ended->version];
  }
  std::string out;
  for (const auto& [version, count] : versions) {
    out += (out.empty() ? "" : ", ") + version + ": " + std::to_string(count);
  }
  std::string separator = "; ";
  for (const auto& [end, count] : ends) {
    out += separator + std::to_string(count) + " " + end;
    separator = ", ";
  }
  return out;
}

json::array as_json(const std::vector<CrowdFact>& facts) {
  json::array out;
  for (const CrowdFact& fact : facts) {
    json::object board{{"id", fact.id}, {"version", fact.version}};
    if (fact.ended) {
      board["outcome"] = string_of(name(fact.ended->phase));
      board["outcome_version"] = fact.ended->version;
      board["error"] = string_of(name(fact.ended->error));
      board["is_told"] = fact.is_told;
    }
    out.push_back(std::move(board));
  }
  return out;
}

void write_result(const std::string& path, const std::vector<CrowdFact>& facts) {
  std::ofstream file(path);
  file << json::serialize(json::object{{"boards", as_json(facts)}}) << '\n';
  file.close();
  if (!file) throw SimError("--result " + path + ": can't be written");
}

// Tells what changes, and ends the crowd when a signal comes or its time is over.
void watch(const CrowdOptions& options, const sigset_t& signals, const std::atomic<bool>& is_over,
           BoardCrowd& crowd) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  const std::chrono::seconds limit(options.board.run_for_s);
  const timespec second{1, 0};
  std::string told;
  while (!is_over) {
    const bool is_asked = sigtimedwait(&signals, nullptr, &second) > 0;
    std::string now = summary(crowd.facts());
    if (!options.json && now != told) std::cout << (told = std::move(now)) << std::endl;
    if (is_asked || (limit.count() > 0 && Clock::now() - begin >= limit)) break;
  }
  crowd.stop();
}

}  // namespace

void add_crowd_options(CLI::App& verb, CrowdOptions& o) {
  add_server_options(verb, o.board);
  add_factory_options(verb, o.board);
  add_timing_options(verb, o.board);
  verb.add_option("--prefix", o.prefix, "of the device ids; a number follows")
      ->capture_default_str();
  verb.add_option("--threads", o.threads, "that the boards share")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  verb.add_option("--log", o.log_path, "file that gets all that the boards say");
  verb.add_option("--result", o.result_path,
                  "file that gets, at the end, what became of each board, as JSON");
}

void run_crowd(const CrowdOptions& options) {
  raise_descriptor_limit();
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const BoardTerms terms(options.board);
  CrowdLog log(options.log_path);
  BoardCrowd crowd;
  add_boards(options, terms, log, crowd);
  std::atomic<bool> is_over{false};
  std::thread watcher([&] { watch(options, signals, is_over, crowd); });
  std::exception_ptr failure;
  try {
    crowd.run(options.threads);
  } catch (...) {
    failure = std::current_exception();
  }
  is_over = true;
  watcher.join();
  if (failure) std::rethrow_exception(failure);
  const std::vector<CrowdFact> facts = crowd.facts();
  if (!options.result_path.empty()) write_result(options.result_path, facts);
  if (options.json) print_json(json::object{{"boards", as_json(facts)}});
}

}  // namespace otter::cli
