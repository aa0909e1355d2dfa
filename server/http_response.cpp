#include "server/http_response.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <cerrno>
#include <cstring>

namespace otter::server {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

// Content-Length is left out where RFC 9110 section 8.6 forbids it, and for 304, where it would
// have to tell of what a 200 would have sent.
bool has_length(unsigned status) { return status >= 200 && status != 204 && status != 304; }

// A line break in a value would let its author write headers.
bool is_safe(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= ' ' || c == '\t'; });
}

void add_header(std::string& head, std::string_view name, std::string_view value) {
  if (!is_safe(name) || !is_safe(value)) return;
  head.append(name).append(": ").append(value).append("\r\n");
}

std::string make_head(const Response& response, uint64_t length, const AnswerOptions& options) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ' +
                     std::string(http::obsolete_reason(http::int_to_status(response.status))) +
                     "\r\n";
  head.reserve(512);
  add_header(head, "Date", options.date);
  for (const auto& [name, value] : response.headers) {
    if (!beast::iequals(name, "Connection")) add_header(head, name, value);
  }
  const bool ends_with_connection = response.more != nullptr;  // RFC 9112 section 6.3
  if (has_length(response.status) && !ends_with_connection) {
    add_header(head, "Content-Length", std::to_string(length));
  }
  if (!options.keep_alive) add_header(head, "Connection", "close");
  return head + "\r\n";
}

size_t read_file(int file, uint64_t offset, MutableBytes out) {
  size_t total = 0;
  while (total < out.size) {
    const ssize_t size =
        ::pread(file, out.data + total, out.size - total, static_cast<off_t>(offset + total));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    total += static_cast<size_t>(size);
  }
  return total;
}

}  // namespace

std::string http_date(std::time_t time) {
  // strftime's names follow the locale, HTTP's do not.
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d GMT", kDays[parts.tm_wday],
                parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return text;
}

bool asks_to_close(const Response& response) {
  return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return beast::iequals(header.first, "Connection") && beast::iequals(header.second, "close");
  });
}

Answer::Answer(Response response, const AnswerOptions& options) : response_(std::move(response)) {
  const uint64_t length = response_.file ? response_.file->size : response_.body.size();
  const bool bare = options.head_only || response_.head_only || !has_length(response_.status);
  if (response_.file) {
    file_ = ::open(response_.file->path.c_str(), O_RDONLY | O_CLOEXEC);
    ready_ = file_ >= 0;
  }
  head_ = make_head(response_, length, options);
  body_size_ = bare ? 0 : length;
}

Answer::~Answer() {
  if (file_ >= 0) ::close(file_);
}

size_t Answer::copy(uint64_t position, MutableBytes out) const {
  size_t copied = 0;
  if (position < head_.size()) {
    copied = std::min<size_t>(head_.size() - position, out.size);
    std::memcpy(out.data, head_.data() + position, copied);
  }
  const uint64_t in_body = position + copied - head_.size();
  if (copied == out.size || in_body >= body_size_) return copied;
  const size_t wanted =
      static_cast<size_t>(std::min<uint64_t>(body_size_ - in_body, out.size - copied));
  const MutableBytes rest = out.part(copied, wanted);
  if (!response_.file) {
    std::memcpy(rest.data, response_.body.data() + in_body, wanted);
    return copied + wanted;
  }
  const size_t read = read_file(file_, response_.file->offset + in_body, rest);
  return read == wanted ? copied + wanted : 0;
}

}  // namespace otter::server
