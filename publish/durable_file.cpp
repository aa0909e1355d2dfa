#include "publish/durable_file.h"

#include <unistd.h>

#include "publish/file_descriptor.h"

namespace otter {

void write_file_durably(const std::string& path, Text content, mode_t mode) {
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());  // what a crash left
  {
    FileDescriptor file(beside, O_WRONLY | O_CREAT | O_EXCL, mode);
    file.write_all(as_bytes(content));
    file.set_mode(mode);
    file.sync();
  }
  rename_durably(beside, path);
}

}  // namespace otter
