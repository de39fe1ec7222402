#include "src/cli/completion.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <vector>

#include "holdfast/base/text.hpp"

namespace holdfast::cli {
namespace {

using Words = std::vector<std::string>;

/// What may be given to an option, or as an argument of its own.
struct Value {
  enum class Kind { None, Any, File, Folder, Word };
  Kind kind = Kind::None;
  Words words;            ///< of Word
  bool optional = false;  ///< the option may stand alone
  bool operator==(const Value&) const = default;
};

struct Option {
  Words names;  ///< "-o", "--output"
  std::string help;
  Value value;
  bool operator==(const Option&) const = default;
};

/// The program itself, or one of its verbs.
struct Verb {
  std::string path;  ///< "", " audit", " certs generate"
  std::string name;
  std::string help;
  std::vector<Verb> below;
  std::vector<Option> options;   ///< those in its help
  std::vector<Option> settings;  ///< those that only the table of settings tells of
  Value argument;
};

/// By the type that help shows: "FILE", "on|off", "FORMAT".
Value value_of(const CLI::Option& option) {
  Value value;
  if (option.get_expected_max() == 0) return value;
  value.kind = Value::Kind::Any;
  value.optional = option.get_expected_min() == 0;
  const std::string type = option.get_type_name();
  if (type == "FILE") value.kind = Value::Kind::File;
  if (type == "DIR") value.kind = Value::Kind::Folder;
  if (type == "FORMAT") value = {Value::Kind::Word, {"text", "json", "yaml"}};
  if (type.find('|') == std::string::npos) return value;
  value.kind = Value::Kind::Word;
  for (const std::string_view word : base::split(type, '|')) value.words.emplace_back(word);
  return value;
}

Verb verb_of(const CLI::App& app, const std::string& path) {
  Verb verb{path, app.get_name(), app.get_description(), {}, {}, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (!option->nonpositional()) {
      verb.argument = value_of(*option);
      continue;
    }
    Option& one = (option->get_group().empty() ? verb.settings : verb.options).emplace_back();
    for (const std::string& name : option->get_snames()) one.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) one.names.push_back("--" + name);
    one.help = option->get_description();
    one.value = value_of(*option);
  }
  for (const CLI::App* below : app.get_subcommands({})) {
    verb.below.push_back(verb_of(*below, path + " " + below->get_name()));
  }
  return verb;
}

/// It and all below it.
std::vector<const Verb*> all_of(const Verb& verb) {
  std::vector<const Verb*> all = {&verb};
  for (const Verb& below : verb.below) std::ranges::copy(all_of(below), std::back_inserter(all));
  return all;
}

Words names_of(const std::vector<Option>& options) {
  Words names;
  for (const Option& option : options) std::ranges::copy(option.names, std::back_inserter(names));
  return names;
}

/// Every verb that takes settings takes the same.
const std::vector<Option>& settings_of(const std::vector<const Verb*>& verbs) {
  static const std::vector<Option> kNone;
  const auto found = std::ranges::find_if(verbs, [](const Verb* verb) { return !verb->settings.empty(); });
  return found == verbs.end() ? kNone : (*found)->settings;
}

/// In single quotes, within which no shell but fish knows a backslash.
std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) c == '\'' ? out += R"('\'')" : out += c;
  return out + "'";
}

// --- bash and zsh: a function that walks along the words so far

/// What is proposed after some options, by patterns of "<path> <option>".
struct Arm {
  Value value;
  Words patterns;
};

/// A setting means the same after every verb.
std::vector<Arm> arms_of(const std::vector<const Verb*>& verbs) {
  std::vector<Arm> arms;
  const auto add = [&](const Option& option, std::string_view any, const std::string& path) {
    if (option.value.kind == Value::Kind::None) return;
    const auto same = [&](const Arm& arm) {
      return arm.value.kind == option.value.kind && arm.value.words == option.value.words;
    };
    auto arm = std::ranges::find_if(arms, same);
    if (arm == arms.end()) arm = arms.insert(arms.end(), {option.value, {}});
    for (const std::string& name : option.names)
      arm->patterns.push_back(fmt::format("{}{}", any, shell_word(fmt::format("{} {}", path, name))));
  };
  for (const Verb* verb : verbs) {
    for (const Option& option : verb->options) add(option, "", verb->path);
  }
  for (const Option& option : settings_of(verbs)) add(option, "*", "");
  return arms;
}

/// The verbs under way so far: `verb` becomes the path of the one that the word belongs to. `first` is where the words
/// begin, `last` what names the one that is completed.
std::string walk(const std::vector<const Verb*>& verbs, std::string_view list, int first, std::string_view last) {
  Words paths;
  for (const Verb* verb : verbs) {
    if (!verb->path.empty()) paths.push_back(shell_word(verb->path));
  }
  return fmt::format(
      "  for ((i = {}; i < {}; i++)); do\n"
      "    case \"$verb ${{{}[i]}}\" in\n"
      "      {}) verb+=\" ${{{}[i]}}\" ;;\n"
      "    esac\n"
      "  done\n",
      first, last, list, fmt::join(paths, " | "), list);
}

std::string bash_value(const Value& value) {
  switch (value.kind) {
    case Value::Kind::File:
      return "compopt -o default";
    case Value::Kind::Folder:
      return "compopt -o dirnames";
    case Value::Kind::Word:
      return fmt::format("words='{}'", fmt::join(value.words, " "));
    default:
      return "words=''";
  }
}

std::string bash_script(const Verb& root) {
  const auto verbs = all_of(root);
  std::string text =
      "# Completion of holdfast for bash. In ~/.bashrc: source <(holdfast completion bash)\n"
      "_holdfast() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb='' words='' options='' i\n";
  text += fmt::format("  local settings='{}'\n", fmt::join(names_of(settings_of(verbs)), " "));
  text +=
      "  COMPREPLY=()\n"
      "  # readline takes --option=value apart.\n"
      "  if [[ $current == '=' ]]; then\n"
      "    current=''\n"
      "  elif [[ $before == '=' ]]; then\n"
      "    before=${COMP_WORDS[COMP_CWORD-2]}\n"
      "  fi\n";
  text += walk(verbs, "COMP_WORDS", 1, "COMP_CWORD");
  text += "  case \"$verb\" in\n";
  for (const Verb* verb : verbs) {
    Words words = verb->argument.words;
    for (const Verb& below : verb->below) words.push_back(below.name);
    text += fmt::format("    {}) words='{}' options=\"{}{}\" ;;\n", shell_word(verb->path), fmt::join(words, " "),
                        fmt::join(names_of(verb->options), " "), verb->settings.empty() ? "" : " $settings");
  }
  text +=
      "  esac\n"
      "  if [[ $current == -* ]]; then\n"
      "    words=$options\n"
      "  else\n"
      "    case \"$verb $before\" in\n";
  for (const Arm& arm : arms_of(verbs)) {
    text += fmt::format("      {}) {} ;;\n", fmt::join(arm.patterns, " | "), bash_value(arm.value));
  }
  text +=
      "    esac\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}\n"
      "complete -F _holdfast holdfast\n";
  return text;
}

/// "'name:what it does'", as _describe takes it.
std::string described(const std::string& name, const std::string& help) {
  return shell_word(help.empty() ? name : name + ":" + help);
}

std::string described(const std::vector<Option>& options) {
  Words words;
  for (const Option& option : options) {
    for (const std::string& name : option.names) words.push_back(described(name, option.help));
  }
  return fmt::format("{}", fmt::join(words, " "));
}

std::string zsh_value(const Value& value) {
  switch (value.kind) {
    case Value::Kind::File:
      return "_files";
    case Value::Kind::Folder:
      return "_files -/";
    case Value::Kind::Word:
      return fmt::format("compadd -- {}", fmt::join(value.words, " "));
    default:
      return "_message value";
  }
}

std::string zsh_script(const Verb& root) {
  const auto verbs = all_of(root);
  std::string text =
      "#compdef holdfast\n"
      "# Completion of holdfast for zsh. In ~/.zshrc, after compinit: source <(holdfast completion zsh)\n"
      "_holdfast() {\n"
      "  local before=${words[CURRENT-1]} verb='' i\n"
      "  local -a proposed flags settings\n";
  text += fmt::format("  settings=({})\n", described(settings_of(verbs)));
  text +=
      "  if [[ $PREFIX == --*=* ]]; then\n"
      "    before=${PREFIX%%=*}\n"
      "    compset -P '*='\n"
      "  fi\n";
  text += walk(verbs, "words", 2, "CURRENT");
  text += "  case \"$verb\" in\n";
  for (const Verb* verb : verbs) {
    Words words = verb->argument.words;
    for (const Verb& below : verb->below) words.push_back(described(below.name, below.help));
    text += fmt::format("    {}) proposed=({}) flags=({}{}) ;;\n", shell_word(verb->path), fmt::join(words, " "),
                        described(verb->options), verb->settings.empty() ? "" : " $settings");
  }
  text +=
      "  esac\n"
      "  if [[ $PREFIX == -* ]]; then\n"
      "    _describe -o option flags\n"
      "    return\n"
      "  fi\n"
      "  case \"$verb $before\" in\n";
  for (const Arm& arm : arms_of(verbs)) {
    text += fmt::format("    {}) {} ;;\n", fmt::join(arm.patterns, " | "), zsh_value(arm.value));
  }
  text +=
      "    *) _describe argument proposed ;;\n"
      "  esac\n"
      "}\n"
      "# Called where it was found by its name, and else put in place.\n"
      "if [[ ${funcstack[1]} == _holdfast ]]; then\n"
      "  _holdfast \"$@\"\n"
      "else\n"
      "  compdef _holdfast holdfast\n"
      "fi\n";
  return text;
}

// --- fish: a line for each option, and the verbs that have it

std::string fish_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_value(const Value& value) {
  std::string required = value.optional ? "" : " -x";
  switch (value.kind) {
    case Value::Kind::None:
      return "";
    case Value::Kind::File:
      return " -r -F";
    case Value::Kind::Folder:
      return " -x -a '(__fish_complete_directories)'";
    case Value::Kind::Word:
      return fmt::format("{} -a '{}'", required, fmt::join(value.words, " "));
    default:
      return required;
  }
}

std::string fish_option(const Option& option) {
  std::string text;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  text += fish_value(option.value);
  return option.help.empty() ? text : text + " -d " + fish_word(option.help);
}

/// Where the words so far lead to `verb`, and to none of what it takes next.
std::string fish_condition(const Verb& verb) {
  if (verb.path.empty()) return "__fish_use_subcommand";
  Words next = verb.argument.words;
  for (const Verb& below : verb.below) next.push_back(below.name);
  return fmt::format("__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}", verb.name,
                     fmt::join(next, " "));
}

/// The verbs that have an option; all of them share one condition.
std::string fish_condition(const Words& names, const Verb& root) {
  if (names == Words{root.name}) return " -n __fish_use_subcommand";
  if (std::ranges::count(names, root.name) > 0) return "";
  return fmt::format(" -n '__fish_seen_subcommand_from {}'", fmt::join(names, " "));
}

std::string fish_script(const Verb& root) {
  const auto verbs = all_of(root);
  std::string text =
      "# Completion of holdfast for fish. In ~/.config/fish/config.fish: holdfast completion fish | source\n"
      "complete -c holdfast -f\n";
  std::vector<std::pair<Option, Words>> options;
  for (const Verb* verb : verbs) {
    for (const Verb& below : verb->below) {
      text += fmt::format("complete -c holdfast -n '{}' -a {} -d {}\n", fish_condition(*verb), below.name,
                          fish_word(below.help));
    }
    if (!verb->argument.words.empty()) {
      text += fmt::format("complete -c holdfast -n '{}' -a '{}'\n", fish_condition(*verb),
                          fmt::join(verb->argument.words, " "));
    }
    for (const auto* part : {&verb->options, &verb->settings}) {
      for (const Option& option : *part) {
        auto found = std::ranges::find(options, option, &std::pair<Option, Words>::first);
        if (found == options.end()) found = options.insert(options.end(), {option, {}});
        found->second.push_back(verb->name);
      }
    }
  }
  for (const auto& [option, names] : options) {
    text += fmt::format("complete -c holdfast{}{}\n", fish_condition(names, root), fish_option(option));
  }
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& app, std::string_view shell) {
  const Verb root = verb_of(app, "");
  if (shell == "bash") return bash_script(root);
  return shell == "zsh" ? zsh_script(root) : fish_script(root);
}

}  // namespace holdfast::cli
