// The side of a tape that is recorded, on the host alone. One thread.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "device/test/tape.h"

namespace otter {

class RecordingTape : public Tape {
 public:
  using Tape::given;
  using Tape::kept;

  bool is_played() const override { return false; }
  void given(Bytes data) override { append(data); }
  void got(MutableBytes data) override { append(data); }
  Bytes kept(Bytes data) override {
    append(data);
    return data;
  }

  std::vector<uint8_t> bytes;

 private:
  void append(Bytes data) {
    uint8_t size[4];
    store_le32(size, static_cast<uint32_t>(data.size));
    bytes.insert(bytes.end(), size, size + sizeof(size));
    bytes.insert(bytes.end(), data.data, data.data + data.size);
  }
};

// Writes a tape for the chip's instruction set (device/test/chip/) into the folder that OTTER_TAPES
// names, if it does.
inline void leave_tape(const std::string& name, const std::vector<uint8_t>& bytes) {
  const char* folder = std::getenv("OTTER_TAPES");
  if (folder == nullptr) return;
  std::ofstream file(std::string(folder) + "/" + name + ".tape", std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  EXPECT_TRUE(file.flush()) << name;
}

}  // namespace otter
