#include "publish/https_client.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>

namespace otter {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Stream = beast::ssl_stream<beast::tcp_stream>;
using Parser = http::response_parser<http::buffer_body>;

// Interim answers (100, 103) before the real one; a server that sends more is broken.
constexpr int kInterimAnswersMax = 8;
constexpr char kPortOfHttps[] = "443";
constexpr char kPortOfHttp[] = "80";

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool is_port(const std::string& text) {
  if (text.empty() || text.size() > 5) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value >= 1 && value <= 65535;
}

bool is_host(const std::string& text, bool bracketed) {
  error_code error;
  if (bracketed) {
    asio::ip::make_address_v6(text, error);
    return !error;
  }
  for (const char c : text) {
    if (!is_host_character(c)) return false;
  }
  return !text.empty();
}

bool is_address(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool has_scheme(const std::string& url, std::string_view scheme) {
  return lower_case(url.substr(0, scheme.size())) == scheme;
}

Error classify(const error_code& error) {
  if (!error) return Error::ok;
  if (error == beast::error::timeout) return Error::network_timeout;
  const bool broken_http = error.category() == make_error_code(http::error::bad_value).category();
  if (broken_http && error != http::error::end_of_stream && error != http::error::partial_message) {
    return Error::malformed;
  }
  return Error::network_closed;
}

// What of a connection may be over without anyone's fault, between two requests.
bool is_dead_connection(const error_code& error) {
  return error == http::error::end_of_stream || error == asio::error::eof ||
         error == asio::error::connection_reset || error == asio::error::broken_pipe ||
         error == asio::error::connection_aborted || error == asio::ssl::error::stream_truncated;
}

// Nothing in it can end a line or, in a target, the target.
bool is_plain(std::string_view text, char lowest) {
  return std::all_of(text.begin(), text.end(), [lowest](char c) {
    return static_cast<unsigned char>(c) >= static_cast<unsigned char>(lowest) && c != 0x7F;
  });
}

}  // namespace

Result<HttpsEndpoint> parse_https_url(Text url) {
  OTTER_TRY_SET(const HttpsEndpoint endpoint, parse_origin(url));
  return endpoint.tls ? Result<HttpsEndpoint>(endpoint) : Error::malformed;
}

Result<HttpsEndpoint> parse_origin(Text origin) {
  HttpsEndpoint out;
  std::string rest(origin.data, origin.size);
  out.tls = has_scheme(rest, "https://");
  if (!out.tls && !has_scheme(rest, "http://")) return Error::malformed;
  rest.erase(0, rest.find("//") + 2);
  if (!rest.empty() && rest.back() == '/') rest.pop_back();
  if (rest.find_first_of("/?#@") != std::string::npos) return Error::unsupported;

  const bool bracketed = rest.starts_with('[');
  const size_t host_end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && host_end == std::string::npos) return Error::malformed;
  out.host = bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  rest.erase(0, bracketed ? host_end + 1 : out.host.size());
  if (!is_host(out.host, bracketed)) return Error::malformed;
  if (rest.empty()) {
    out.port = out.tls ? kPortOfHttps : kPortOfHttp;
    return out;
  }
  out.port = rest.substr(1);
  return rest.front() == ':' && is_port(out.port) ? Result<HttpsEndpoint>(out) : Error::malformed;
}

struct HttpsClient::Connection {
  explicit Connection(HttpsClientSettings settings_in)
      : settings(std::move(settings_in)),
        trust{settings.ca_file, settings.trust, settings.verify_peer} {}

  using Request = http::request<http::buffer_body>;

  HttpsClientSettings settings;
  HttpsTrustSource trust;
  asio::io_context context;
  std::optional<asio::ssl::context> tls;
  std::optional<Stream> stream;            // with TLS
  std::optional<beast::tcp_stream> plain;  // without
  beast::flat_buffer buffer;
  std::optional<Parser> parser;
  std::string detail;

  Error fail(Error error, const std::string& words) {
    detail = words;
    drop();
    return error;
  }

  void drop() {
    parser.reset();
    stream.reset();
    plain.reset();
    buffer.clear();
  }

  std::string authority() const {
    const bool v6 = settings.endpoint.host.find(':') != std::string::npos;
    const std::string host = v6 ? "[" + settings.endpoint.host + "]" : settings.endpoint.host;
    const char* const usual = settings.endpoint.tls ? kPortOfHttps : kPortOfHttp;
    return settings.endpoint.port == usual ? host : host + ":" + settings.endpoint.port;
  }

  bool is_connected() const { return stream || plain; }
  beast::tcp_stream& socket() { return plain ? *plain : beast::get_lowest_layer(*stream); }
  // Calls `use` with the stream that HTTP goes over.
  template <typename Use>
  void over_wire(Use use) {
    if (plain) {
      use(*plain);
    } else {
      use(*stream);
    }
  }

  // Runs one operation to its end. `start` is given the handler to end with.
  template <typename Start>
  error_code run_armed(Start start) {
    error_code result = asio::error::would_block;
    start([&result](const error_code& error, auto&&...) { result = error; });
    context.restart();
    context.run();
    return result;
  }

  // The same with a deadline of its own: Beast's timer ends the operation.
  template <typename Start>
  error_code run(Start start) {
    socket().expires_after(settings.timeout);
    const error_code result = run_armed(std::move(start));
    socket().expires_never();
    return result;
  }

  error_code read_fields();

  Error load_trust();
  Error resolve(tcp::resolver::results_type* out);
  Error set_identity();
  Error shake_hands();
  Error connect();
  Error send(Request& request, Bytes body, bool kept, bool* dead);
  Error read_head(bool is_head, bool kept, bool* dead);
  Error exchange(Request& request, Bytes body, bool* dead);
};

Error HttpsClient::Connection::load_trust() {
  if (tls) return Error::ok;
  asio::ssl::context made(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(made.native_handle(), TLS1_2_VERSION);
  const std::string wrong = set_trust(made.native_handle(), trust);
  if (!wrong.empty()) return fail(Error::settings_io, wrong);
  tls.emplace(std::move(made));
  return Error::ok;
}

Error HttpsClient::Connection::resolve(tcp::resolver::results_type* out) {
  error_code result = asio::error::timed_out;
  tcp::resolver resolver(context);
  resolver.async_resolve(settings.endpoint.host, settings.endpoint.port,
                         [&](const error_code& error, tcp::resolver::results_type found) {
                           result = error;
                           *out = std::move(found);
                         });
  context.restart();
  context.run_for(settings.timeout);
  if (!context.stopped()) {
    resolver.cancel();
    // The handler refers to this frame: it must have run before it is left.
    context.run();
    return fail(Error::network_timeout, "cannot resolve " + settings.endpoint.host + " in time");
  }
  if (!result) return Error::ok;
  return fail(Error::network_unreachable,
              "cannot resolve " + settings.endpoint.host + ": " + result.message());
}

// Which server this must be: checked by OpenSSL within the handshake.
Error HttpsClient::Connection::set_identity() {
  const std::string& host = settings.endpoint.host;
  SSL* const ssl = stream->native_handle();
  const bool address = is_address(host);
  const int set = address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str())
                          : SSL_set1_host(ssl, host.c_str());
  // Server name indication is for names alone, RFC 6066 section 3.
  if (set == 1 && (address || SSL_set_tlsext_host_name(ssl, host.c_str()) == 1)) return Error::ok;
  return fail(Error::malformed, "not a host name: " + host);
}

Error HttpsClient::Connection::shake_hands() {
  const error_code error =
      run([&](auto done) { stream->async_handshake(asio::ssl::stream_base::client, done); });
  if (!error) return Error::ok;
  const long verdict = SSL_get_verify_result(stream->native_handle());
  if (verdict != X509_V_OK) {
    return fail(Error::tls_untrusted, "the certificate of " + authority() + " is not trusted: " +
                                          X509_verify_cert_error_string(verdict));
  }
  const bool broken_tls = error.category() == asio::error::get_ssl_category();
  return fail(broken_tls ? Error::malformed : classify(error),
              "TLS with " + authority() + ": " + error.message());
}

Error HttpsClient::Connection::connect() {
  drop();
  if (settings.endpoint.tls) OTTER_TRY(load_trust());
  tcp::resolver::results_type addresses;
  OTTER_TRY(resolve(&addresses));
  if (settings.endpoint.tls) {
    stream.emplace(context, *tls);
    OTTER_TRY(set_identity());
  } else {
    plain.emplace(context);
  }
  const error_code error =
      run([&](auto done) { socket().async_connect(addresses, std::move(done)); });
  if (error) {
    const bool late = error == beast::error::timeout;
    return fail(late ? Error::network_timeout : Error::network_unreachable,
                "cannot connect to " + authority() + ": " + error.message());
  }
  error_code ignored;  // costs speed alone
  socket().socket().set_option(tcp::no_delay(true), ignored);
  return settings.endpoint.tls ? shake_hands() : Error::ok;
}

Error HttpsClient::Connection::send(Request& request, Bytes body, bool kept, bool* dead) {
  request.body().data = const_cast<uint8_t*>(body.data);
  request.body().size = body.size;
  request.body().more = false;
  http::request_serializer<http::buffer_body> serializer(request);
  uint64_t sent = 0;
  while (!serializer.is_done()) {
    const error_code error = run([&](auto done) {
      const auto count = [&sent, done](const error_code& result, size_t bytes) {
        sent += bytes;
        done(result);
      };
      over_wire([&](auto& wire) { http::async_write_some(wire, serializer, count); });
    });
    if (settings.sent) settings.sent(sent);
    // All of the body is given at once, so that it need not ask for more of it.
    if (!error || error == http::error::need_buffer) continue;
    *dead = kept && is_dead_connection(error);
    return fail(classify(error), "sending to " + authority() + ": " + error.message());
  }
  return Error::ok;
}

// All of the head under one deadline and one limit of size. The parser's own limit does not count
// the fields that it took from an earlier piece.
error_code HttpsClient::Connection::read_fields() {
  size_t taken = 0;
  socket().expires_after(settings.timeout);
  while (!parser->is_header_done()) {
    const error_code error = run_armed([&](auto done) {
      const auto count = [&taken, done](const error_code& result, size_t bytes) {
        taken += bytes;
        done(result);
      };
      over_wire([&](auto& wire) { http::async_read_some(wire, buffer, *parser, count); });
    });
    if (error) return error;
    if (taken > kResponseHeaderSizeMax) return http::error::header_limit;
  }
  socket().expires_never();
  return {};
}

Error HttpsClient::Connection::read_head(bool is_head, bool kept, bool* dead) {
  for (int answers = 0; answers <= kInterimAnswersMax; ++answers) {
    parser.emplace();
    parser->header_limit(kResponseHeaderSizeMax);
    parser->body_limit(boost::none);
    parser->skip(is_head);
    const error_code error = read_fields();
    if (error) {
      *dead = kept && is_dead_connection(error) && !parser->got_some();
      return fail(classify(error), "the answer of " + authority() + ": " + error.message());
    }
    if (parser->get().result_int() / 100 != 1) return Error::ok;
  }
  return fail(Error::malformed, "the answer of " + authority() + ": interim answers without end");
}

Error HttpsClient::Connection::exchange(Request& request, Bytes body, bool* dead) {
  const bool kept = is_connected();
  if (!kept) OTTER_TRY(connect());
  OTTER_TRY(send(request, body, kept, dead));
  return read_head(request.method() == http::verb::head, kept, dead);
}

HttpsClient::HttpsClient(HttpsClientSettings settings)
    : connection_(std::make_unique<Connection>(std::move(settings))) {}
HttpsClient::~HttpsClient() = default;
HttpsClient& HttpsClient::operator=(HttpsClient&& other) noexcept = default;

Error HttpsClient::open(const std::string& method, const std::string& target,
                        const std::vector<std::pair<std::string, std::string>>& headers, Bytes body,
                        HttpsResponseHead* head) {
  Connection& self = *connection_;
  close();
  if (!is_plain(target, '!')) return self.fail(Error::malformed, "not a target: " + target);
  Connection::Request request;
  request.version(11);
  request.method_string(method);
  request.target(target);
  request.set(http::field::host, self.authority());
  for (const auto& [name, value] : headers) {
    // The value may be a secret, and is not told.
    if (!is_plain(value, ' ')) return self.fail(Error::malformed, "not a header's value: " + name);
    request.insert(name, value);
  }
  const bool without_body = method == "GET" || method == "HEAD";
  if (body.size > 0 || !without_body) request.content_length(body.size);

  bool dead = false;
  Error error = self.exchange(request, body, &dead);
  if (dead) {
    dead = false;
    error = self.exchange(request, body, &dead);
  }
  OTTER_TRY(error);

  head->status = self.parser->get().result_int();
  head->headers.clear();
  for (const auto& field : self.parser->get()) {
    std::string& value = head->headers[lower_case(field.name_string())];
    if (!value.empty()) value += ", ";
    value += field.value();
  }
  return Error::ok;
}

Result<size_t> HttpsClient::read(MutableBytes out) {
  Connection& self = *connection_;
  if (!self.parser) return self.fail(Error::network_closed, "no answer is open");
  while (!self.parser->is_done() && out.size > 0) {
    http::buffer_body::value_type& body = self.parser->get().body();
    body.data = out.data;
    body.size = out.size;
    const error_code error = self.run([&](auto done) {
      self.over_wire([&](auto& wire) {
        http::async_read_some(wire, self.buffer, *self.parser, std::move(done));
      });
    });
    if (error && error != http::error::need_buffer) {
      return self.fail(classify(error),
                       "the answer of " + self.authority() + ": " + error.message());
    }
    if (body.size < out.size) return out.size - body.size;
  }
  return size_t{0};
}

void HttpsClient::close() {
  Connection& self = *connection_;
  if (!self.parser) return;
  const bool keep = self.parser->is_done() && self.parser->keep_alive() && self.buffer.size() == 0;
  self.parser.reset();
  if (!keep) self.drop();
}

const std::string& HttpsClient::detail() const { return connection_->detail; }

}  // namespace otter
