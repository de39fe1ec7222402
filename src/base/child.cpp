#include "holdfast/base/child.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <system_error>

#include "src/base/spawn.hpp"

namespace holdfast::base {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMostErrors = 64 * 1024;
constexpr milliseconds kCancelCheck{50};
constexpr milliseconds kKillPatience{1000};

int poll_for(Clock::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
  return static_cast<int>(std::clamp(left, milliseconds(0), kCancelCheck).count());
}

bool readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, 0) == 1;
}

/// Collects the exit of `process` if it has ended. Never blocks.
bool collect(int process, siginfo_t& info) {
  info = {};
  return waitid(P_PIDFD, static_cast<id_t>(process), &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0;
}

}  // namespace

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  if (name.find('/') != std::string::npos || !path) return name;
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    std::string candidate = fmt::format("{}/{}", rest.substr(0, end), name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return name;
}

/// Children that were killed and did not die yet.
struct Child::Leftovers {
  struct Stuck {
    int pid;
    Descriptor process;
  };
  std::mutex mutex;
  std::vector<Stuck> stuck;

  void add(int pid, Descriptor process) {
    const std::lock_guard lock(mutex);
    stuck.push_back({pid, std::move(process)});
  }

  /// One that is still there; 0: none.
  int collect_all() {
    const std::lock_guard lock(mutex);
    siginfo_t info;
    std::erase_if(stuck, [&](const Stuck& one) { return collect(one.process.get(), info); });
    return stuck.empty() ? 0 : stuck.front().pid;
  }
};

Child::Child(const ChildOptions& options, std::shared_ptr<Leftovers> leftovers)
    : leftovers_(std::move(leftovers)), deadline_(options.deadline), cancel_(options.cancel) {
  SpawnedProcess spawned = spawn_process(options);
  pid_ = spawned.pid;
  process_ = std::move(spawned.process);
  output_ = std::move(spawned.output);
  errors_ = std::move(spawned.errors);
}

Child::Child(Child&& other) noexcept
    : leftovers_(std::move(other.leftovers_)),
      deadline_(other.deadline_),
      cancel_(other.cancel_),
      pid_(std::exchange(other.pid_, 0)),
      process_(std::move(other.process_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      result_(std::move(other.result_)) {}

Child::~Child() { end(); }

bool Child::late() const { return Clock::now() >= deadline_ || (cancel_ && *cancel_); }

std::size_t Child::read(char* buffer, std::size_t size) {
  while (output_) {
    if (late()) throw ChildTimeout("the time is up");
    if (!wait_for(output_.get())) continue;
    const std::size_t got = read_some(output_.get(), {buffer, size});
    result_.bytes += got;
    if (got > 0) return got;
    output_.reset();
  }
  return 0;
}

bool Child::wait_for(int fd) {
  std::array<pollfd, 2> fds{pollfd{fd, POLLIN, 0}, pollfd{errors_.get(), POLLIN, 0}};
  poll(fds.data(), fds.size(), poll_for(deadline_));
  if (fds[1].revents != 0) take_errors();
  return fds[0].revents != 0;
}

void Child::take_errors() {
  std::array<char, 4096> buffer;
  const std::size_t got = read_some(errors_.get(), buffer);
  if (got == 0) return errors_.reset();
  const std::size_t kept = std::min(got, kMostErrors - result_.errors.size());
  result_.errors.append(buffer.data(), kept);
  result_.errors_dropped += got - kept;
}

ChildResult Child::finish(std::uint64_t drain) {
  try {
    std::array<char, 4096> buffer;
    const std::uint64_t most = result_.bytes + drain;
    while (output_ && result_.bytes < most) read(buffer.data(), buffer.size());
    // Whoever still writes gets SIGPIPE; whoever has nothing more to say ends by itself.
    output_.reset();
    while (!late() && !wait_for(process_.get())) {
    }
    while (readable(errors_.get())) take_errors();
  } catch (const std::exception&) {
    // Out of time, or a pipe that cannot be read: the end below is the answer to both.
  }
  end();
  return std::move(result_);
}

void Child::end() {
  if (pid_ == 0) return;
  // The leader is not collected yet, so its number cannot be anybody else's.
  const bool by_itself = readable(process_.get());
  kill(-pid_, SIGKILL);
  const auto patience = Clock::now() + kKillPatience;
  siginfo_t info;
  bool collected = false;
  pollfd exited{process_.get(), POLLIN, 0};
  while (!(collected = collect(process_.get(), info)) && Clock::now() < patience) poll(&exited, 1, poll_for(patience));
  result_.timed_out = !by_itself && late();
  if (!collected) {
    leftovers_->add(pid_, std::move(process_));
  } else if (info.si_code == CLD_EXITED) {
    result_.exit_code = info.si_status;
  } else {
    result_.signal = info.si_status;
  }
  pid_ = 0;
}

ChildRunner::ChildRunner(std::string name) : name_(std::move(name)), leftovers_(std::make_shared<Child::Leftovers>()) {}

Child ChildRunner::start(const ChildOptions& options) {
  if (const int pid = leftovers_->collect_all(); pid != 0) {
    throw std::runtime_error(fmt::format("the previous {} (pid {}) cannot be killed yet", name_, pid));
  }
  return Child(options, leftovers_);
}

}  // namespace holdfast::base
