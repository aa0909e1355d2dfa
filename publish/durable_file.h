// Writes whole files so that a crash leaves the old content or the new, never a mixture. Any
// thread, but one writer per path.
#pragma once

#include <sys/types.h>

#include <string>

#include "ota/wire/bytes.h"

namespace otter {

// Who may read a file that holds a secret, and one that does not.
constexpr mode_t kSecretFileMode = 0600;
constexpr mode_t kPublicFileMode = 0644;

// Puts `content` at `path` in one step, whatever the umask says of `mode`.
//
// Errors: throws std::runtime_error (path, the system's words)
// Power:  a cut leaves the old file or the new one, perhaps with `path`.new beside it
void write_file_durably(const std::string& path, Text content, mode_t mode);

}  // namespace otter
