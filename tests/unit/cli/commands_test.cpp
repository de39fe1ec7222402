// What every command does with wrong usage, files that are not there, and clusters that do not answer.
#include <json/json.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <sstream>

#include "tests/unit/cli/program.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

using Words = std::vector<std::string>;

const std::string kClaim =
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: photos, namespace: media, labels: {backup: "
    "hourly}}\n"
    "spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 10Gi}}}\n";

/// An installation of which everything but the cluster is at hand.
struct Installation {
  TempFile catalog{"[]"};
  TempFile claims{kClaim};

  Words with_catalog(Words words) const {
    words.insert(words.end(), {"--index-backend", "catalog", "--catalog-file", catalog.path()});
    return words;
  }
};

/// Nobody listens at port 1 of the loopback interface.
const std::string kUnreachable =
    "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
    "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
    "users: [{name: u, user: {}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n";

const std::vector<std::string> kCommands = {"serve",  "decide",        "render",     "why",      "audit",  "plan",
                                            "doctor", "drill",         "snapshots",  "adopt",    "backup", "pause",
                                            "resume", "repository-id", "completion", "settings", "version"};

}  // namespace

TEST_CASE("--help of every command says what it does, on stdout, and is no error") {
  for (const std::string& command : kCommands) {
    INFO(command);
    const Ending ending = run_program({command, "--help"});
    CHECK(ending.code == cli::kOk);
    CHECK_THAT(ending.out, Contains("Usage: holdfast " + command));
    CHECK(ending.err.empty());
  }
  const Ending all = run_program({"--help"});
  for (const std::string& command : kCommands) CHECK_THAT(all.out, Contains("\n  " + command + " "));
}

TEST_CASE("the help of a command fits a screen: options, examples, where its settings are, exit codes") {
  for (const std::string& command : kCommands) {
    INFO(command);
    const std::string help = run_program({command, "--help"}).out;
    CHECK_THAT(help, Contains("Exit codes: 0 ok, 1 "));
    if (command == "serve") continue;
    CHECK(std::count(help.begin(), help.end(), '\n') < 40);
  }
  for (const char* command : {"render", "why", "audit", "plan", "doctor", "snapshots", "backup", "drill", "pause"}) {
    INFO(command);
    const std::string help = run_program({command, "--help"}).out;
    CHECK_THAT(help, Contains("Examples:\n") && Contains("holdfast " + std::string(command)));
    CHECK_THAT(help, Contains("`holdfast settings` lists them"));
    CHECK_THAT(help, Contains("-o,--output FORMAT"));
  }
  CHECK_THAT(run_program({"--help"}).out, Contains("kubectl -n holdfast-system exec deploy/holdfast"));
}

TEST_CASE("the help of serve has the table of settings") {
  const std::string help = run_program({"serve", "--help"}).out;
  CHECK_THAT(help, Contains("generator.minAge") && Contains("--kubeconfig"));
}

TEST_CASE("every example of a help is a command line that is understood") {
  for (const std::string& command : kCommands) {
    std::istringstream lines(run_program({command, "--help"}).out);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t begin = line.find("  holdfast ");
      if (begin != 0 || line.find('|') != std::string::npos || line.find('\'') != std::string::npos) continue;
      std::istringstream words(line);
      Words arguments{std::istream_iterator<std::string>(words), {}};
      arguments.erase(arguments.begin());
      if (arguments.front() == "serve") continue;
      const auto file = std::ranges::find(arguments, "holdfast.yaml");
      if (file == arguments.end())
        arguments.insert(arguments.end(), {"--config", "/nonexistent/settings"});
      else
        *file = "/nonexistent/settings";
      INFO(line);
      const Ending ending = run_program(arguments);
      CHECK_THAT(ending.err, Contains("/nonexistent/settings"));
    }
  }
}

TEST_CASE("wrong usage ends with 2 and says what is wrong on stderr") {
  const std::vector<std::pair<Words, std::string>> wrong = {
      {{}, "subcommand"},
      {{"audit", "--no-such-flag"}, "--no-such-flag"},
      {{"why"}, "pvc is required"},
      {{"plan"}, "--filename"},
      {{"render", "--as-of", "2026-01-01T00:00:00Z"}, "--restore"},
      {{"render", "-f", "a", "--restore", "b/c"}, "excludes"},
      {{"doctor", "-o", "xml"}, "--output"},
      {{"doctor", "surplus"}, "surplus"},
      {{"audti"}, "there is no command \"audti\"; did you mean `holdfast audit`?"},
      {{"restore", "media/data"}, "there is no command \"restore\"; `holdfast --help` lists them"},
      {{std::string(100'000, 'a')}, "there is no command"},
      {{"audit", "--fit", "tight"}, "deny|warn|off"},
      {{"audit", "--fit"}, "1 required deny|warn|off missing"},
      {{"completion"}, "shell is required"},
      {{"completion", "csh"}, "csh not in {bash,zsh,fish}"},
  };
  for (const auto& [words, said] : wrong) {
    INFO(said);
    const Ending ending = run_program(words);
    CHECK(ending.code == cli::kUsage);
    CHECK_THAT(ending.err, Contains(said));
    CHECK(ending.out.empty());
  }
}

TEST_CASE("a command without a backend, where it needs one, ends with 2 and names the setting") {
  const Installation here;
  for (const Words& words : {Words{"plan", "-f", here.claims.path()}, Words{"audit", "-f", here.claims.path()},
                             Words{"why", "media/photos"}, Words{"doctor"}, Words{"snapshots"}}) {
    const Ending ending = run_program(words);
    INFO(words[0]);
    CHECK(ending.code == cli::kUsage);
    CHECK_THAT(ending.err, Contains("index.backend (--index-backend)"));
  }
}

TEST_CASE("certificates that are there already stay, unless they are to be replaced") {
  const TempFolder folder;
  const std::string out = folder.path() + "/certs";
  const auto authority = [&] {
    std::stringstream all;
    all << std::ifstream(out + "/ca.crt").rdbuf();
    return all.str();
  };
  CHECK(run_program({"certs", "generate", "--out", out}).code == cli::kOk);
  const std::string first = authority();
  const Ending refused = run_program({"certs", "generate", "--out", out});
  CHECK(refused.code == cli::kUsage);
  CHECK_THAT(refused.err, Contains(out + "/tls.crt is there already; --force replaces"));
  CHECK(authority() == first);
  for (const char* name : {"tls.crt", "tls.key", "ca.key"}) std::filesystem::remove(out + "/" + name);
  CHECK(run_program({"certs", "generate", "--out", out}).code == cli::kUsage);
  CHECK(run_program({"certs", "generate", "--out", out, "--force"}).code == cli::kOk);
  CHECK(authority() != first);
}

TEST_CASE("a file that is not there ends with 2 and is named") {
  const Installation here;
  for (const char* command : {"plan", "audit", "render", "decide"}) {
    INFO(command);
    const Ending ending = run_program(here.with_catalog({command, "-f", "/nonexistent/pvc.yaml"}));
    CHECK(ending.code == cli::kUsage);
    CHECK_THAT(ending.err, Contains("/nonexistent/pvc.yaml"));
    CHECK(ending.out.empty());
  }
  const Ending settings = run_program({"doctor", "--config", "/nonexistent/holdfast.yaml"});
  CHECK(settings.code == cli::kUsage);
  CHECK_THAT(settings.err, Contains("/nonexistent/holdfast.yaml"));
}

TEST_CASE("a file that cannot be read ends with 2 and names the line") {
  const Installation here;
  const TempFile broken("kind: PersistentVolumeClaim\nmetadata: {name: [}\n");
  for (const char* command : {"plan", "audit", "render"}) {
    INFO(command);
    const Ending ending = run_program(here.with_catalog({command, "-f", broken.path()}));
    CHECK(ending.code == cli::kUsage);
    CHECK_THAT(ending.err, Contains("line 2"));
  }
}

TEST_CASE("a kubeconfig that is not there or says nothing ends with 2 and names the setting") {
  const Installation here;
  const TempFile empty("apiVersion: v1\nkind: Config\n");
  for (const std::string& file : {std::string("/nonexistent/kubeconfig"), empty.path()}) {
    for (const Words& words : {Words{"audit"}, Words{"why", "media/photos"}, Words{"doctor"}, Words{"snapshots"},
                               Words{"backup", "--all"}, Words{"pause", "media/photos"}}) {
      INFO(words[0] << " " << file);
      Words all = here.with_catalog(words);
      all.insert(all.end(), {"--kubeconfig", file});
      const Ending ending = run_program(all);
      CHECK(ending.code == cli::kUsage);
      CHECK_THAT(ending.err, Contains("--kubeconfig"));
    }
  }
}

TEST_CASE("without any cluster those that need one end with 2, and say what to set") {
  const Installation here;
  for (const Words& words : {Words{"audit"}, Words{"why", "media/photos"}, Words{"backup", "media/photos"},
                             Words{"drill", "--all"}, Words{"pause", "--all"}, Words{"resume", "media/photos"}}) {
    const Ending ending = run_program(here.with_catalog(words));
    CHECK(ending.code == cli::kUsage);
    CHECK_THAT(ending.err, Contains("kubeconfig (--kubeconfig) is not set"));
  }
}

TEST_CASE("a cluster that does not answer is no answer: 3") {
  const Installation here;
  const TempFile kubeconfig(kUnreachable);
  for (const Words& words : {Words{"audit"}, Words{"why", "media/photos"}, Words{"backup", "media/photos"},
                             Words{"drill", "--all"}, Words{"pause", "--all"}, Words{"resume", "media/photos"}}) {
    INFO(words[0]);
    Words all = here.with_catalog(words);
    all.insert(all.end(), {"--kubeconfig", kubeconfig.path()});
    const Ending ending = run_program(all);
    CHECK(ending.code == cli::kCannotTell);
    CHECK_THAT(ending.err, Contains("127.0.0.1"));
  }
}

TEST_CASE("doctor says that a cluster does not answer, and goes on with the rest") {
  const Installation here;
  const TempFile kubeconfig(kUnreachable);
  const Ending ending = run_program(here.with_catalog({"doctor", "--webhook=off", "--kubeconfig", kubeconfig.path()}));
  CHECK(ending.code == cli::kCannotTell);
  CHECK_THAT(ending.out, Contains("ok      index: current: 0 snapshots"));
  CHECK_THAT(ending.out, Contains("unknown cluster: 127.0.0.1 does not answer"));
  CHECK_THAT(ending.out, !Contains("permissions"));
}

TEST_CASE("why takes a namespace and a name") {
  const Installation here;
  const Ending ending = run_program(here.with_catalog({"why", "photos"}));
  CHECK(ending.code == cli::kUsage);
  CHECK_THAT(ending.err, Contains("\"photos\" is not <namespace>/<pvc>"));
}

TEST_CASE("plan, audit and render of a file succeed where nothing would be lost, and say nothing on stderr") {
  const Installation here;
  for (const char* command : {"plan", "audit", "render"}) {
    INFO(command);
    const Ending ending = run_program(here.with_catalog({command, "-f", here.claims.path()}));
    CHECK(ending.code == cli::kOk);
    CHECK_FALSE(ending.out.empty());
    CHECK(ending.err.empty());
  }
}

TEST_CASE("decide tells the patch of a verdict as an array, empty where there is nothing to change") {
  const TempFile backed_up(
      R"([{"id": "one", "source": {"host": "media", "userName": "photos-backup", "path": "/data"},)"
      R"( "startTime": "2026-11-20T01:23:45Z", "endTime": "2026-11-20T01:24:10Z",)"
      R"( "rootEntry": {"name": "data", "type": "d", "summ": {"size": 1, "files": 1, "numFailed": 0}}}])");
  const TempFile nothing("[]"), claims(kClaim);
  const auto decision = [&](const TempFile& catalog) {
    const Ending ending = run_program(
        {"decide", "-f", claims.path(), "-o", "json", "--index-backend", "catalog", "--catalog-file", catalog.path()});
    INFO(ending.err);
    REQUIRE(ending.code == cli::kOk);
    Json::Value decisions;
    std::istringstream(ending.out) >> decisions;
    REQUIRE(decisions.size() == 1);
    return decisions[0];
  };

  const Json::Value fresh = decision(nothing);
  CHECK(fresh["verdict"] == "fresh");
  CHECK(fresh["patch"] == Json::Value(Json::arrayValue));
  const Json::Value restored = decision(backed_up);
  CHECK(restored["verdict"] == "restore");
  CHECK(restored["patch"][0]["path"] == "/spec/dataSourceRef");
}

TEST_CASE("a catalog that cannot be read is no answer for plan: 3") {
  const Installation here;
  const Ending ending = run_program(
      {"plan", "-f", here.claims.path(), "--index-backend", "catalog", "--catalog-file", "/nonexistent/list.json"});
  CHECK(ending.code == cli::kCannotTell);
}

TEST_CASE("settings prints the table, for people and for programs, without reading any") {
  CHECK_THAT(run_program({"settings"}).out, Contains("index.repositoryId"));
  Json::Value rows;
  std::istringstream(run_program({"settings", "-o", "json"}).out) >> rows;
  const auto port =
      std::find_if(rows.begin(), rows.end(), [](const Json::Value& row) { return row["key"] == "webhook.port"; });
  REQUIRE(port != rows.end());
  CHECK((*port)["flag"] == "--webhook-port");
  CHECK((*port)["environment"] == "HOLDFAST_WEBHOOK_PORT");
  CHECK((*port)["default"] == "9443");
}
