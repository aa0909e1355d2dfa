#include "cli/completion_text.h"

namespace otter::cli {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::vector<std::string> option_names(const VerbText& verb) {
  std::vector<std::string> names;
  for (const OptionText& option : verb.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

// What may stand where no option does: verbs, or the choices of arguments.
std::vector<std::string> words_of(const VerbText& verb) {
  std::vector<std::string> words = verb.verbs;
  for (const ArgumentText& argument : verb.arguments) {
    words.insert(words.end(), argument.choices.begin(), argument.choices.end());
  }
  return words;
}

// "a"|"b" of each option with a value and a verb: "otter publish --notes".
std::vector<std::string> places_in(const VerbText& verb, const OptionText& option) {
  std::vector<std::string> places;
  for (const std::string& name : option.names)
    places.push_back("\"" + verb.path + " " + name + "\"");
  return places;
}

// Lines of a `case` of bash or zsh: what is offered behind an option that takes a value.
template <typename Offer>
std::string value_cases(const std::vector<VerbText>& tree, Offer offer) {
  std::string text;
  for (const VerbText& verb : tree) {
    for (const OptionText& option : verb.options) {
      if (option.value.empty()) continue;
      text += "    " + joined(places_in(verb, option), "|") + ")\n      " + offer(option.choices) +
              "\n      return ;;\n";
    }
  }
  return text;
}

// Lines of a `case` that walk from word to word, as far as they are verbs.
std::string walk_cases(const std::vector<VerbText>& tree) {
  std::vector<std::string> paths;
  for (const VerbText& verb : tree) {
    if (verb.path.find(' ') != std::string::npos) paths.push_back("\"" + verb.path + "\"");
  }
  return "      " + joined(paths, "|\\\n      ") + ") at=\"$at $word\" ;;\n";
}

// A description in brackets of zsh's _describe.
std::string described(const std::string& word, const std::string& description) {
  std::string escaped;
  for (const char c : word) escaped += c == ':' ? std::string("\\:") : std::string(1, c);
  return quoted(escaped + ":" + description);
}

std::string described_verbs(const std::vector<VerbText>& tree, const VerbText& verb) {
  std::string text;
  for (const std::string& name : verb.verbs) {
    for (const VerbText& inside : tree) {
      if (inside.path == verb.path + " " + name) text += " " + described(name, inside.description);
    }
  }
  for (const ArgumentText& argument : verb.arguments) {
    for (const std::string& choice : argument.choices) {
      text += " " + described(choice, argument.description);
    }
  }
  return text;
}

std::string described_options(const VerbText& verb) {
  std::string text;
  for (const OptionText& option : verb.options) {
    for (const std::string& name : option.names) text += " " + described(name, option.description);
  }
  return text;
}

std::string fish_line(const VerbText& verb, const std::string& rest) {
  return "complete -c otter -n " + quoted("test (__otter_at) = " + quoted(verb.path)) + rest + "\n";
}

std::string fish_option(const OptionText& option) {
  std::string text;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.value.empty() && option.choices.empty()) text += " -r";
  if (!option.choices.empty()) text += " -x -a " + quoted(joined(option.choices));
  return text + " -d " + quoted(option.description);
}

std::string fish_verb(const std::vector<VerbText>& tree, const VerbText& verb) {
  std::string text;
  for (const std::string& name : verb.verbs) {
    for (const VerbText& inside : tree) {
      if (inside.path != verb.path + " " + name) continue;
      text += fish_line(verb, " -f -a " + name + " -d " + quoted(inside.description));
    }
  }
  for (const ArgumentText& argument : verb.arguments) {
    if (argument.choices.empty()) continue;
    text += fish_line(
        verb, " -f -a " + quoted(joined(argument.choices)) + " -d " + quoted(argument.description));
  }
  for (const OptionText& option : verb.options) text += fish_line(verb, fish_option(option));
  return text;
}

}  // namespace

// Where nothing is offered, bash falls back to names of files (-o default).
std::string bash_completion(const std::vector<VerbText>& tree) {
  std::string text =
      "# Completions of otter for bash, written by `otter completion bash`.\n"
      "_otter() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local at=otter word i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case \"$at $word\" in\n" +
      walk_cases(tree) +
      "    esac\n"
      "  done\n"
      "  case \"$at $previous\" in\n" +
      value_cases(tree,
                  [](const std::vector<std::string>& choices) {
                    return choices.empty() ? std::string("COMPREPLY=()")
                                           : "COMPREPLY=($(compgen -W " + quoted(joined(choices)) +
                                                 " -- \"$current\"))";
                  }) +
      "  esac\n"
      "  local words= options=\n"
      "  case \"$at\" in\n";
  for (const VerbText& verb : tree) {
    text += "    \"" + verb.path + "\")\n      words=" + quoted(joined(words_of(verb))) +
            "\n      options=" + quoted(joined(option_names(verb))) + " ;;\n";
  }
  return text +
         "  esac\n"
         "  if [[ $current == -* ]]; then words=$options; fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _otter otter\n";
}

std::string zsh_completion(const std::vector<VerbText>& tree) {
  std::string text =
      "#compdef otter\n"
      "# Completions of otter for zsh, written by `otter completion zsh`.\n"
      "_otter() {\n"
      "  local at=otter word i\n"
      "  local -a offered options\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    word=${words[i]}\n"
      "    case \"$at $word\" in\n" +
      walk_cases(tree) +
      "    esac\n"
      "  done\n"
      "  case \"$at ${words[CURRENT-1]}\" in\n" +
      value_cases(tree,
                  [](const std::vector<std::string>& choices) {
                    return choices.empty() ? std::string("_files")
                                           : "compadd -- " + joined(choices);
                  }) +
      "  esac\n"
      "  case \"$at\" in\n";
  for (const VerbText& verb : tree) {
    text += "    \"" + verb.path + "\")\n      offered=(" + described_verbs(tree, verb) +
            ")\n      options=(" + described_options(verb) + ") ;;\n";
  }
  return text +
         "  esac\n"
         "  if [[ $PREFIX == -* ]]; then\n"
         "    _describe -o option options\n"
         "  elif (( ${#offered} )); then\n"
         "    _describe verb offered\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _otter ]; then _otter \"$@\"; else compdef _otter otter; fi\n";
}

std::string fish_completion(const std::vector<VerbText>& tree) {
  std::vector<std::string> paths;
  for (const VerbText& verb : tree) paths.push_back(quoted(verb.path));
  std::string text =
      "# Completions of otter for fish, written by `otter completion fish`.\n"
      "set -g __otter_verbs " +
      joined(paths, " \\\n  ") +
      "\n"
      "function __otter_at\n"
      "  set -l at otter\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    if contains -- \"$at $word\" $__otter_verbs\n"
      "      set at \"$at $word\"\n"
      "    end\n"
      "  end\n"
      "  echo $at\n"
      "end\n";
  for (const VerbText& verb : tree) text += fish_verb(tree, verb);
  return text;
}

}  // namespace otter::cli
