// Bytes of a connection made into a Request, under limits: HTTP/1.1 as RFC 9112 writes it, and
// whatever could mean two things to two readers (request smuggling) is refused. No I/O. Each object
// for one thread at a time.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string>
#include <string_view>

#include "server/http.h"

namespace otter::server {

// Why bytes can't become a request. Status 0: no reason.
struct Refusal {
  unsigned status = 0;
  std::string detail;
  std::optional<Limit> limit = {};  // that was hit

  explicit operator bool() const { return status != 0; }
};

class RequestParser : private boost::beast::http::basic_parser<true> {
 public:
  explicit RequestParser(const Limits& limits);

  // Takes what it can from the front of `bytes`, and gives how many that were. It stops at the end
  // of the header, and again at the end of the request; what is left belongs to what comes next.
  // When it takes less without being at one of these ends, it needs more bytes behind the same
  // ones.
  size_t take(std::string_view bytes);

  // Not to be used further when there is a refusal.
  const Refusal& refusal() const { return refusal_; }
  bool header_complete() const { return is_header_done(); }
  bool complete() const { return is_done(); }

  // REQUIRES: header_complete(), for all below
  // Refuses the request (413) if its body is larger or grows larger than this [bytes].
  void limit_body(size_t size_max);
  // True if the peer waits for a word before it sends the body.
  bool expects_continue() const { return expects_continue_; }
  // Of HTTP/1.0 it is never wanted: its extension for that has no one form.
  bool wants_keep_alive() const { return version_ >= 11 && keep_alive(); }
  Request& request() { return request_; }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  using field = boost::beast::http::field;

  void refuse(unsigned status, std::string detail, std::optional<Limit> limit = {});
  void refuse_for(const error_code& error);
  void check_folding(std::string_view header);
  void check_framing(field name, std::string_view value);
  void check_header();

  void on_request_impl(boost::beast::http::verb, string_view method, string_view target,
                       int version, error_code& error) override;
  void on_field_impl(field name, string_view name_text, string_view value,
                     error_code& error) override;
  void on_header_impl(error_code& error) override;
  size_t on_body_impl(string_view body, error_code& error) override;
  size_t on_chunk_body_impl(uint64_t remain, string_view body, error_code& error) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  void on_chunk_header_impl(uint64_t, string_view, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  const Limits& limits_;
  Request request_;
  Refusal refusal_;
  size_t header_size_ = 0;  // [bytes] taken so far
  int version_ = 0;         // 10 or 11
  unsigned hosts_ = 0;
  unsigned lengths_ = 0;
  unsigned encodings_ = 0;
  bool in_header_ = true;
  bool expects_continue_ = false;
};

}  // namespace otter::server
