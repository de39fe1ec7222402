// One PVC's way: what is known of it becomes a plan, the plan is carried out, and what comes of that decides when it is
// looked at again.
// Belongs to the thread of the loop.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>

#include "src/generator/run/auditor.hpp"
#include "src/generator/run/dispatcher.hpp"
#include "src/generator/run/executor.hpp"

namespace holdfast::generator {

class Reconciler {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  /// They outlive it.
  struct Parts {
    const Generator::Setup& setup;
    const Store& store;
    Views& views;
    Memory& memory;
    EvidenceRefresher& refresher;
    EventReader& events;
    Executor& executor;
    Reporter& reporter;
    Backoff& backoff;
    Auditor& auditor;
    Dispatcher& dispatcher;
    const ops::Logger& log;
  };
  /// `learned`: the memory has something to write. `leads_until` as the Dispatcher has it.
  Reconciler(const Parts& parts, std::function<std::optional<Steady>()> leads_until, std::function<void()> learned);

  /// We lead until then at least.
  void work(const core::PvcName& pvc, Steady until);
  /// Those that waited for it are looked at.
  void evidence_arrived();

 private:
  const core::Evidence* evidence_for(const View& view) const;
  void wait_for_evidence(const core::PvcName& pvc, const View& view, Restore::Stage stage);
  void rest(const core::PvcName& pvc, const Plan& plan);
  void worked(const core::PvcName& pvc, const Plan& plan, const Executor::Outcome& outcome);
  void list_orphans(const core::PvcName& pvc, const Plan& plan) const;

  const Parts with_;
  const std::function<std::optional<Steady>()> leads_until_;
  const std::function<void()> learned_;
  /// PVCs whose plans need evidence, and since when: an older proof may not know the backups that they are about.
  std::map<core::PvcName, Steady> asked_;
  std::optional<core::PvcName>
      drilling_;                     ///< whose drill is being written: two plans at a time must not begin one each
  std::set<core::PvcName> waiting_;  ///< those to look at when the next evidence is here
};

}  // namespace holdfast::generator
