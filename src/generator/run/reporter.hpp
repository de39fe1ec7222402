// Says what the generator does and does not do: log lines, metrics, Events. Each thing once, until it changes.
// One thread.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "holdfast/generator/audit.hpp"
#include "holdfast/kube/event_recorder.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"

namespace holdfast::generator {

class Reporter {
 public:
  Reporter(kube::EventRecorder& events, const ops::Logger& log, ops::Metrics& metrics);

  /// What holds `claim`'s objects up. Events are written until `deadline`, by a leader only: nullopt writes none.
  void holds(const core::Claim& claim, const Plan& plan, std::optional<kube::Deadline> deadline);
  /// Steps that were taken in a restore or a drill.
  void steps(const core::Claim& claim, const Plan& plan, kube::Deadline deadline);
  /// An action was carried out, or failed.
  void done(const core::PvcName& pvc, const Action& action);
  void failed(const core::PvcName& pvc, const core::Claim* claim, const Action& action, const kube::ApiError& error,
              kube::Deadline deadline);
  void last_backup(const core::PvcName& pvc, std::optional<core::Time> ended);
  /// `verified`: when the last drill that brought what it should was over.
  void last_drill(const core::PvcName& pvc, std::optional<core::Time> verified);
  /// All that there are of the PVC, whose metrics end with them; each new one is logged.
  void gaps(const core::PvcName& pvc, const std::vector<Gap>& gaps);
  /// The PVC is gone, and so is all that was said of it.
  void forget(const core::PvcName& pvc);

 private:
  void event(const core::Claim& claim, bool warning, std::string reason, std::string message, kube::Deadline deadline);
  void step(const core::Claim& claim, const Plan& plan, RestoreStep step, kube::Deadline deadline);
  void log_step(const core::Claim& claim, const Plan& plan, RestoreStep step, const std::string& text);

  kube::EventRecorder& events_;
  const ops::Logger& log_;
  ops::Metrics& metrics_;
  std::map<core::PvcName, std::string> said_;               ///< the holds as logged last
  std::map<core::PvcName, std::set<std::string>> gaps_;     ///< the reasons as logged last
  std::map<core::PvcName, std::set<std::string>> counted_;  ///< steps that were counted, by token
};

/// "apply ReplicationSource data-backup", for logs and messages.
std::string to_string(const Action& action);
const kube::Resource& resource(const Action& action);

}  // namespace holdfast::generator
