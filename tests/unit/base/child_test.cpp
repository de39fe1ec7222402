#include <catch2/catch.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "holdfast/base/child.hpp"

namespace holdfast::base {
namespace {

using namespace std::chrono_literals;

ChildOptions shell(const std::string& script, std::chrono::milliseconds budget = 10s) {
  return {"/bin/sh", {"-c", script}, {"PATH=/usr/bin:/bin"}, std::chrono::steady_clock::now() + budget, nullptr};
}

struct Run {
  std::string output;
  bool timed_out = false;
  ChildResult result;
};

Run run(const ChildOptions& options) {
  ChildRunner runner("sh");
  Child child = runner.start(options);
  Run run;
  try {
    char buffer[1000];
    while (const std::size_t got = child.read(buffer, sizeof buffer)) run.output.append(buffer, got);
  } catch (const ChildTimeout&) {
    run.timed_out = true;
  }
  run.result = child.finish();
  return run;
}

/// Waits for what must come; the limit only ends a test that fails.
template <class Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
  return condition();
}

bool is_gone(int pid) { return kill(pid, 0) != 0 && errno == ESRCH; }

TEST_CASE("a child's output, errors and exit code arrive apart") {
  const Run done = run(shell("echo out; echo err >&2; exit 7"));
  CHECK(done.output == "out\n");
  CHECK(done.result.errors == "err\n");
  CHECK(done.result.exit_code == 7);
  CHECK(done.result.bytes == 4);
  CHECK_FALSE(done.result.timed_out);
}

TEST_CASE("output larger than any pipe is streamed") {
  const Run done = run(shell("head -c 3000000 /dev/zero"));
  CHECK(done.output.size() == 3'000'000);
  CHECK(done.result.exit_code == 0);
}

TEST_CASE("of endless errors the first 64 KiB are kept and the rest is counted") {
  const Run done = run(shell("head -c 300000 /dev/zero >&2; echo out"));
  CHECK(done.output == "out\n");
  CHECK(done.result.errors.size() == 64 * 1024);
  CHECK(done.result.errors_dropped == 300'000 - 64 * 1024);
}

TEST_CASE("a child inherits neither environment nor descriptors nor stdin") {
  setenv("HOLDFAST_TEST_LEAK", "1", 1);
  const int leak = open("/dev/null", O_RDONLY);  // without CLOEXEC
  const Run done = run(shell("env | grep -c LEAK; ls /proc/self/fd; cat"));
  close(leak);
  unsetenv("HOLDFAST_TEST_LEAK");
  CHECK(done.output == "0\n0\n1\n2\n3\n");  // 3 is the folder that ls reads
}

TEST_CASE("arguments reach the program as they are") {
  ChildOptions options = shell("");
  options.program = "/bin/echo";
  options.arguments = {"$HOME", "a b", "'"};
  CHECK(run(options).output == "$HOME a b '\n");
}

TEST_CASE("a program is found on PATH by its name, and a path is taken as it is") {
  const std::string found = find_program("sh");
  CHECK(found.ends_with("/sh"));
  CHECK(access(found.c_str(), X_OK) == 0);
  CHECK(find_program("./sh") == "./sh");
  CHECK(find_program("no-such-program-here") == "no-such-program-here");
}

TEST_CASE("a program that is not there is an error that names it") {
  ChildRunner runner("kopia");
  ChildOptions options = shell("");
  options.program = "/nowhere/kopia";
  CHECK_THROWS_WITH(runner.start(options), Catch::Contains("/nowhere/kopia") && Catch::Contains("No such file"));
}

TEST_CASE("death by a signal is told from an exit") {
  const Run done = run(shell("kill -SEGV $$"));
  CHECK(done.result.signal == SIGSEGV);
  CHECK_FALSE(done.result.exit_code);
}

TEST_CASE("at the deadline a child dies with everything that it started") {
  const Run late = run(shell("sleep 1000 & echo $!; sleep 1000", 300ms));
  CHECK(late.timed_out);
  CHECK(late.result.timed_out);
  CHECK(late.result.signal == SIGKILL);
  const int grandchild = std::stoi(late.output);
  CHECK(comes_true([&] { return is_gone(grandchild); }));
}

TEST_CASE("what a child left running dies when it is done") {
  const Run done = run(shell("sleep 1000 >/dev/null 2>&1 & echo $!; exit 0"));
  CHECK(done.result.exit_code == 0);
  CHECK(comes_true([&] { return is_gone(std::stoi(done.output)); }));
}

TEST_CASE("a child that closed its output and goes on is ended at the deadline") {
  const Run late = run(shell("exec >&-; exec sleep 1000", 300ms));
  CHECK(late.result.timed_out);
  CHECK(late.result.signal == SIGKILL);
}

TEST_CASE("a grandchild that holds stderr open does not hold up the end") {
  const Run done = run(shell("sleep 1000 >/dev/null & echo note >&2; exit 0"));
  CHECK(done.result.exit_code == 0);
  CHECK(done.result.errors == "note\n");
}

TEST_CASE("the cancel flag ends a child long before its deadline") {
  std::atomic<bool> cancel = false;
  ChildOptions options = shell("echo here; sleep 1000", 1h);
  options.cancel = &cancel;
  ChildRunner runner("sh");
  Child child = runner.start(options);
  char buffer[10];
  CHECK(child.read(buffer, sizeof buffer) == 5);
  cancel = true;
  CHECK_THROWS_AS(child.read(buffer, sizeof buffer), ChildTimeout);
  CHECK(child.finish().timed_out);
}

TEST_CASE("a child that nobody waits for is killed with its owner") {
  int pid = 0;
  {
    ChildRunner runner("sh");
    pid = runner.start(shell("sleep 1000")).pid();
  }
  CHECK(is_gone(pid));
}

TEST_CASE("finish reads on as far as it is told, so that a program may end in peace") {
  ChildRunner runner("sh");
  Child child = runner.start(shell("head -c 100000 /dev/zero; exit 3"));
  const ChildResult result = child.finish(200'000);
  CHECK(result.exit_code == 3);
  CHECK(result.bytes == 100'000);
}

TEST_CASE("a program that never stops writing is stopped") {
  ChildRunner runner("sh");
  Child child = runner.start(shell("exec cat /dev/zero"));
  const ChildResult result = child.finish(100'000);
  CHECK(result.signal == SIGPIPE);
}

TEST_CASE("no descriptor and no zombie stays behind") {
  const auto descriptors = [] {
    const std::filesystem::directory_iterator folder("/proc/self/fd");
    return std::distance(begin(folder), end(folder));
  };
  const auto before = descriptors();
  for (int i = 0; i < 20; ++i) run(shell("true"));
  CHECK(descriptors() == before);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

}  // namespace
}  // namespace holdfast::base
