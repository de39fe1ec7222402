// Asks the API server what a decision needs to know of the cluster, live: the webhook's questions in the Kubernetes
// client's words. Any thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "holdfast/core/policy.hpp"
#include "holdfast/kube/client.hpp"
#include "holdfast/volsync/options.hpp"
#include "holdfast/volsync/seen.hpp"
#include "holdfast/webhook/admission.hpp"

namespace holdfast::webhook {

class LiveQuestions : public ClusterQuestions {
 public:
  /// What this replica knows without asking; may be null.
  using Known = std::shared_ptr<const volsync::Knowledge>;

  /// `memory`: of seen backups; nullopt: none is kept, and rule 9 does not apply. Of the options count whose objects
  /// the generator takes over, which then are ours, and how long a backup may last. The client outlives every question.
  LiveQuestions(kube::Client& client, core::Policy policy, const volsync::Options& options,
                std::optional<kube::Target> memory, Known known = nullptr);

  /// Four requests at once where a backup would be restored, and one for the memory as long as it is not known; else
  /// ten, three more for each further ReplicationSource that names the PVC, and one for the PVCs of the namespace where
  /// they are not watched. What is not answered by `deadline` is NoAnswer.
  void ask(const core::WantsRestore& wanted, bool without_backup, index::Deadline deadline,
           std::function<void(core::ClusterFacts)> done) override;
  void ask_namespace(const std::string& name, index::Deadline deadline, std::function<void(Labels)> done) override;

  /// What an answer is judged by.
  struct Rules {
    std::shared_ptr<const core::Policy> policy;  ///< of questions under way too
    bool adopt;
    std::chrono::milliseconds overlong;
  };

 private:
  kube::Client& client_;
  const Rules rules_;
  const std::optional<kube::Target> memory_;
  const Known known_;
};

}  // namespace holdfast::webhook
