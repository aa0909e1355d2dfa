#include "server/http_connection.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace otter::server {
namespace {

namespace asio = boost::asio;

constexpr size_t kPieceSize = 64 * 1024;       // [bytes] what is sent, or has a deadline, at once
constexpr size_t kReadSizeOfHeader = 4096;     // [bytes] more than most headers have
constexpr size_t kReadSizeOfBody = 16 * 1024;  // [bytes] one TLS record
// A fast download lets the others of its thread have their turn after this much [bytes].
constexpr uint64_t kTurnSize = 1024 * 1024;
// For a peer that still sends what was refused; then it gets a reset.
constexpr uint32_t kLingerDeadline = 2000;  // [ms]
constexpr const char kPlainHttpAnswer[] =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 32\r\n"
    "Connection: close\r\n\r\nThis port speaks HTTPS, not HTTP\n";

std::string address_of(const Socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? "unknown" : endpoint.address().to_string();
}

std::string_view readable(const boost::beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.data().size()};
}

// Waits for an answer that comes later, on this connection's thread, which has other work
// meanwhile.
Task<Response> answer_of(std::function<void(Reply)> later) {
  auto begin = [&later](auto resume) {
    const auto executor = asio::get_associated_executor(resume);
    // Held, so that the event loop waits for it. In one shared object, since a Reply is copied.
    auto waiting =
        std::make_shared<std::pair<decltype(resume), asio::executor_work_guard<Executor>>>(
            std::move(resume), asio::make_work_guard(executor));
    later([waiting, executor](Response response) {
      asio::post(executor, [waiting, response = std::move(response)]() mutable {
        waiting->second.reset();  // whoever keeps the Reply does not keep the event loop
        std::move(waiting->first)(std::move(response));
      });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>&, void(Response)>(
      std::move(begin), kUseTask);
}

Refusal too_many(Limit limit) {
  if (limit == Limit::connections_max) return {503, "too many connections", limit};
  return {429, "too many connections of your address", limit};
}

}  // namespace

Connection::Connection(Socket socket, ConnectionGroup& group, std::optional<Limit> excess)
    : group_(group),
      place_(group.connections.insert(group.connections.end(), this)),
      remote_(address_of(socket)),
      stream_(std::move(socket), group.tls),
      excess_(excess) {
  if (group_.piece.empty()) group_.piece.resize(kPieceSize);
}

Connection::~Connection() { group_.connections.erase(place_); }

void Connection::set_deadline(uint32_t from_now_ms) {
  stream_.set_deadline(Clock::now() + std::chrono::milliseconds(from_now_ms));
}

const std::string& Connection::date() {
  const std::time_t now = std::time(nullptr);
  if (now != group_.date_of) {
    group_.date_of = now;
    group_.date = http_date(now);
  }
  return group_.date;
}

Task<void> Connection::serve() {
  if (group_.draining) co_return;
  const bool secure = co_await shake_hands();
  if (!secure) co_return;
  for (;;) {
    const bool more = co_await wait_idle();
    if (!more) break;
    busy_ = true;
    const Next next = co_await serve_request();
    busy_ = false;
    if (next == Next::linger) {
      set_deadline(kLingerDeadline);
      co_await stream_.linger();
      co_return;
    }
    if (next == Next::close || group_.draining) break;
  }
  stream_.close();
}

Task<bool> Connection::shake_hands() {
  set_deadline(group_.settings.limits.handshake_deadline_ms);
  const Handshake result = co_await stream_.shake_hands();
  if (result == Handshake::done) {
    certified_ = stream_.client_names();
    group_.metrics.shook_hands(stream_.version(), stream_.is_resumed() ? "resumed" : "full");
  } else {
    group_.metrics.shook_hands("", "failed");
    if (stream_.expired()) group_.metrics.hit(Limit::handshake_deadline_ms);
  }
  if (result == Handshake::plain_http) {
    stream_.write_plain(kPlainHttpAnswer);
    set_deadline(kLingerDeadline);
    co_await stream_.linger();
  }
  co_return result == Handshake::done;
}

// True when there is a first byte of a request. What wakes it may be less: TLS has messages of its
// own, and the event loop may tell of bytes that were read since.
Task<bool> Connection::wait_idle() {
  set_deadline(group_.settings.limits.idle_deadline_ms);
  if (buffer_.size() > 0) co_return true;
  buffer_.shrink_to_fit();
  bool readable = co_await stream_.wait_readable();
  while (readable) {
    if (try_read(kReadSizeOfHeader)) co_return true;
    readable = co_await stream_.wait();
  }
  if (stream_.expired()) group_.metrics.hit(Limit::idle_deadline_ms);
  co_return false;
}

bool Connection::try_read(size_t size) {
  const auto space = buffer_.prepare(size);
  const size_t read =
      stream_.try_read(MutableBytes(static_cast<uint8_t*>(space.data()), space.size()));
  buffer_.commit(read);
  return read > 0;
}

// False when the connection ended or the deadline passed.
Task<bool> Connection::read_more(size_t size) {
  while (!try_read(size)) {
    const bool more = co_await stream_.wait();
    if (!more) co_return false;
  }
  co_return true;
}

// False when the connection ended or the deadline passed.
Task<bool> Connection::read_header(RequestParser& parser) {
  set_deadline(group_.settings.limits.header_deadline_ms);
  for (;;) {
    if (buffer_.size() > 0) buffer_.consume(parser.take(readable(buffer_)));
    if (parser.refusal() || parser.header_complete()) co_return true;
    const bool more = co_await read_more(kReadSizeOfHeader);
    if (!more) co_return false;
  }
}

Task<bool> Connection::read_body(RequestParser& parser) {
  if (parser.complete()) co_return true;
  size_t next_deadline = 0;  // the body's size at which a new one is due
  for (;;) {
    buffer_.consume(parser.take(readable(buffer_)));
    if (parser.refusal() || parser.complete()) co_return true;
    if (parser.request().body.size() >= next_deadline) {
      next_deadline = parser.request().body.size() + kPieceSize;
      set_deadline(group_.settings.limits.body_deadline_ms);
    }
    const bool more = co_await read_more(kReadSizeOfBody);
    if (!more) co_return false;
  }
}

Task<Connection::Next> Connection::serve_request() {
  begin_ = Clock::now();
  RequestParser parser(group_.settings.limits);
  Request& request = parser.request();
  request.remote = remote_;
  request.certified = certified_;
  const bool header = co_await read_header(parser);
  if (!header && !stream_.expired()) co_return Next::close;
  if (!header) {
    const Refusal why{408, "the header took too long", Limit::header_deadline_ms};
    co_return co_await refuse(request, why);
  }
  if (!parser.refusal() && excess_.has_value()) {
    const Refusal why = too_many(*excess_);
    co_return co_await refuse(request, why);
  }
  if (!parser.refusal()) parser.limit_body(group_.routes.body_size_max(request));
  if (parser.refusal()) co_return co_await refuse(request, parser.refusal());

  if (parser.expects_continue() && !parser.complete() && buffer_.size() == 0) {
    const bool told = co_await send_continue();
    if (!told) co_return Next::close;
  }
  const bool body = co_await read_body(parser);
  if (!body && !stream_.expired()) co_return Next::close;
  if (!body) {
    const Refusal why{408, "the body took too long", Limit::body_deadline_ms};
    co_return co_await refuse(request, why);
  }
  if (parser.refusal()) co_return co_await refuse(request, parser.refusal());
  co_return co_await answer(parser);
}

Task<Connection::Next> Connection::answer(RequestParser& parser) {
  Response response = group_.routes.handle(parser.request());
  if (response.later) response = co_await answer_of(std::move(response.later));
  AnswerOptions options;
  options.date = date();
  const std::function<void(Reply)> more = response.more;
  options.keep_alive =
      parser.wants_keep_alive() && !group_.draining && !asks_to_close(response) && !more;
  options.head_only = parser.request().method == "HEAD";
  const std::string path = response.file ? response.file->path : "";
  const Answer answer(std::move(response), options);
  if (!answer.ready()) {
    const Refusal why{500, "cannot open " + path};
    co_return co_await refuse(parser.request(), why);
  }
  uint64_t sent = co_await send(answer);
  const bool whole = sent == answer.size();
  if (whole && more && !options.head_only) sent += co_await send_more(more);
  tell(parser.request(), answer, sent);
  if (!whole || !options.keep_alive) co_return Next::close;
  co_return Next::keep;
}

// Until there is no more, or the peer takes no more.
Task<uint64_t> Connection::send_more(const std::function<void(Reply)>& more) {
  uint64_t total = 0;
  while (!group_.draining) {
    Response next = co_await answer_of(more);
    if (next.body.empty()) break;
    const Answer piece(std::move(next.body));
    const uint64_t sent = co_await send(piece);
    total += sent;
    if (sent < piece.size()) break;
  }
  co_return total;
}

Task<Connection::Next> Connection::refuse(const Request& request, const Refusal& refusal) {
  if (refusal.limit.has_value()) group_.metrics.hit(*refusal.limit);
  AnswerOptions options;
  options.date = date();
  options.keep_alive = false;
  const Answer answer(group_.routes.refuse(refusal.status, remote_, refusal.detail), options);
  const uint64_t sent = co_await send(answer);
  tell(request, answer, sent);
  co_return sent == answer.size() ? Next::linger : Next::close;
}

void Connection::tell(const Request& request, const Answer& answer, uint64_t sent) {
  group_.metrics.sent_bytes.add(sent);
  if (!group_.routes.done) return;
  group_.routes.done(Exchange{request, answer.response(), sent, Clock::now() - begin_});
}

Task<bool> Connection::send_continue() {
  Text rest("HTTP/1.1 100 Continue\r\n\r\n");
  set_deadline(group_.settings.limits.write_deadline_ms);
  for (;;) {
    rest = rest.part(stream_.try_write(as_bytes(rest)));
    if (rest.empty()) co_return true;
    const bool writable = co_await stream_.wait();
    if (!writable) co_return false;
  }
}

// What the socket took has not arrived: its buffer can hold megabytes.
bool Connection::is_too_slow(Pace& pace, uint64_t position) {
  if (!stream_.expired()) return true;  // the connection is gone
  const uint64_t unsent = stream_.unsent_bytes();
  const std::optional<Limit> limit =
      pace.judge(position > unsent ? position - unsent : 0, Clock::now());
  if (limit.has_value()) group_.metrics.hit(*limit);
  return limit.has_value();
}

Task<uint64_t> Connection::send(const Answer& answer) {
  Pace pace(group_.settings.limits, Clock::now());
  stream_.set_deadline(pace.deadline());
  uint64_t position = 0;
  uint64_t next_turn = kTurnSize;
  while (position < answer.size()) {
    const size_t size = answer.copy(position, group_.piece);
    if (size == 0) break;
    const size_t written = stream_.try_write(Bytes(group_.piece).part(0, size));
    position += written;
    if (written == size) {
      if (position < next_turn) continue;
      next_turn = position + kTurnSize;
      co_await asio::post(stream_.executor(), kUseTask);
      continue;
    }
    const bool writable = co_await stream_.wait();
    if (writable) continue;
    if (is_too_slow(pace, position)) break;
    stream_.set_deadline(pace.deadline());
  }
  co_return position;
}

}  // namespace otter::server
