#include "server/http_request.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace otter::server {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// Anything but letters of the visible part of ASCII must come percent-encoded, RFC 3986.
bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

// "https://host/path" is "/path" to a server that is no proxy, RFC 9112 section 3.2.2.
std::string_view origin_form(std::string_view target) {
  constexpr std::string_view kScheme = "https://";
  if (!beast::iequals(target.substr(0, kScheme.size()), kScheme)) return target;
  const size_t path = target.find('/', kScheme.size());
  return path == std::string_view::npos ? "/" : target.substr(path);
}

}  // namespace

RequestParser::RequestParser(const Limits& limits) : limits_(limits) {
  header_limit(limits.header_bytes_max);
  // The caller sets it when it knows the request.
  body_limit(boost::none);
}

void RequestParser::refuse(unsigned status, std::string detail, std::optional<Limit> limit) {
  if (!refusal_) refusal_ = Refusal{status, std::move(detail), limit};
}

void RequestParser::refuse_for(const error_code& error) {
  if (error == http::error::header_limit) {
    return refuse(431, "the header is too large", Limit::header_bytes_max);
  }
  if (error == http::error::body_limit) {
    return refuse(413, "the body is too large", Limit::body_bytes_max);
  }
  refuse(400, "not an HTTP/1.1 request: " + error.message());
}

size_t RequestParser::take(std::string_view bytes) {
  size_t taken = 0;
  while (!refusal_ && !is_done()) {
    const bool was_header = in_header_;
    error_code error;
    const size_t size =
        put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), error);
    if (was_header) {
      header_size_ += size;
      check_folding(bytes.substr(taken, size));
    }
    taken += size;
    const bool wants_more = error == http::error::need_more;
    if (error && !wants_more) refuse_for(error);
    if (was_header && header_size_ > limits_.header_bytes_max)
      refuse_for(http::error::header_limit);
    // One line of a header, or one of chunked coding with its trailer.
    if (wants_more && bytes.size() - taken > limits_.header_bytes_max) {
      refuse_for(http::error::header_limit);
    }
    if (wants_more || taken == bytes.size() || (was_header && !in_header_)) break;
  }
  return taken;
}

// A field that goes on in the next line, which begins with a space. The parser below joins the
// lines; others take the second one for a field of its own, or for none.
//
// Source: RFC 9112 section 5.2
void RequestParser::check_folding(std::string_view header) {
  for (size_t end = header.find('\n'); end != header.npos; end = header.find('\n', end + 1)) {
    const std::string_view next = header.substr(end + 1, 1);
    if (next == " " || next == "\t") refuse(400, "a header field goes over two lines");
  }
}

void RequestParser::limit_body(size_t size_max) {
  if (content_length().value_or(0) > size_max) return refuse_for(http::error::body_limit);
  body_limit(size_max);
}

void RequestParser::on_request_impl(http::verb, string_view method, string_view target, int version,
                                    error_code&) {
  version_ = version;
  request_.method = std::string(method);
  const std::string_view path = origin_form(view(target));
  request_.target = std::string(path);
  if (target.size() > limits_.target_bytes_max) {
    return refuse(414, "the target is too long", Limit::target_bytes_max);
  }
  if (!path.starts_with('/')) return refuse(400, "the target is not a path");
  if (!is_visible_ascii(path)) refuse(400, "the target has characters that no URL has");
}

// The parser below takes a repeated Content-Length if the values agree, and an encoding that it
// does not know for none at all. Something in front of this server may see it otherwise.
//
// Source: RFC 9112 section 6
void RequestParser::check_framing(field name, std::string_view value) {
  if (name == field::content_length) {
    const bool digits =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (++lengths_ > 1 || !digits) refuse(400, "Content-Length must be one number");
  }
  if (name == field::transfer_encoding) {
    if (++encodings_ > 1 || !beast::iequals(value, "chunked") || version_ < 11) {
      refuse(400, "Transfer-Encoding must be \"chunked\"");
    }
  }
  if (lengths_ > 0 && encodings_ > 0) {
    refuse(400, "Content-Length and Transfer-Encoding exclude each other");
  }
}

void RequestParser::on_field_impl(field name, string_view name_text, string_view value,
                                  error_code&) {
  if (!in_header_) return;  // trailers carry nothing that anyone asks for
  if (request_.headers.size() >= limits_.header_fields_max) {
    return refuse(431, "the header has too many fields", Limit::header_fields_max);
  }
  check_framing(name, view(value));
  if (name == field::host) ++hosts_;
  if (name == field::expect) {
    expects_continue_ = beast::iequals(value, "100-continue");
    if (!expects_continue_) refuse(417, "only 100-continue may be expected");
  }
  request_.headers.emplace_back(std::string(name_text), std::string(value));
}

void RequestParser::on_header_impl(error_code&) {
  in_header_ = false;
  // RFC 9112 section 3.2
  if (hosts_ > 1 || (hosts_ == 0 && version_ >= 11)) refuse(400, "exactly one Host is needed");
  expects_continue_ = expects_continue_ && version_ >= 11;
}

size_t RequestParser::on_body_impl(string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

size_t RequestParser::on_chunk_body_impl(uint64_t, string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace otter::server
