#include "cli/addr2line.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "publish/core_dump.h"

extern char** environ;

namespace otter::cli {
namespace {

constexpr size_t kOutputMax = 64 * 1024;  // [bytes] of addr2line

// Both ends of a pipe, closed with it.
class Pipe {
 public:
  Pipe() {
    if (pipe(ends_.data()) != 0) throw std::runtime_error("can't make a pipe");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_writer() { close_end(1); }

 private:
  void close_end(size_t index) {
    if (ends_[index] >= 0) close(ends_[index]);
    ends_[index] = -1;
  }
  std::array<int, 2> ends_ = {-1, -1};
};

std::string read_all(int descriptor) {
  std::string out;
  std::array<char, 4096> piece{};
  for (ssize_t size = 1; size > 0 && out.size() < kOutputMax;) {
    size = read(descriptor, piece.data(), piece.size());
    if (size > 0) out.append(piece.data(), static_cast<size_t>(size));
  }
  return out;
}

std::string output_of(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  Pipe output;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output.writer(), STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, output.reader());
  // LLVM's has thousands of words about each ELF file of the vendor's.
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int code = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) throw std::runtime_error("can't run " + words[0] + ": " + std::strerror(code));
  output.close_writer();
  std::string text = read_all(output.reader());
  int status = 0;
  const bool has_ended = waitpid(child, &status, 0) == child;
  if (has_ended && WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  throw std::runtime_error(words[0] + " could not read the ELF file");
}

}  // namespace

std::string address_text(uint32_t address) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", address);
  return text.data();
}

std::vector<std::string> addr2line_names(uint16_t machine, const std::string& chip) {
  if (machine == kMachineRiscv) {
    return {"riscv32-esp-elf-addr2line", "riscv64-unknown-elf-addr2line", "llvm-addr2line",
            "llvm-addr2line-19", "llvm-addr2line-14"};
  }
  return {"xtensa-esp-elf-addr2line", "xtensa-" + chip + "-elf-addr2line", "llvm-addr2line",
          "llvm-addr2line-19", "llvm-addr2line-14"};
}

std::string find_program(const std::vector<std::string>& names) {
  const char* path = std::getenv("PATH");
  for (const std::string& name : names) {
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
      if (!folder.empty() && access((folder + "/" + name).c_str(), X_OK) == 0) return name;
    }
  }
  return "";
}

std::vector<std::string> places_of(const std::string& program, const std::string& elf,
                                   const std::vector<uint32_t>& addresses) {
  std::vector<std::string> words = {program, "-e", elf, "-p", "-f", "-i", "-C"};
  for (const uint32_t address : addresses) words.push_back(address_text(address));
  std::istringstream lines(output_of(words));
  std::vector<std::string> places;
  for (std::string line; std::getline(lines, line);) places.push_back(line);
  return places;
}

}  // namespace otter::cli
