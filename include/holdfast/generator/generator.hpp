// The thread that keeps every protected PVC's objects as they should be: watch -> store -> plan -> write.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "holdfast/base/latest.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/generator/audit.hpp"
#include "holdfast/generator/unclaimed.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/kube/client.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"
#include "holdfast/volsync/options.hpp"
#include "holdfast/volsync/seen.hpp"

namespace holdfast::generator {

/// How long the generator waits between its tries.
struct Tempo {
  std::chrono::milliseconds write_retry{500};   ///< after a write that failed; doubled with each that follows
  std::chrono::milliseconds watch_retry{1000};  ///< likewise, after a watch that broke
  /// Of the index, from the beginning of one to that of the next; those that a restore waits for keep a tenth of it.
  std::chrono::milliseconds between_proofs{5000};
  std::chrono::milliseconds ask_again{15'000};    ///< where a proof said that nothing is known
  std::chrono::milliseconds tick{5000};           ///< how old problem() and the gauges may be
  std::chrono::milliseconds remember{15'000};     ///< between looks at the memory of seen backups
  std::chrono::milliseconds notice{300'000};      ///< the longest time that a new backup is not remembered
  std::chrono::milliseconds maintenance{60'000};  ///< between looks at the maintenance of the repository
};

/// Owns one thread, on which everything happens: watches, plans, and the answers to its writes. Writes only while it
/// holds the Lease. Public methods may be called from any thread.
class Generator {
 public:
  struct Setup {
    Options options;
    core::Policy policy;
    std::string identity;                      ///< of this replica, in the Lease and in Events
    std::chrono::milliseconds sweep{900'000};  ///< everything is looked at again, with fresh evidence
    Tempo tempo{};
    /// What copies of the repository's Secret are made from, as it is now; throws std::runtime_error with why it cannot
    /// be had. It may block: nobody else's thread is used. Empty: `options` asks for no copies, or nothing is written.
    std::function<volsync::Credentials()> credentials = nullptr;
    /// Where others read what this replica knows; nullptr: nobody does.
    std::shared_ptr<Knowledge> shared = nullptr;
  };
  /// `index`, `log`, `metrics` outlive it. Makes no connection yet. Throws kube::ConfigError.
  Generator(Setup setup, const kube::Config& config, index::Index& index, const ops::Logger& log,
            ops::Metrics& metrics);
  /// stop() with no time left, where that was not called.
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  void start();
  /// Begins no more writes, lets those under way end, gives the Lease up, and ends the thread; at the latest at
  /// `deadline`. Blocks.
  void stop(std::chrono::steady_clock::time_point deadline);

  /// Every PVC known, or those of one namespace. `done` is called once, from the generator's thread or the index's:
  /// with nothing but a problem where the generator was destroyed before the index had an answer.
  struct Audit {
    std::string problem;  ///< why the list may be incomplete; empty: it is complete
    std::vector<AuditItem> items;
    std::optional<core::RepositoryAge> repository = {};  ///< nullopt: it is not known what it holds
    std::vector<Unclaimed> unclaimed = {};               ///< with a namespace: those whose host is of that name
  };
  void audit(std::string ns, std::chrono::steady_clock::time_point deadline, std::function<void(Audit)> done);

  /// For health pages: empty when all is well.
  std::string problem() const;
  /// The same for the memory of seen backups, on which rule 9 rests.
  std::string memory_problem() const;
  /// The same for the maintenance of the repository; or why none is kept.
  std::string maintenance_problem() const;
  bool leads() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

/// One look at the whole cluster without a thread of its own, for commands: lists everything, plans, writes nothing.
/// Of one namespace, where `ns` names it. Blocks until done or `deadline`; throws std::runtime_error with what could
/// not be read.
Generator::Audit audit_once(const Generator::Setup& setup, const kube::Config& config, index::Index& index,
                            const ops::Logger& log, std::chrono::steady_clock::time_point deadline,
                            const std::string& ns = {});

}  // namespace holdfast::generator
