// The program is ended in the middle of everything, as its own process: what it says of itself then, the sanitizers
// say.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <regex>
#include <sstream>
#include <thread>

#include "holdfast/net/client.hpp"
#include "tests/fakes/fake_api_server.hpp"
#include "tests/unit/cli/program.hpp"

using namespace holdfast;
using namespace std::chrono_literals;

namespace {

constexpr const char* kArguments = "HOLDFAST_TEST_ARGUMENTS";

std::string read(const std::string& path) {
  std::ifstream in(path);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

/// `holdfast serve` with these arguments, from this very program.
class Serving {
 public:
  explicit Serving(const std::string& arguments) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
      posix_spawn_file_actions_addopen(&files, descriptor, log_.path().c_str(), O_WRONLY | O_APPEND, 0600);
    }
    std::string self = "/proc/self/exe", test = "serves what the environment says";
    std::vector<char*> argv = {self.data(), test.data(), nullptr};
    setenv(kArguments, arguments.c_str(), 1);
    REQUIRE(posix_spawn(&pid_, self.c_str(), &files, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&files);
  }
  ~Serving() {
    if (pid_ > 0) kill(pid_, SIGKILL), waitpid(pid_, nullptr, 0);
  }

  std::uint16_t ops_port() {
    static const std::regex line("listener=ops address=[^ \\n]*:([0-9]+)\\n");
    std::smatch found;
    for (int i = 0; i < 6000; ++i) {
      const std::string log = read(log_.path());
      if (std::regex_search(log, found, line)) return static_cast<std::uint16_t>(std::stoi(found[1]));
      std::this_thread::sleep_for(10ms);
    }
    throw std::runtime_error("it does not listen: " + read(log_.path()));
  }

  /// Its exit code; a signal is 128 and its number.
  int end() {
    kill(pid_, SIGTERM);
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string log() const { return read(log_.path()); }

 private:
  const TempFile log_{""};
  pid_t pid_ = 0;
};

/// Asks for PVCs as long as it lives, sixteen at a time.
class Askers {
 public:
  explicit Askers(std::uint16_t port)
      : client_(loop_, {.host = "127.0.0.1", .port = port, .connections = 16}, nullptr) {
    for (int i = 0; i < 16; ++i) ask();
  }
  int answers() const { return answers_; }
  std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  void ask() {
    const net::Call call{.target = "/exists/media/pvc-" + std::to_string(++asked_),
                         .deadline = std::chrono::steady_clock::now() + 30s};
    client_.send(call, [this](const net::CallResult& result) {
      if (const auto* failure = std::get_if<net::CallFailure>(&result)) {
        const std::lock_guard lock(mutex_);
        failure_ = failure->text;
        return;
      }
      ++answers_;
      ask();
    });
  }

  std::atomic<int> asked_ = 0, answers_ = 0;
  mutable std::mutex mutex_;
  std::string failure_;  ///< the last one; who had it asks no more
  net::Loop loop_{1};
  net::Client client_;
};

}  // namespace

TEST_CASE("serves what the environment says", "[.]") {
  std::istringstream words(std::getenv(kArguments));
  std::vector<std::string> arguments = {"holdfast"};
  for (std::string word; words >> word;) arguments.push_back(word);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  CHECK(cli::run(static_cast<int>(arguments.size()), argv.data()) == cli::kOk);
}

TEST_CASE("ended under load it comes to its end, with questions to cluster and repository under way") {
  std::atomic<int> asked = 0;
  fakes::FakeApiServer cluster([&](const fakes::ApiRequest& request) {
    fakes::ApiAnswer answer = fakes::refusal(404, "NotFound");
    if (request.path.ends_with("configmaps/holdfast-seen")) answer.delay = 20ms;
    answer.silent = ++asked % 50 == 0;
    return answer;
  });
  const TempFile kubeconfig(
      "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:" +
      std::to_string(cluster.config().port) +
      "'}}]\nusers: [{name: u, user: {}}]\ncontexts: [{name: c, context: {cluster: c, user: u, namespace: own}}]\n");
  const TempFile catalog("[]");
  for (int round = 0; round < 4; ++round) {
    Serving serving(
        "serve --webhook=off --generator=off --ops-port 0 --drain 1ms --index-backend catalog --catalog-file " +
        catalog.path() + " --kubeconfig " + kubeconfig.path());
    const Askers askers(serving.ops_port());
    for (int i = 0; i < 6000 && askers.answers() < 20 * (round + 1); ++i) std::this_thread::sleep_for(10ms);
    INFO(askers.failure());
    CHECK(askers.answers() >= 20 * (round + 1));
    const int code = serving.end();
    INFO(serving.log());
    CHECK(code == 0);
  }
  CHECK(asked > 100);
}
