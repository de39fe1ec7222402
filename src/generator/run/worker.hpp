// Everything that happens on the generator's thread: what the watches tell becomes a queue of PVCs, each is planned,
// and its plan is carried out while this replica leads. Belongs to the thread of the loop, construction and reading of
// Shared excepted.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "holdfast/base/latest.hpp"
#include "holdfast/generator/generator.hpp"
#include "holdfast/kube/election.hpp"
#include "holdfast/kube/event_recorder.hpp"
#include "src/generator/run/backoff.hpp"
#include "src/generator/run/evidence_refresher.hpp"
#include "src/generator/run/executor.hpp"
#include "src/generator/run/installation.hpp"
#include "src/generator/run/maintenance_watch.hpp"
#include "src/generator/run/queue.hpp"
#include "src/generator/run/reporter.hpp"
#include "src/generator/store/event_reader.hpp"
#include "src/generator/store/memory.hpp"
#include "src/generator/store/observer.hpp"
#include "src/generator/store/store.hpp"
#include "src/generator/store/workloads.hpp"

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
  ~Worker();

  /// `writes` false: only watches.
  void start(bool writes);
  /// Begins nothing more; calls `done` when nothing is under way and the Lease is given up.
  void stop(std::function<void()> done);

  /// Every watch has said how it stands.
  bool settled() const { return observer_.settled() && memory_.looked(); }
  std::string problem() const;
  /// The PVCs as they stand, by this evidence.
  Generator::Audit audit(const std::string& ns, const core::Evidence& evidence) const;
  core::Verdict judge(const View& view, const Plan& plan, const core::Evidence& evidence) const;
  std::vector<Unclaimed> unclaimed(const core::Evidence& evidence) const;

 private:
  void look_at(const core::PvcName& pvc, Steady when);
  void look_at_all();
  void pump();
  void wake(Steady when);
  void tick();
  void show_state();
  void sweep();
  void evidence_arrived();
  void settle_installation();
  void remember();
  void share_owners();
  void keep_remembering();
  void learn(const View& view);
  void write_what_was_learned();
  std::optional<kube::Deadline> leads_until() const { return elector_ ? elector_->leads_until() : std::nullopt; }
  void lead(bool leads);

  StoredView view(const core::PvcName& pvc, const core::Evidence* evidence) const;
  const core::Evidence* evidence_for(const View& view) const;
  void work(const core::PvcName& pvc, Steady until);
  void rest(const core::PvcName& pvc, const Plan& plan);
  void worked(const core::PvcName& pvc, const Plan& plan, const Executor::Outcome& outcome);
  void wait_for_evidence(const core::PvcName& pvc, const View& view, Restore::Stage stage);
  std::vector<Gap> troubles(const core::PvcName& pvc) const;
  void add_troubles(const core::PvcName& pvc, AuditItem& item) const;
  void show_all_gaps(const std::shared_ptr<const core::Catalog>& catalog, bool sweeps);
  void show_gaps(const core::PvcName& pvc, const Plan& plan);
  void list_orphans(const core::PvcName& pvc, const Plan& plan) const;
  void stop_if_idle();
  std::optional<core::Time> last_backup(const core::PvcName& pvc, const core::Evidence& evidence) const;
  /// Runs `f` on this thread later, unless the worker is gone by then.
  void later(std::chrono::milliseconds delay, std::function<void()> f);

  const Generator::Setup& setup_;
  net::Loop& loop_;
  index::Index& index_;
  Shared& shared_;
  const ops::Logger& log_;
  ops::Metrics& metrics_;
  kube::Client client_;
  Queue queue_;
  Backoff backoff_;
  Store store_;
  Workloads workloads_;
  StorageClasses classes_;
  EventReader event_reader_;
  kube::EventRecorder events_;
  Reporter reporter_;
  Executor executor_;
  Installation installation_;
  MaintenanceWatch maintenance_;
  Memory memory_;
  EvidenceRefresher refresher_;
  Observer observer_;
  std::unique_ptr<kube::Elector> elector_;
  /// PVCs whose plans need evidence, and since when: an older proof may not know the backups that they are about.
  std::map<core::PvcName, Steady> asked_;
  /// Images that were not offered, of restores under way.
  std::map<core::PvcName, UnfitImage> unfit_images_;
  std::set<core::PvcName> waiting_;                       ///< those to look at when the next evidence is here
  Steady noticed_{};                                      ///< when a proof was last asked for, to remember new backups
  std::shared_ptr<const core::Catalog> gaps_of_catalog_;  ///< by which all gaps were shown last
  bool sweeping_ = false;                                 ///< everything is looked at when the next evidence is here
  bool pump_posted_ = false;
  WatchedOwners owners_;        ///< as others see it, or are about to
  bool shares_owners_ = false;  ///< soon
  bool learned_ = false;        ///< of a verified restore, and a round that writes it is to come
  std::optional<Steady> wake_at_;
  std::function<void()> stopped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace holdfast::generator
