// A Response made into the bytes of an HTTP/1.1 answer, from any position on: what is sent is made
// anew from memory or file when the socket takes more, so no connection holds a buffer while it
// waits. Each object for one thread at a time.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

#include "ota/wire/bytes.h"
#include "server/http.h"

namespace otter::server {

// "Sun, 06 Nov 1994 08:49:37 GMT": the Date header's form, RFC 9110 section 5.6.7.
std::string http_date(std::time_t time);

struct AnswerOptions {
  std::string date;
  bool keep_alive = true;
  bool head_only = false;
};

class Answer {
 public:
  Answer(Response response, const AnswerOptions& options);
  // A further piece of one that comes in pieces: these bytes alone.
  explicit Answer(std::string piece) : head_(std::move(piece)) {}
  ~Answer();
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  // False if the file can't be opened: nothing of this answer can be sent.
  bool ready() const { return ready_; }
  // [bytes] of all that is to be sent.
  uint64_t size() const { return head_.size() + body_size_; }
  const Response& response() const { return response_; }
  // Puts the bytes at `position` into `out`; fewer than would fit only at the end. 0 before the
  // end: the file can't be read, or has become shorter.
  size_t copy(uint64_t position, MutableBytes out) const;

 private:
  Response response_;
  std::string head_;
  uint64_t body_size_ = 0;  // [bytes] that are sent
  int file_ = -1;
  bool ready_ = true;
};

// True if the handler asks for the connection to be closed after this answer.
bool asks_to_close(const Response& response);

}  // namespace otter::server
