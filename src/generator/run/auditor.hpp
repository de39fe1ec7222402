// What is told of the PVCs, as a page and as metrics: it looks, and changes nothing.
// Belongs to the thread of the loop.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/generator/generator.hpp"
#include "src/generator/run/backoff.hpp"
#include "src/generator/run/evidence_refresher.hpp"
#include "src/generator/run/reporter.hpp"
#include "src/generator/run/views.hpp"

namespace holdfast::generator {

/// Of writes that somebody else seems to undo.
inline constexpr const char* kUndone = "somebody else seems to undo what holdfast writes: it slows down";

class Auditor {
 public:
  /// They outlive it. What only the replica knows that writes is told where it `leads`.
  struct Sources {
    const Generator::Setup& setup;
    const Store& store;
    const Views& views;
    const Memory& memory;
    const Backoff& backoff;
    const EvidenceRefresher& refresher;
    const std::atomic<bool>& leads;
  };
  Auditor(const Sources& sources, Reporter& reporter) : from_(sources), reporter_(reporter) {}

  /// The PVCs of a namespace, or all, as they stand by this evidence; `problem` is left to the caller.
  Generator::Audit audit(const std::string& ns, const core::Evidence& evidence) const;

  /// The gaps of a PVC in the metrics, by the newest evidence there is.
  void show_gaps(const core::PvcName& pvc, const Plan& plan);
  /// What the repository changes of all of them, when new evidence is here. What the cluster changes is shown as each
  /// PVC is looked at. `anyhow`: even if the backups are those of before.
  void show_all(bool anyhow);

 private:
  core::Verdict judge(const View& view, const Plan& plan, const core::Evidence& evidence) const;
  std::vector<Unclaimed> unclaimed(const core::Evidence& evidence) const;
  std::vector<Gap> troubles(const core::PvcName& pvc) const;
  void add_troubles(const core::PvcName& pvc, AuditItem& item) const;
  void show_gaps(const View& view, const Plan& plan);
  std::optional<core::Time> last_backup(const View& view, const core::Catalog& catalog) const;
  static std::optional<core::Time> last_drill(const View& view);

  const Sources from_;
  Reporter& reporter_;
  std::shared_ptr<const core::Catalog> shown_;  ///< by which all gaps were shown last
};

}  // namespace holdfast::generator
