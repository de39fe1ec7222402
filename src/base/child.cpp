#include "holdfast/base/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // which glibc 2.36 forgets
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <system_error>

namespace holdfast::base {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMostErrors = 64 * 1024;
constexpr milliseconds kCancelCheck{50};
constexpr milliseconds kKillPatience{1000};

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

struct Pipe {
  Descriptor reader;
  Descriptor writer;
};

/// Both ends above 2, so that putting one in the place of a standard stream never overwrites another.
Pipe make_pipe() {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "pipe");
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  for (Descriptor* end : {&pipe.reader, &pipe.writer}) {
    if (end->get() > STDERR_FILENO) continue;
    Descriptor moved(fcntl(end->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!moved) fail(errno, "pipe");
    *end = std::move(moved);
  }
  return pipe;
}

class FileActions {
 public:
  FileActions(int output, int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    // Not every library opens its sockets with CLOEXEC; a child that holds one keeps a connection open.
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

/// As exec wants it. The strings stay the caller's.
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& one : strings) result.push_back(one.data());
  result.push_back(nullptr);
  return result;
}

Descriptor open_process(int pid) {
  Descriptor process(pidfd_open(pid, 0));
  if (process) return process;
  const int error = errno;
  kill(-pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  fail(error, "pidfd_open");
}

struct SpawnedProcess {
  int pid;
  Descriptor process;  ///< pidfd
  Descriptor output;   ///< reads its stdout
  Descriptor errors;   ///< reads its stderr
};

/// posix_spawn, the only way a process is made here: in its own process group, with default signal handling, stdin from
/// /dev/null and no descriptor above 2. Throws std::system_error naming the program.
SpawnedProcess spawn_process(const ChildOptions& options) {
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  std::vector<std::string> argv{options.program};
  argv.insert(argv.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = options.environment;
  const FileActions actions(output.writer.get(), errors.writer.get());
  const Attributes attributes;
  int pid = 0;
  const int error = posix_spawn(&pid, options.program.c_str(), actions.get(), attributes.get(), pointers(argv).data(),
                                pointers(environment).data());
  if (error != 0) fail(error, options.program);
  return {pid, open_process(pid), std::move(output.reader), std::move(errors.reader)};
}

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
