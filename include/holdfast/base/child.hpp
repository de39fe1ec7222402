// Another program as a source of bytes: no shell, nothing inherited, killed with all it started when its time is up.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "holdfast/base/file.hpp"

namespace holdfast::base {

/// The first executable of this name on PATH. A path comes back as it is, and so does a name that is not found: what
/// starting it says then names it. Any thread that nobody changes the environment under.
std::string find_program(const std::string& name);

struct ChildOptions {
  std::string program;                   ///< a path, see find_program()
  std::vector<std::string> arguments;    ///< after argv[0]; never a secret: everybody can read them
  std::vector<std::string> environment;  ///< `NAME=value`, the whole of it
  std::chrono::steady_clock::time_point deadline;
  const std::atomic<bool>* cancel = nullptr;  ///< looked at every 50 ms; outlives the child
};

struct ChildResult {
  std::optional<int> exit_code;      ///< absent: it did not exit by itself
  int signal = 0;                    ///< that ended it; 0: none, or not known
  bool timed_out = false;            ///< it was killed because of the deadline or the cancel flag
  std::string errors;                ///< the first 64 KiB of what it wrote to stderr
  std::uint64_t errors_dropped = 0;  ///< bytes of stderr beyond that
  std::uint64_t bytes = 0;           ///< read from stdout
};

/// What Child::read throws at the deadline.
class ChildTimeout : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A running program, the leader of its own process group. One thread. It is killed, group and all, when the Child is
/// destroyed; SIGCHLD must not be ignored by this process.
class Child {
 public:
  ~Child();
  Child(Child&&) noexcept;
  Child& operator=(Child&&) = delete;

  /// The next bytes of stdout; 0: its end. Throws ChildTimeout at the deadline or when cancelled.
  std::size_t read(char* buffer, std::size_t size);

  /// Reads up to `drain` more bytes of stdout to its end and waits for the exit; what is still there after that, or at
  /// the deadline, is killed. Call it once; it does not throw.
  ChildResult finish(std::uint64_t drain = 0);

  int pid() const { return pid_; }

 private:
  friend class ChildRunner;
  struct Leftovers;
  Child(const ChildOptions& options, std::shared_ptr<Leftovers> leftovers);

  bool wait_for(int fd);
  bool late() const;
  void take_errors();
  void end();

  std::shared_ptr<Leftovers> leftovers_;
  std::chrono::steady_clock::time_point deadline_;
  const std::atomic<bool>* cancel_;
  int pid_ = 0;  ///< 0: none, or it was reaped
  Descriptor process_;
  Descriptor output_;
  Descriptor errors_;
  ChildResult result_;
};

/// Starts programs one way, and remembers those that even SIGKILL does not end at once (they wait on a server that is
/// gone): as long as there is one, no other starts. Any thread.
class ChildRunner {
 public:
  /// `name` is the program's in error messages.
  explicit ChildRunner(std::string name);

  /// Throws std::system_error (it cannot be started) or std::runtime_error (an earlier one is still there).
  Child start(const ChildOptions& options);

 private:
  std::string name_;
  std::shared_ptr<Child::Leftovers> leftovers_;
};

}  // namespace holdfast::base
