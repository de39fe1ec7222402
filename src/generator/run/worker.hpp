// The generator's thread: makes its parts, and gives them their turns: while this replica leads what the watches tell
// becomes a queue of PVCs (Dispatcher), each goes its way (Reconciler), and how they stand is told (Auditor).
// Belongs to the thread of the loop, construction and reading of Shared excepted.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "holdfast/base/latest.hpp"
#include "holdfast/generator/generator.hpp"
#include "holdfast/kube/election.hpp"
#include "holdfast/kube/event_recorder.hpp"
#include "src/generator/run/auditor.hpp"
#include "src/generator/run/dispatcher.hpp"
#include "src/generator/run/evidence_refresher.hpp"
#include "src/generator/run/executor.hpp"
#include "src/generator/run/installation.hpp"
#include "src/generator/run/maintenance_watch.hpp"
#include "src/generator/run/reconciler.hpp"
#include "src/generator/run/reporter.hpp"
#include "src/generator/run/secret_copies.hpp"
#include "src/generator/run/views.hpp"
#include "src/generator/store/observer.hpp"

namespace holdfast::generator {

/// What other threads may read of it.
struct Shared {
  std::atomic<bool> leads = false;
  base::Latest<std::string> problem{"not started"};
  base::Latest<std::string> memory_problem{"not started"};
  base::Latest<std::string> maintenance_problem{"not started"};
};

class Worker {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  /// References outlive it. Throws kube::ConfigError.
  Worker(const Generator::Setup& setup, const kube::Config& config, net::Loop& loop, index::Index& index,
         std::shared_ptr<Return> way_back, Shared& shared, const ops::Logger& log, ops::Metrics& metrics);

  /// `writes` false: only watches.
  void start(bool writes);
  /// Begins nothing more; calls `done` when nothing is under way and the Lease is given up.
  void stop(std::function<void()> done);

  /// Every watch has said how it stands.
  bool settled() const { return observer_.settled() && memory_.looked(); }
  std::string problem() const;
  /// The PVCs as they stand, by this evidence.
  Generator::Audit audit(const std::string& ns, const core::Evidence& evidence) const;

 private:
  void changed(const core::PvcName& pvc);
  void lead(bool leads);
  void look_at_all();
  void tick();
  void show_state();
  void sweep();
  void evidence_arrived();
  void settle_installation();
  void remember();
  void keep_remembering();
  void write_what_was_learned();
  void share_owners();
  /// A wave of reviews comes first: what is written for their PVCs is due when they are there.
  std::size_t at_once() const;
  std::optional<kube::Deadline> leads_until() const { return elector_ ? elector_->leads_until() : std::nullopt; }

  const Generator::Setup& setup_;
  Shared& shared_;
  const ops::Logger& log_;
  ops::Metrics& metrics_;
  kube::Client client_;
  Backoff backoff_;
  Dispatcher dispatcher_;
  Store store_;
  Workloads workloads_;
  StorageClasses classes_;
  EventReader event_reader_;
  kube::EventRecorder events_;
  Reporter reporter_;
  Executor executor_;
  Installation installation_;
  MaintenanceWatch maintenance_;
  SecretCopies copies_;
  Memory memory_;
  EvidenceRefresher refresher_;
  Observer observer_;
  Views views_;
  Auditor auditor_;
  Reconciler reconciler_;
  std::unique_ptr<kube::Elector> elector_;
  Steady noticed_{};            ///< when a proof was last asked for, to remember new backups
  bool sweeping_ = false;       ///< everything is looked at when the next evidence is here
  WatchedOwners owners_;        ///< as others see it, or are about to
  bool shares_owners_ = false;  ///< soon
  bool learned_ = false;        ///< of a verified restore, and a round that writes it is to come
  Later later_;
};

}  // namespace holdfast::generator
