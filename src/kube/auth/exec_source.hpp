// Credentials from a program: run when they are needed, kept until they expire, one run at a time.
// Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/base/child.hpp"
#include "holdfast/base/probe_pool.hpp"
#include "holdfast/kube/client.hpp"
#include "src/kube/auth/exec_credential.hpp"

namespace holdfast::kube {

class ExecSource : public std::enable_shared_from_this<ExecSource> {
 public:
  struct Kept {
    ExecCredential credential;
    std::uint64_t serial = 0;  ///< of the run that printed it
  };
  using Found = std::variant<std::shared_ptr<const Kept>, ExecProblem>;
  using Done = std::function<void(Found)>;

  /// `environment` is the whole of the program's. The loop outlives stop().
  ExecSource(net::Loop& loop, ExecPlugin plugin, std::vector<std::string> environment);
  ~ExecSource();

  /// `done` is called once: here, where they are known, else on the loop, at the latest at the deadline. A failure is
  /// everybody's answer for a second: a program that fails at once is not run again and again.
  void get(Deadline deadline, Done done);
  /// They were refused: the next get() runs the program again, unless somebody else has in the meantime.
  void refused(std::uint64_t serial);
  /// Ends a run; those who wait are told so.
  void stop();

 private:
  struct Waiting {
    std::uint64_t id;
    Done done;
  };
  /// What a run on its own thread shares with us: it may outlive everything else.
  struct Run {
    base::ChildRunner runner{"credential plugin"};
    std::atomic<bool> cancel = false;
    std::mutex mutex;
    net::Loop* loop;  ///< null after stop()
    void post(std::function<void()> f);
  };

  bool usable() const;
  std::optional<Found> at_once() const;
  void begin_run();
  void ended(std::variant<ExecCredential, ExecProblem> result);
  void give_up(std::uint64_t id);
  void answer_all(const Found& found);

  const ExecPlugin plugin_;
  const std::vector<std::string> environment_;
  net::Loop& loop_;
  const std::shared_ptr<Run> run_;
  base::ProbePool pool_{1};

  std::mutex mutex_;
  std::shared_ptr<const Kept> kept_;
  core::Time renew_at_ = core::Time::max();
  ExecProblem problem_;       ///< of the last run
  Deadline problem_until_{};  ///< that answers everybody until then
  std::vector<Waiting> waiting_;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_serial_ = 0;
  bool running_ = false;
  bool stopped_ = false;
};

}  // namespace holdfast::kube
