// Load for a server on this machine, Otter or another: many devices over TLS 1.3, each with its own
// key. bench/server.py and test/soak_*_test.py start it. One thread: pin it to a core of its own.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <map>
#include <random>

#include "bench/server_load_client.h"
#include "bench/server_load_options.h"

namespace otter::bench {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{15'000};   // a device's, for one operation
constexpr milliseconds kRetryDelay{5'000};  // a device's, docs/device.md; doubles
constexpr milliseconds kRetryDelayMax{3'600'000};

uint64_t microseconds_since(Clock::time_point begin) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
}

// What a run came to. Times are [us].
struct Tally {
  std::vector<uint32_t> times;
  std::map<unsigned, uint64_t> statuses;  // 0: no answer
  uint64_t resumed = 0;
  uint64_t served_devices = 0;
  uint64_t attempts_max = 0;

  void note(Clock::time_point begin, unsigned status) {
    ++statuses[status];
    if (status == 200) times.push_back(static_cast<uint32_t>(microseconds_since(begin)));
  }

  uint32_t quantile(double part) {
    if (times.empty()) return 0;
    const auto at = times.begin() + static_cast<std::ptrdiff_t>(part * double(times.size() - 1));
    std::nth_element(times.begin(), at, times.end());
    return *at;
  }
};

class Load {
 public:
  explicit Load(const LoadOptions& options)
      : options_(options), requests_(options.target, options.devices, options.device_step) {
    if (!options.acknowledged.empty()) acknowledged_.open(options.acknowledged);
  }

  void run();
  void print();

 private:
  Task<void> keep_sending(size_t first);
  Task<void> connect_anew(size_t first, bool resume);
  Task<void> stay_idle(size_t first);
  Task<void> come_back(size_t device);
  Task<void> pause(milliseconds time);
  Task<unsigned> send_one(LoadClient& client, size_t device);
  bool over() const { return Clock::now() >= end_; }
  void start(size_t number);
  void wait_for_input();

  const LoadOptions& options_;
  const Requests requests_;
  asio::ssl::context tls_ = client_tls();
  asio::io_context context_{1};
  Tally tally_;
  Answer last_;
  uint64_t serial_ = 0;
  std::ofstream acknowledged_;
  std::mt19937_64 random_{std::random_device{}()};
  Clock::time_point begin_ = Clock::now();
  Clock::time_point end_ = begin_;
  double seconds_ = 0;
};

Task<void> Load::pause(milliseconds time) {
  asio::steady_timer timer(context_, time);
  boost::system::error_code ignored;  // nobody cancels it
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// The id is written after the server's word and before the next request.
Task<unsigned> Load::send_one(LoadClient& client, size_t device) {
  const uint64_t serial = serial_++;
  const std::string request = requests_.make(device, serial);
  last_ = co_await client.exchange(request);
  const unsigned status = last_.status;
  if (status == 200 && acknowledged_.is_open()) {
    acknowledged_ << requests_.report_id(serial) << std::endl;
  }
  co_return status;
}

Task<void> Load::keep_sending(size_t first) {
  for (size_t device = first; !over();) {
    LoadClient client(context_, tls_);
    client.set_deadline(options_.duration + kPatience);
    const bool connected = co_await client.connect(options_.port, first % options_.addresses);
    if (!connected) {
      ++tally_.statuses[0];
      co_await pause(milliseconds(50));
    }
    while (connected && !over()) {
      const Clock::time_point begin = Clock::now();
      const unsigned status = co_await send_one(client, device % requests_.devices());
      tally_.note(begin, status);
      device += options_.connections;
      if (status == 0) break;
    }
  }
}

Task<void> Load::connect_anew(size_t first, bool resume) {
  KeptSession session(nullptr, SSL_SESSION_free);
  for (size_t device = first; !over(); device += options_.connections) {
    const Clock::time_point begin = Clock::now();
    LoadClient client(context_, tls_);
    client.set_deadline(kPatience);
    const bool connected = co_await client.connect(options_.port, first % options_.addresses,
                                                   resume ? &session : nullptr);
    unsigned status = 0;
    if (connected) status = co_await send_one(client, device % requests_.devices());
    tally_.note(begin, status);
    if (connected && client.resumed()) ++tally_.resumed;
  }
}

Task<void> Load::stay_idle(size_t first) {
  LoadClient client(context_, tls_);
  const Clock::time_point begin = Clock::now();
  const bool connected = co_await client.connect(options_.port, first % options_.addresses);
  unsigned status = 0;
  if (connected) status = co_await send_one(client, first % requests_.devices());
  tally_.note(begin, status);
  if (++tally_.served_devices == options_.connections) wait_for_input();
  for (;;) co_await pause(kPatience);
}

// The others wait meanwhile: they have nothing to do.
void Load::wait_for_input() {
  seconds_ = static_cast<double>(microseconds_since(begin_)) / 1e6;
  std::cout << "idle" << std::endl;
  std::cin.get();
  context_.stop();
}

// As a device's library does it: Updater::back_off(), device/src/ota/updater.cpp.
Task<void> Load::come_back(size_t device) {
  std::uniform_real_distribution<double> part(0, 1);
  co_await pause(
      milliseconds(static_cast<int64_t>(part(random_) * double(options_.spread.count()))));
  const Clock::time_point begin = Clock::now();
  milliseconds delay = kRetryDelay;
  for (uint64_t attempt = 1;; ++attempt) {
    Answer answer;
    {
      LoadClient client(context_, tls_);
      client.set_deadline(kPatience);
      const bool connected = co_await client.connect(options_.port, device % options_.addresses);
      if (connected) {
        co_await send_one(client, device);
        answer = last_;
      }
    }
    tally_.note(begin, answer.status);
    tally_.attempts_max = std::max(tally_.attempts_max, attempt);
    if (answer.status == 200) break;
    const milliseconds wait =
        std::max<milliseconds>(delay, std::chrono::seconds(answer.retry_after_s));
    co_await pause(
        milliseconds(static_cast<int64_t>(double(wait.count()) * (0.75 + part(random_) / 2))));
    delay = std::min(2 * delay, kRetryDelayMax);
  }
  if (++tally_.served_devices == requests_.devices()) context_.stop();
}

void Load::start(size_t number) {
  if (options_.mode == "keep") {
    asio::co_spawn(context_, keep_sending(number), asio::detached);
  } else if (options_.mode == "new" || options_.mode == "resume") {
    asio::co_spawn(context_, connect_anew(number, options_.mode == "resume"), asio::detached);
  } else if (options_.mode == "idle") {
    asio::co_spawn(context_, stay_idle(number), asio::detached);
  } else if (options_.mode == "return") {
    asio::co_spawn(context_, come_back(number), asio::detached);
  } else {
    throw std::runtime_error("there is no mode " + options_.mode);
  }
}

void Load::run() {
  const bool returning = options_.mode == "return";
  begin_ = Clock::now();
  end_ = begin_ + options_.duration;
  for (size_t i = 0; i < (returning ? requests_.devices() : options_.connections); ++i) start(i);
  if (returning) {
    context_.run_until(end_);
  } else {
    while (options_.poll && !context_.stopped()) context_.poll();
    context_.run();
  }
  if (seconds_ == 0) seconds_ = static_cast<double>(microseconds_since(begin_)) / 1e6;
}

void Load::print() {
  std::cout << "{\"seconds\": " << seconds_ << ", \"answers\": " << tally_.times.size()
            << ", \"body_size\": " << last_.body_size << ", \"resumed\": " << tally_.resumed
            << ", \"devices\": " << tally_.served_devices
            << ", \"attempts_max\": " << tally_.attempts_max << ", \"statuses\": {";
  const char* separator = "";
  for (const auto& [status, count] : tally_.statuses) {
    std::cout << separator << "\"" << status << "\": " << count;
    separator = ", ";
  }
  std::cout << "}, \"p50_us\": " << tally_.quantile(0.5)
            << ", \"p99_us\": " << tally_.quantile(0.99) << ", \"max_us\": " << tally_.quantile(1)
            << "}" << std::endl;
}

}  // namespace
}  // namespace otter::bench

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const otter::bench::LoadOptions options = otter::bench::parse_options(count, words);
    otter::bench::Load load(options);
    load.run();
    load.print();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "server_load: " << error.what() << "\n" << otter::bench::kLoadUsage;
    return 2;
  }
}
