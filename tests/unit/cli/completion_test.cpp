// The scripts that complete command lines: bash runs its own here.
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <set>

#include "src/cli/completion.hpp"
#include "tests/unit/cli/program.hpp"
#include "tests/unit/json/jsoncpp.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

using Words = std::vector<std::string>;

std::string script(const std::string& shell) {
  const Ending ending = run_program({"completion", shell});
  CHECK(ending.code == cli::kOk);
  CHECK(ending.err.empty());
  return ending.out;
}

struct Done {
  int code = -1;
  std::string out;  ///< and what it writes to stderr
};

Done run(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  Done done;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) done.out += static_cast<char>(c);
  const int status = pclose(pipe);
  done.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return done;
}

bool is_there(const std::string& program) { return run("command -v " + program).code == 0; }

Words lines(const std::string& text) {
  Words found;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) found.push_back(line);
  return found;
}

/// bash, after it has read the script.
class Bash {
 public:
  /// What it proposes for the last of these words. "compopt …": it leaves that to itself.
  Words proposes(const Words& words) const {
    std::string driver = "compopt() { echo \"compopt $*\"; }\nsource " + script_.path() + "\nCOMP_WORDS=(holdfast";
    for (const std::string& word : words) driver += " '" + word + "'";
    driver += ")\nCOMP_CWORD=" + std::to_string(words.size()) +
              "\n_holdfast\nfor word in \"${COMPREPLY[@]}\"; do printf '%s\\n' \"$word\"; done\n";
    const TempFile file(driver);
    const Done done = run("bash -u " + file.path());
    INFO(done.out);
    CHECK(done.code == 0);
    return lines(done.out);
  }
  std::set<std::string> proposes_all(const Words& words) const {
    const Words found = proposes(words);
    return {found.begin(), found.end()};
  }
  const std::string& path() const { return script_.path(); }

 private:
  const TempFile script_{script("bash")};
};

/// The names that a command's help has in the column of options, or of subcommands.
std::set<std::string> in_help(const Words& command, const std::string& heading) {
  Words words = command;
  words.push_back("--help");
  std::set<std::string> names;
  bool under = false;
  for (const std::string& line : lines(run_program(words).out)) {
    if (!line.starts_with(" ")) under = line == heading;
    if (!under || !line.starts_with("  ") || line[2] == ' ') continue;
    std::istringstream column(line.substr(2, line.find(' ', 2) - 2));
    for (std::string name; std::getline(column, name, ',');) names.insert(name);
  }
  return names;
}

std::set<std::string> flags_of_settings() {
  std::set<std::string> flags;
  for (const Json::Value& row : parse(run_program({"settings", "-o", "json"}).out)) {
    if (!row["flag"].asString().empty()) flags.insert(row["flag"].asString());
  }
  return flags;
}

}  // namespace

TEST_CASE("bash takes the script, and it makes no noise") {
  const Bash bash;
  const Done done = run("bash -u -c 'source " + bash.path() + " && complete -p holdfast'");
  CHECK(done.code == 0);
  CHECK(done.out == "complete -F _holdfast holdfast\n");
  CHECK(run("bash -n " + bash.path()).out.empty());
}

TEST_CASE("bash completes every verb that help names") {
  const Bash bash;
  const auto verbs = in_help({}, "Subcommands:");
  CHECK(verbs.size() > 10);
  CHECK(bash.proposes_all({""}) == verbs);
  CHECK(bash.proposes({"sn"}) == Words{"snapshots"});
  CHECK(bash.proposes({"certs", ""}) == Words{"generate"});
  CHECK(bash.proposes({"certs", "-h", ""}) == Words{"generate"});
  CHECK(bash.proposes_all({"-"}) == in_help({}, "Options:"));
}

TEST_CASE("bash completes every option of every verb, and where it takes settings those too") {
  const Bash bash;
  const auto settings = flags_of_settings();
  CHECK(settings.size() > 20);
  for (const std::string& verb : in_help({}, "Subcommands:")) {
    INFO(verb);
    auto expected = in_help({verb}, "Options:");
    CHECK(expected.contains("--help"));
    if (expected.contains("--config")) expected.insert(settings.begin(), settings.end());
    CHECK(bash.proposes_all({verb, "-"}) == expected);
  }
  CHECK(bash.proposes_all({"certs", "generate", "-"}) == in_help({"certs", "generate"}, "Options:"));
  CHECK(bash.proposes({"backup", "media/photos", "--wa"}) == Words{"--wait"});
}

TEST_CASE("bash completes the values that an option takes, and the program takes each of them") {
  const Bash bash;
  for (const std::string& format : bash.proposes({"version", "-o", ""})) {
    CHECK(run_program({"version", "-o", format}).code == cli::kOk);
  }
  CHECK(bash.proposes({"audit", "--output", ""}) == Words{"text", "json", "yaml"});
  CHECK(bash.proposes({"audit", "--fit", ""}) == Words{"deny", "warn", "off"});
  CHECK(bash.proposes({"serve", "-", "--index-backend", "kopia-s"}) == Words{"kopia-s3"});
  CHECK(bash.proposes({"serve", "--webhook", ""}) == Words{"on", "off"});
  CHECK(bash.proposes({"completion", ""}) == Words{"bash", "zsh", "fish"});
  for (const std::string& shell : bash.proposes({"completion", ""})) CHECK_FALSE(script(shell).empty());
}

TEST_CASE("bash completes a value behind an equals sign, which it takes for a word") {
  const Bash bash;
  CHECK(bash.proposes({"audit", "--fit", "=", ""}) == Words{"deny", "warn", "off"});
  CHECK(bash.proposes({"audit", "--fit", "="}) == Words{"deny", "warn", "off"});
  CHECK(bash.proposes({"audit", "--output", "=", "j"}) == Words{"json"});
}

TEST_CASE("bash completes files and folders itself, where one is wanted") {
  const Bash bash;
  for (const Words& words : {Words{"plan", "-f", ""}, Words{"plan", "--filename", "a"}, Words{"audit", "--config", ""},
                             Words{"why", "media/photos", "--kubeconfig", ""}}) {
    CHECK(bash.proposes(words) == Words{"compopt -o default"});
  }
  CHECK(bash.proposes({"certs", "generate", "--out", ""}) == Words{"compopt -o dirnames"});
  CHECK(bash.proposes({"serve", "--index-path", ""}) == Words{"compopt -o dirnames"});
}

TEST_CASE("bash proposes nothing where only a person or the cluster knows") {
  const Bash bash;
  for (const Words& words :
       {Words{"why", ""}, Words{"snapshots", "media/"}, Words{"backup", ""}, Words{"audit", "-n", ""},
        Words{"backup", "--all", "--timeout", ""}, Words{"pause", "a/b", "--reason", ""}}) {
    INFO(words[0]);
    CHECK(bash.proposes(words).empty());
  }
}

TEST_CASE("the script for zsh has every verb and option, and zsh takes it") {
  const std::string text = script("zsh");
  CHECK_THAT(text, Catch::StartsWith("#compdef holdfast\n") && Contains("compdef _holdfast holdfast"));
  for (const std::string& verb : in_help({}, "Subcommands:")) {
    CHECK_THAT(text, Contains("'" + verb + ":"));
    for (const std::string& option : in_help({verb}, "Options:")) CHECK_THAT(text, Contains("'" + option + ":"));
  }
  for (const std::string& flag : flags_of_settings()) CHECK_THAT(text, Contains("'" + flag + "'"));
  CHECK_THAT(text, Contains("compadd -- deny warn off") && Contains("_files -/"));
  if (!is_there("zsh")) return;
  const TempFile file(text);
  const Done done = run("zsh -n " + file.path());
  CHECK(done.code == 0);
  CHECK(done.out.empty());
}

TEST_CASE("the script for fish has every verb and option, and fish takes it") {
  const std::string text = script("fish");
  for (const std::string& verb : in_help({}, "Subcommands:")) {
    CHECK_THAT(text, Contains("complete -c holdfast -n '__fish_use_subcommand' -a " + verb + " -d '"));
    for (const std::string& option : in_help({verb}, "Options:")) {
      if (option.starts_with("--")) CHECK_THAT(text, Contains(" -l " + option.substr(2)));
    }
  }
  for (const std::string& flag : flags_of_settings()) CHECK_THAT(text, Contains(" -l " + flag.substr(2)));
  CHECK_THAT(text, Contains(" -l fit -x -a 'deny warn off'") && Contains(" -s o -l output -x -a 'text json yaml'"));
  CHECK_THAT(text, Contains(" -l log-reveal -a 'true false'\n"));  // it may stand alone
  CHECK_THAT(text, Contains(" -n '__fish_seen_subcommand_from pause' -l reason -x -d 'why, for whoever"));
  if (!is_there("fish")) return;
  const TempFile file(text);
  const Done done = run("fish -n " + file.path());
  CHECK(done.code == 0);
  CHECK(done.out.empty());
}

TEST_CASE("a help with quotes in it ends no quoted text of a script") {
  CLI::App app("a program");
  bool on = false;
  app.add_subcommand("go", "Don't \\ stop")->add_flag("--on", on, "it's on");
  const std::string zsh = cli::completion_script(app, "zsh"), fish = cli::completion_script(app, "fish");
  CHECK_THAT(zsh, Contains(R"('go:Don'\''t \ stop')") && Contains(R"('--on:it'\''s on')"));
  CHECK_THAT(fish, Contains(R"(-d 'Don\'t \\ stop')") && Contains(R"(-l on -d 'it\'s on')"));
  const TempFile file(zsh);  // quoted as for bash
  CHECK(run("bash -n " + file.path()).out.empty());
}

TEST_CASE("completion needs no settings, and reads none") {
  CHECK(run_program({"completion", "bash"}).out == script("bash"));
  const Ending ending = run_program({"completion"});
  CHECK(ending.code == cli::kUsage);
  CHECK(run_program({"completion", "bash", "--config", "/nonexistent"}).code == cli::kUsage);
}
