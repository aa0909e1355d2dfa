#include "cli/man_text.h"

namespace otter::cli {
namespace {

// What a reader sees as it is: no escape, no macro at a line's start, hyphens that can be copied.
// Source: groff_char(7), man(7)
std::string escaped(const std::string& text) {
  std::string out;
  bool is_start = true;
  for (const char c : text) {
    if (is_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
    is_start = c == '\n';
  }
  return out;
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fR"; }

std::string value_of(const OptionText& option) {
  if (option.value.empty()) return "";
  std::string choices;
  for (const std::string& choice : option.choices) {
    choices += (choices.empty() ? "" : "|") + choice;
  }
  return " " + italic(choices.empty() ? option.value : choices);
}

std::string synopsis(const VerbText& verb) {
  std::string line = bold(verb.path);
  if (!verb.options.empty()) line += " [" + italic("options") + "]";
  for (const ArgumentText& argument : verb.arguments) {
    line += argument.is_required ? " " + italic(argument.name) : " [" + italic(argument.name) + "]";
  }
  return line + (verb.verbs.empty() ? "" : " " + italic("verb"));
}

std::string section(const VerbText& verb) {
  std::string text = ".SS " + escaped(verb.path.substr(verb.path.find(' ') + 1)) + "\n" +
                     synopsis(verb) + "\n.PP\n" + escaped(verb.description) + ".\n";
  for (const ArgumentText& argument : verb.arguments) {
    text += ".TP\n" + italic(argument.name) + "\n" + escaped(argument.description) + "\n";
  }
  for (const OptionText& option : verb.options) {
    if (option.names.front() == "--help") continue;
    std::string names;
    for (const std::string& name : option.names) names += (names.empty() ? "" : ", ") + bold(name);
    text += ".TP\n" + names + value_of(option) + "\n" + escaped(option.description) + "\n";
  }
  if (!verb.footer.empty()) text += ".PP\n.nf\n" + escaped(verb.footer) + "\n.fi\n";
  return text;
}

constexpr char kEnd[] = R"(.SH EXIT STATUS
.TP
0
Done.
.TP
1
It could not be done: one line on standard error says why, and what to do next.
.TP
2
Wrong usage.
.PP
These have more of their own:
.TP
\fBotter doctor\fR
1 a warning, 2 something fails.
.TP
\fBotter fsck\fR, \fBotter audit verify\fR
1 something is wrong, 2 it could not be looked at.
.TP
\fBotter rollout watch\fR
1 the rollout was stopped.
.TP
\fBotter rehearse\fR
1 a bad release would come further than its limit.
.TP
\fBotter sim device \-\-until\fR
3 it did not come to that in time, 4 it ended otherwise.
.SH ENVIRONMENT
.TP
.B OTTER_CONFIG
The settings file, in place of \fIotter.toml\fR in the working folder.
.TP
.BR OTTER_SERVER_LISTEN ", " OTTER_PUBLISH_SERVER " and so on"
A setting, in place of the one in the file.
.TP
.B NO_COLOR
No colour, whatever its value is, if it is not empty (https://no\-color.org).
Colour and progress bars are for terminals alone in any case.
.SH FILES
.TP
.I otter.toml
Settings, with comments.
.TP
.I otter\-data/
What a server keeps.
)";

}  // namespace

std::string man_page(const std::vector<VerbText>& tree) {
  std::string text =
      ".TH OTTER 1 \"\" \"otter " OTTER_VERSION
      "\" \"Otter\"\n.SH NAME\notter \\- over\\-the\\-air updates for ESP32 "
      "fleets\n.SH SYNOPSIS\n.B otter\n.I verb\n[\\fIoptions\\fR]\n.SH "
      "DESCRIPTION\nOne program is the update server, the publisher\\(aqs tool and a "
      "bench of virtual boards.\nEach verb says with \\fB\\-\\-help\\fR what it "
      "takes.\nWith \\fB\\-\\-json\\fR facts are printed for programs.\n.SH "
      "COMMANDS\n";
  for (const VerbText& verb : tree) {
    if (verb.path.find(' ') != std::string::npos) text += section(verb);
  }
  return text + kEnd;
}

}  // namespace otter::cli
