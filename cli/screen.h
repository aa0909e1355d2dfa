// A terminal that is drawn over again and again until its person has seen enough. Main thread.
#pragma once

#include <string>
#include <vector>

namespace otter::cli {

// True if standard input and output are a terminal that can be drawn over.
bool is_screen();

class Screen {
 public:
  // Takes the terminal over: what was on it is back when the object is gone, also after Ctrl-C.
  //
  // REQUIRES: is_screen(); one at a time
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // As much of the lines as there is room for; the first in bold if `with_colour`.
  void draw(const std::vector<std::string>& lines, bool with_colour);
  // Waits so long [s], or until a key is pressed. False: it was `q`, or Ctrl-C came.
  bool wait(unsigned seconds);
};

}  // namespace otter::cli
