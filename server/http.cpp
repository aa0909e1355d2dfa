#include "server/http.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/string.hpp>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "server/address_counts.h"
#include "server/http_connection.h"
#include "server/peer_address.h"

namespace otter::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

// Connections above a limit that are still answered, with 503 or 429; more are closed unheard,
// because a handshake costs more than the answer.
constexpr size_t kRefusedMax = 64;
// Before the next attempt when the process has no descriptor left.
constexpr std::chrono::milliseconds kAcceptPause{50};

// One event loop per thread, and each connection stays with one: it needs no lock and no strand,
// and its data stays in one core's cache. The price is that a slow handler holds up the other
// connections of its thread; handlers take a few milliseconds at most.
struct Worker {
  Worker(const HttpSettings& settings, const Routes& routes, const TlsContext& tls,
         HttpMetrics& metrics)
      : group{settings, routes, tls, metrics, {}, 0, false, {}, 0, {}} {}

  ConnectionGroup group;  // outlives the coroutines, which the context owns
  asio::io_context context{1};
  asio::executor_work_guard<Executor> work{context.get_executor()};
  Acceptor acceptor{context};
  Timer accept_pause{context};
  Timer drain_timer{context};
  std::thread thread;
};

// As what a connection was let in.
struct Admission {
  uint64_t address = 0;  // address_key()
  std::optional<Limit> excess;
};

Task<void> run_connection(Socket socket, ConnectionGroup& group, std::optional<Limit> excess) {
  ++group.open;
  Connection connection(std::move(socket), group, excess);
  co_await connection.serve();
}

// The same listening socket for another event loop.
void share(const Acceptor& from, Acceptor& to) {
  const int copy = fcntl(const_cast<Acceptor&>(from).native_handle(), F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw std::runtime_error("cannot listen: no file descriptor is left");
  to.assign(from.local_endpoint().protocol(), copy);
}

// Asio trusts close() to end an event loop's interest in a descriptor; with a copy open elsewhere
// it does not.
void stop_accepting(Worker& worker) {
  worker.accept_pause.cancel();
  ::close(worker.acceptor.release());
}

std::string hint_for(const error_code& error) {
  if (error == asio::error::address_in_use) {
    return ": another server runs there, or choose another port with --listen";
  }
  if (error == asio::error::access_denied) {
    return ": ports below 1024 are for root, choose another one with --listen";
  }
  return ": choose another address with --listen";
}

std::string describe(const HttpSettings& settings) {
  const bool v6 = settings.address.find(':') != std::string::npos;
  return (v6 ? "[" + settings.address + "]" : settings.address) + ":" +
         std::to_string(settings.port);
}

void listen_on(Acceptor& acceptor, const HttpSettings& settings) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(settings.address, error);
  if (error) {
    throw std::runtime_error("cannot listen on " + settings.address +
                             ": not an IP address, such as 127.0.0.1 or 0.0.0.0");
  }
  const tcp::endpoint endpoint(address, settings.port);
  if (!error) acceptor.open(endpoint.protocol(), error);
  // A restart must not wait for the connections of the last run to leave TIME_WAIT.
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(Acceptor::max_listen_connections, error);
  if (!error) return;
  throw std::runtime_error("cannot listen on " + describe(settings) + ": " + error.message() +
                           hint_for(error));
}

}  // namespace

const std::string* Request::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [name](const auto& header) {
    return boost::beast::iequals(header.first, name);
  });
  return found == headers.end() ? nullptr : &found->second;
}

struct HttpServer::State {
  State(HttpSettings settings_in, Routes routes_in, Metrics& metrics_in)
      : settings(std::move(settings_in)),
        routes(std::move(routes_in)),
        metrics(metrics_in),
        tls(settings.tls) {
    for (unsigned i = 0; i < std::max(settings.threads, 1U); ++i) {
      workers.push_back(std::make_unique<Worker>(settings, routes, tls, metrics));
      if (i == 0) {
        listen_on(workers[0]->acceptor, settings);
        port = workers[0]->acceptor.local_endpoint().port();
      } else {
        share(workers[0]->acceptor, workers[i]->acceptor);
      }
    }
  }

  HttpSettings settings;
  Routes routes;
  HttpMetrics metrics;
  TlsContext tls;
  std::atomic<size_t> connections = 0;  // but for those that are above a limit
  std::atomic<size_t> refused = 0;      // connections above a limit that are still answered
  AddressCounts addresses;              // of `connections`
  uint16_t port = 0;
  // All of them wait for the next connection, and one that has time takes it: none waits behind a
  // slow handler, and none is handed from one thread to another, which takes longer than accepting.
  std::vector<std::unique_ptr<Worker>> workers;

  Task<void> accept_all(Worker& worker);
  void admit(Worker& worker, Socket socket);
  Admission count(const Socket& socket);
  void leave(const Admission& admission);
  void ended(Worker& worker, const std::exception_ptr& exception);
  void drain(Worker& worker);
};

Task<void> HttpServer::State::accept_all(Worker& worker) {
  while (worker.acceptor.is_open()) {
    error_code error;
    Socket socket = co_await worker.acceptor.async_accept(asio::redirect_error(kUseTask, error));
    if (error == asio::error::operation_aborted) co_return;
    if (!error) {
      admit(worker, std::move(socket));
    } else if (error != asio::error::connection_aborted) {
      worker.accept_pause.expires_after(kAcceptPause);
      co_await worker.accept_pause.async_wait(asio::redirect_error(kUseTask, error));
    }
  }
}

void HttpServer::State::admit(Worker& worker, Socket socket) {
  const Admission admission = count(socket);
  if (admission.excess.has_value() && refused > kRefusedMax) {
    metrics.hit(*admission.excess);
    return leave(admission);  // the socket's destructor closes it
  }
  metrics.connections.add(1);
  asio::co_spawn(worker.context, run_connection(std::move(socket), worker.group, admission.excess),
                 [this, &worker, admission](std::exception_ptr exception) {
                   metrics.connections.add(-1);
                   leave(admission);
                   ended(worker, exception);
                 });
}

Admission HttpServer::State::count(const Socket& socket) {
  error_code error;
  Admission admission;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (!error) admission.address = address_key(peer.address().to_string());
  if (connections.fetch_add(1) >= settings.limits.connections_max) {
    admission.excess = Limit::connections_max;
  } else if (!addresses.enter(admission.address, settings.limits.connections_per_address_max)) {
    admission.excess = Limit::connections_per_address_max;
  }
  if (admission.excess.has_value()) {
    --connections;
    ++refused;
  }
  return admission;
}

void HttpServer::State::leave(const Admission& admission) {
  --(admission.excess.has_value() ? refused : connections);
  if (!admission.excess.has_value()) addresses.leave(admission.address);
}

void HttpServer::State::ended(Worker& worker, const std::exception_ptr& exception) {
  if (--worker.group.open == 0) worker.drain_timer.cancel();
  if (!exception) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    // The connection is gone; the routes may still tell the log.
    routes.refuse(500, "", error.what());
  }
}

void HttpServer::State::drain(Worker& worker) {
  stop_accepting(worker);
  ConnectionGroup& group = worker.group;
  group.draining = true;
  worker.work.reset();
  for (Connection* connection : group.connections) {
    if (!connection->busy()) connection->abort();
  }
  if (group.open == 0) return;
  worker.drain_timer.expires_after(std::chrono::milliseconds(settings.limits.drain_deadline_ms));
  worker.drain_timer.async_wait([&group](const error_code& error) {
    if (error) return;
    group.metrics.hit(Limit::drain_deadline_ms);
    for (Connection* connection : group.connections) connection->abort();
  });
}

HttpServer::HttpServer(HttpSettings settings, Routes routes, Metrics& metrics)
    : state_(std::make_unique<State>(std::move(settings), std::move(routes), metrics)) {
  std::signal(SIGPIPE, SIG_IGN);
}

HttpServer::~HttpServer() { stop(); }

void HttpServer::reload_certificates() { state_->tls.reload(); }
void HttpServer::rotate_ticket_keys() { state_->tls.rotate_ticket_keys(); }
int64_t HttpServer::certificate_expires_s() const { return state_->tls.expires_s(); }

uint16_t HttpServer::port() const { return state_->port; }

void HttpServer::start() {
  State& state = *state_;
  for (const auto& worker : state.workers) {
    asio::co_spawn(worker->context, state.accept_all(*worker), [](std::exception_ptr exception) {
      if (exception) std::rethrow_exception(exception);
    });
    worker->thread = std::thread([&worker = *worker] { worker.context.run(); });
  }
}

void HttpServer::stop() {
  State& state = *state_;
  if (!state.workers[0]->thread.joinable()) return;
  for (const auto& worker : state.workers) {
    asio::post(worker->context, [&state, &worker = *worker] { state.drain(worker); });
  }
  for (const auto& worker : state.workers) worker->thread.join();
}

}  // namespace otter::server
