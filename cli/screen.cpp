#include "cli/screen.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace otter::cli {
namespace {

// Source: xterm's control sequences: the other screen, the cursor, erasing
constexpr char kEnter[] = "\x1b[?1049h\x1b[?25l";
constexpr char kLeave[] = "\x1b[?25h\x1b[?1049l";
constexpr char kHome[] = "\x1b[H";
constexpr char kEraseLine[] = "\x1b[K";
constexpr char kEraseBelow[] = "\x1b[J";

termios before{};
struct sigaction interrupt_before{};
volatile sig_atomic_t is_interrupted = 0;

void note_interrupt(int) { is_interrupted = 1; }

winsize size_of_screen() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    size.ws_row = 24;
    size.ws_col = 80;
  }
  return size;
}

}  // namespace

bool is_screen() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0 && terminal != nullptr &&
         std::string(terminal) != "dumb";
}

Screen::Screen() {
  is_interrupted = 0;
  struct sigaction action{};
  action.sa_handler = note_interrupt;
  sigaction(SIGINT, &action, &interrupt_before);
  tcgetattr(STDIN_FILENO, &before);
  termios now = before;
  now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  tcsetattr(STDIN_FILENO, TCSANOW, &now);
  std::cout << kEnter << std::flush;
}

Screen::~Screen() {
  std::cout << kLeave << std::flush;
  tcsetattr(STDIN_FILENO, TCSANOW, &before);
  sigaction(SIGINT, &interrupt_before, nullptr);
}

void Screen::draw(const std::vector<std::string>& lines, bool with_colour) {
  const winsize size = size_of_screen();
  const size_t count = std::min<size_t>(lines.size(), size.ws_row);
  std::string text = kHome;
  for (size_t i = 0; i < count; ++i) {
    const bool is_bold = i == 0 && with_colour;
    text += (is_bold ? "\x1b[1m" : "") + lines[i].substr(0, size.ws_col) +
            (is_bold ? "\x1b[0m" : "") + kEraseLine + (i + 1 < count ? "\r\n" : "");
  }
  std::cout << text << kEraseBelow << std::flush;
}

bool Screen::wait(unsigned seconds) {
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  const int ready = poll(&input, 1, static_cast<int>(seconds) * 1000);
  char key = 0;
  if (ready > 0 && (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')) return false;
  return is_interrupted == 0;
}

}  // namespace otter::cli
