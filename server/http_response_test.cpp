#include "server/http_response.h"

#include <gtest/gtest.h>

namespace otter::server {
namespace {

std::string all_of(const Answer& answer, size_t piece) {
  std::string out;
  std::vector<uint8_t> bytes(piece);
  while (out.size() < answer.size()) {
    const size_t size = answer.copy(out.size(), bytes);
    if (size == 0) break;
    out.append(reinterpret_cast<const char*>(bytes.data()), size);
  }
  return out;
}

Response with_body(unsigned status, const std::string& body) {
  Response out;
  out.status = status;
  out.body = body;
  return out;
}

AnswerOptions options(bool keep_alive = true, bool head_only = false) {
  return {.date = "D", .keep_alive = keep_alive, .head_only = head_only};
}

TEST(HttpDate, IsWrittenAsHttpWantsIt) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110's example
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(Answer, IsTheSameInPiecesOfAnySize) {
  const Answer answer(with_body(404, "gone\n"), options());
  const std::string whole = "HTTP/1.1 404 Not Found\r\nDate: D\r\nContent-Length: 5\r\n\r\ngone\n";
  for (size_t piece = 1; piece <= whole.size() + 1; ++piece)
    EXPECT_EQ(all_of(answer, piece), whole);
}

TEST(Answer, TellsWhenTheConnectionEnds) {
  EXPECT_EQ(all_of(Answer(with_body(200, ""), options(false)), 1000),
            "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(Answer, HasNoBodyForHeadNor204Nor304) {
  EXPECT_EQ(all_of(Answer(with_body(200, "body"), options(true, true)), 1000),
            "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(all_of(Answer(with_body(204, "body"), options()), 1000),
            "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n");
  EXPECT_EQ(all_of(Answer(with_body(304, "body"), options()), 1000),
            "HTTP/1.1 304 Not Modified\r\nDate: D\r\n\r\n");
}

TEST(Answer, IsNotReadyWithoutItsFile) {
  Response response;
  response.file = FilePart{"/nonexistent", 0, 1};
  EXPECT_FALSE(Answer(response, options()).ready());
}

}  // namespace
}  // namespace otter::server
