// Files as the verbs read and write them: whole, with one clear line when it can't be done. Any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ota/wire/bytes.h"

namespace otter::cli {

// Errors: std::runtime_error (it can't be read, is a folder, or is larger than size_max [bytes])
std::vector<uint8_t> read_file(const std::string& path, size_t size_max);
std::string read_text_file(const std::string& path, size_t size_max);

// A password or key: the file's content, or that of standard input for "-", without the ends of
// lines at its end.
//
// Errors: std::runtime_error (it can't be read, or nothing is in it)
std::string read_secret(const std::string& path);

// Replaces what was there.
//
// Errors: std::runtime_error
void write_file(const std::string& path, Bytes bytes);

}  // namespace otter::cli
