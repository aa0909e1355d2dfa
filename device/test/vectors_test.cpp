// Runs docs/spec/vectors/ through the core. They were made by tools/make_vectors.py, which shares
// no code with it. The checks themselves also run on the chip's instruction set: device/test/chip/.
#include <algorithm>
#include <filesystem>

#include "device/test/printers.h"
#include "device/test/recording_tape.h"
#include "device/test/source_file.h"
#include "device/test/taped_ports.h"
#include "device/test/vector_checks.h"
#include "publish/host_crypto.h"

namespace otter {
namespace {

// Every difference fails the test, or is counted.
class Differences : public VectorReport {
 public:
  explicit Differences(bool count_only = false) : count_only_(count_only) {}
  void differs(Text vector, Text what) override {
    ++count;
    if (!count_only_) ADD_FAILURE() << string_of(vector) << ": " << string_of(what);
  }

  int count = 0;

 private:
  bool count_only_;
};

std::string vectors_of(const std::string& name) {
  return read_source_file("docs/spec/vectors/" + name + ".json");
}

int differences_in(Text name, const std::string& text) {
  HostCrypto crypto;
  Differences differences(true);
  EXPECT_GT(check_vectors(name, text, crypto, differences), 0u) << text;
  return differences.count;
}

TEST(Vectors, HoldOnTape) {
  RecordingTape tape;
  HostCrypto host;
  TapedCrypto crypto(tape, &host);
  Differences differences;
  for (const char* name : kVectorFiles) {
    SCOPED_TRACE(name);
    EXPECT_GT(check_vectors(name, vectors_of(name), crypto, differences), 3u);
  }
  leave_tape("vectors", tape.bytes);
}

TEST(Vectors, AreAllRun) {
  size_t count = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(OTTER_SOURCE_DIR) + "/docs/spec/vectors")) {
    if (file.path().extension() != ".json") continue;
    ++count;
    const std::string name = file.path().stem();
    EXPECT_NE(std::find(std::begin(kVectorFiles), std::end(kVectorFiles), name),
              std::end(kVectorFiles))
        << name;
  }
  EXPECT_EQ(count, std::size(kVectorFiles));
}

// An error that no vector provokes, or a name that is none, would pass unseen elsewhere.
TEST(Vectors, NoticeAWrongExpectation) {
  EXPECT_EQ(differences_in("json", R"([{"name":"a","error":"ok","text":"{}"}])"), 0);
  EXPECT_EQ(differences_in("json", R"([{"name":"a","error":"malformed","text":"{}"}])"), 1);
  EXPECT_EQ(differences_in("json", R"([{"name":"a","error":"no_such","text":"{}"}])"), 1);
  EXPECT_EQ(differences_in("version-order", R"([["1.0.0"],["1.0.1"]])"), 0);
  EXPECT_EQ(differences_in("version-order", R"([["1.0.1"],["1.0.0"]])"), 2);
}

// Each number, flag and text that a vector of a file expects is compared.
TEST(Vectors, CompareAllThatTheyExpect) {
  for (const char* name : kVectorFiles) {
    if (Text(name) == Text("version-order")) continue;
    const std::string text = vectors_of(name);
    for (size_t at = text.find("\": "); at != std::string::npos; at = text.find("\": ", at + 1)) {
      const char first = text[at + 3];
      const bool is_input = text[at - 1] == '\\' || text.compare(at - 6, 6, "\"slots") == 0;
      if (is_input || first < '0' || first > '9') continue;
      std::string other = text;
      other[at + 3] = first == '9' ? '8' : static_cast<char>(first + 1);
      EXPECT_NE(differences_in(name, other), 0) << name << ": " << text.substr(at - 20, 40);
    }
  }
}

}  // namespace
}  // namespace otter
