// Range and the preconditions, one header a line: whatever they say, what is selected lies within
// the file.
#include "fuzz/require.h"
#include "server/byte_range.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  using server::Selection;
  if (size < 2) return 0;
  const uint64_t file_size = uint64_t{data[1]} << (data[0] % 56);
  server::Request request{data[0] < 200 ? "GET" : "HEAD", "/", {}, {}, {}};
  std::string rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  constexpr const char* kNames[] = {"Range", "If-Range", "If-Match", "If-None-Match"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    const size_t end = rest.find('\n');
    if (end != 0) request.headers.emplace_back(kNames[i], rest.substr(0, end));
    if (end == std::string::npos) break;
    rest.erase(0, end + 1);
  }
  const server::ByteRange range = server::select_bytes(request, "\"abc\"", file_size);
  if (range.selection == Selection::part) {
    require(request.method == "GET", "only GET has parts");
    require(range.size > 0 && range.size <= file_size,
            "a part has bytes, and no more than the file");
    require(range.offset <= file_size - range.size, "a part lies within the file");
  }
  if (range.selection == Selection::unsatisfiable) {
    require(request.header("Range") != nullptr, "only a Range can't be satisfied");
  }
  return 0;
}
